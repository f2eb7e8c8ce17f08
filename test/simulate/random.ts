// Owns the seeded pseudo-random numbers from which the whole simulation is drawn.

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  int(below: number): number;
  /** A whole number in [low, high], both ends included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** A draw from the standard normal distribution. */
  normal(): number;
  /** A count with the given mean. */
  poisson(mean: number): number;
  /** Puts the items in random order, in place, and returns them. */
  shuffle<T>(items: T[]): T[];
  /** Lower-case hexadecimal text of the given length. */
  hex(digits: number): string;
}

/**
 * A generator for one purpose. Each purpose has its own stream, so that a draw added to one part of
 * the simulation does not change what every other part draws.
 *
 * The generator is sfc32 of Chris Doty-Humphrey's PractRand; its state is filled by SplitMix32.
 */
export function createRandom(seed: number, stream: string): Random {
  const fill = splitMix32((seed ^ fnv1a(stream)) >>> 0);
  let a = fill();
  let b = fill();
  let c = fill();
  let counter = 1;

  function word(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  // The authors of sfc32 discard the first draws, in which close seeds still resemble each other.
  for (let discarded = 0; discarded < 15; discarded += 1) word();

  const next = (): number => word() / 4_294_967_296;
  const int = (below: number): number => Math.floor(next() * below);

  return {
    next,
    int,
    between: (low, high) => low + int(high - low + 1),
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError('cannot pick from an empty list');
      return items[int(items.length)] as T;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    poisson: (mean) => {
      // Knuth's method: multiplied uniforms until they fall below e^-mean. Means here stay small.
      const limit = Math.exp(-mean);
      let count = 0;
      for (let product = next(); product > limit; product *= next()) count += 1;
      return count;
    },
    shuffle: <T>(items: T[]): T[] => {
      for (let last = items.length - 1; last > 0; last -= 1) {
        const other = int(last + 1);
        const held = items[last] as T;
        items[last] = items[other] as T;
        items[other] = held;
      }
      return items;
    },
    hex: (digits) => {
      let text = '';
      while (text.length < digits) text += word().toString(16).padStart(8, '0');
      return text.slice(0, digits);
    },
  };
}

/** A picker of items in proportion to their weights, which need not add up to one. */
export function weightedPicker<T>(
  items: readonly T[],
  weights: readonly number[],
): (random: Random) => T {
  let total = 0;
  const upTo = weights.map((weight) => (total += weight));
  return (random) => {
    const drawn = random.next() * total;
    const index = upTo.findIndex((limit) => drawn < limit);
    return items[index === -1 ? items.length - 1 : index] as T;
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

function splitMix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) | 0;
  };
}
