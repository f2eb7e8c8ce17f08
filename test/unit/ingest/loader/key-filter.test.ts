import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { addKey, newBits } from '../../../../ingest/loader/key-filter.ts';

const key = (index: number): [number, number] => {
  const hash = createHash('sha256').update(`${index}`).digest();
  return [hash.readUInt32LE(0), hash.readUInt32LE(4)];
};

it('knows every key that it was given, and takes few others for known', () => {
  const count = 100_000;
  const bits = newBits(count);
  let taken_for_known = 0;
  for (let i = 0; i < count; i++) if (!addKey(bits, ...key(i))) taken_for_known += 1;
  expect(taken_for_known).toBeLessThan(count / 500);
  for (let i = 0; i < count; i++) expect(addKey(bits, ...key(i))).toBe(false);
  // Each is tried on the filter as it stands, and taken out again.
  let others = 0;
  for (let i = count; i < count + 500; i++) {
    if (!addKey({ ...bits, words: bits.words.slice() }, ...key(i))) others += 1;
  }
  expect(others).toBeLessThan(10);
});
