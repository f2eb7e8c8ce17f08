// Holds the generator to its reference values and its distributions to their means.

import { describe, expect, it } from 'vitest';
import { createRandom, weightedPicker } from '../../simulate/random.ts';

const DRAWS = 20_000;

describe('random numbers', () => {
  it('repeat for the same seed and purpose, and for nothing else', () => {
    const hex = (seed: number, stream: string): string => createRandom(seed, stream).hex(16);
    expect(hex(1, 'care')).toBe(hex(1, 'care'));
    expect(new Set([hex(1, 'care'), hex(2, 'care'), hex(1, 'staff')]).size).toBe(3);
  });

  it('stay within their bounds and near their means', () => {
    const random = createRandom(7, 'means');
    const mean = (draw: () => number): number =>
      Array.from({ length: DRAWS }, draw).reduce((a, b) => a + b, 0) / DRAWS;
    expect(mean(() => random.next())).toBeCloseTo(0.5, 1);
    expect(mean(() => random.normal())).toBeCloseTo(0, 1);
    expect(mean(() => random.poisson(2.5))).toBeCloseTo(2.5, 0);
    const drawn = new Set(Array.from({ length: DRAWS }, () => random.between(3, 6)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
  });

  it('pick by weight, and never what weighs nothing', () => {
    const random = createRandom(7, 'weights');
    const pick = weightedPicker(['never', 'rare', 'often'], [0, 1, 9]);
    const counts = new Map<string, number>();
    for (let nth = 0; nth < DRAWS; nth += 1) {
      const item = pick(random);
      counts.set(item, (counts.get(item) ?? 0) + 1);
    }
    expect(counts.get('never')).toBeUndefined();
    expect((counts.get('rare') ?? 0) / DRAWS).toBeCloseTo(0.1, 1);
  });

  it('shuffle without loss, and refuse to pick from nothing', () => {
    const random = createRandom(7, 'shuffle');
    const items = Array.from({ length: 50 }, (_, n) => n);
    expect(random.shuffle([...items]).sort((a, b) => a - b)).toEqual(items);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
