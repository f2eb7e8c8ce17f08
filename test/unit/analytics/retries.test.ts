import { expect, it } from 'vitest';
import { createRetries } from '../../../analytics/retries.ts';

it('waits five seconds at first, then twice as long each time, and ten minutes at most', () => {
  const retries = createRetries();
  const waits: number[] = [];
  let now = 0;
  for (let failures = 0; failures < 10; failures++) {
    retries.failed('one', now);
    const since = now;
    while (retries.due(now).length === 0) now += 1_000;
    waits.push((now - since) / 1_000);
  }
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
});

it('forgets a failure once it succeeded', () => {
  const retries = createRetries();
  retries.failed('one', 0);
  expect(retries.has('one')).toBe(true);
  retries.succeeded('one');
  expect(retries.has('one')).toBe(false);
  expect(retries.due(1e9)).toEqual([]);
});

it('is not pushed further away by failures before its time', () => {
  const retries = createRetries();
  retries.failed('one', 0);
  retries.failed('one', 4_000);
  expect(retries.due(4_999)).toEqual([]);
  expect(retries.due(5_000)).toEqual(['one']);
});
