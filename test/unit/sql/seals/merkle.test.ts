import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  consistencyProof,
  empty_frontier,
  frontierRoot,
  inclusionProof,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../../sql/seals/merkle.ts';

const seeded = { seed: 6962, numRuns: 300 };
const leavesOf = (size: number) =>
  Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

/** MTH and PATH exactly as RFC 6962, sections 2.1 and 2.1.1, write them down. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length <= 1) return leaves[0] ?? createHash('sha256').digest();
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return createHash('sha256')
    .update(Buffer.of(1))
    .update(naiveRoot(leaves.slice(0, split)))
    .update(naiveRoot(leaves.slice(split)))
    .digest();
}
function naivePath(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length <= 1) return [];
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return index < split
    ? [...naivePath(leaves.slice(0, split), index), naiveRoot(leaves.slice(split))]
    : [...naivePath(leaves.slice(split), index - split), naiveRoot(leaves.slice(0, split))];
}

describe('a Merkle tree', () => {
  it('has the roots of the published test vectors of Certificate Transparency', () => {
    const inputs = [
      '', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f',
    ]; // prettier-ignore
    const leaves = inputs.map((input) => leafHash(Buffer.from(input, 'hex')));
    expect(rootOf([]).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(rootOf(leaves.slice(0, 1)).toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    expect(rootOf(leaves).toString('hex')).toBe(
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    );
  });

  it('has the root and the paths of the recursive definition, grown or built at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (size, at) => {
        const leaves = leavesOf(size);
        const index = at % size;
        expect(rootOf(leaves)).toEqual(naiveRoot(leaves));
        expect(frontierRoot(leaves.reduce(append, empty_frontier))).toEqual(naiveRoot(leaves));
        expect(inclusionProof(leaves, index)).toEqual(naivePath(leaves, index));
      }),
      seeded,
    );
  });

  it('proves every leaf, and every earlier tree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 130 }), fc.nat(), (size, at) => {
        const leaves = leavesOf(size);
        const [index, earlier] = [at % size, 1 + (at % size)];
        const root = rootOf(leaves);
        const leaf = leaves[index] ?? root;
        expect(verifyInclusion(leaf, index, size, inclusionProof(leaves, index), root)).toBe(true);
        const proof = consistencyProof(leaves, earlier);
        const before = rootOf(leaves.slice(0, earlier));
        expect(verifyConsistency(earlier, size, before, root, proof)).toBe(true);
      }),
      seeded,
    );
  });

  it('refuses a proof of which a bit, a place, a size, or a hash more or less is other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 130 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 5 }),
        (size, at, bit, way) => {
          const leaves = leavesOf(size);
          const index = at % size;
          const root = rootOf(leaves);
          const flip = (hash: Buffer) => {
            const forged = Buffer.from(hash);
            forged[(bit >> 3) % 32] = (forged[(bit >> 3) % 32] ?? 0) ^ (1 << (bit & 7));
            return forged;
          };
          const leaf = leaves[index] ?? root;
          const path = inclusionProof(leaves, index);
          const hit = bit % path.length;
          const forged: [Buffer, number, number, Buffer[], Buffer][] = [
            [flip(leaf), index, size, path, root],
            [leaf, (index + 1 + (bit % (size - 1))) % size, size, path, root],
            [leaf, index, size, path.map((hash, i) => (i === hit ? flip(hash) : hash)), root],
            [leaf, index, size, path.filter((_, i) => i !== hit), root],
            [leaf, index, size, [...path.slice(0, hit), flip(root), ...path.slice(hit)], root],
            [leaf, index, size, path, flip(root)],
          ];
          expect(verifyInclusion(...(forged[way] as (typeof forged)[number]))).toBe(false);
          const earlier = 1 + (at % (size - 1));
          const before = rootOf(leaves.slice(0, earlier));
          const proof = consistencyProof(leaves, earlier);
          const spot = bit % proof.length;
          const others: [number, number, Buffer, Buffer, Buffer[]][] = [
            [earlier, size, flip(before), root, proof],
            [earlier, size, before, flip(root), proof],
            [earlier, size, before, root, proof.map((h, i) => (i === spot ? flip(h) : h))],
            [earlier, size, before, root, proof.filter((_, i) => i !== spot)],
            [earlier, size, before, root, [...proof, flip(root)]],
            [size, earlier, before, root, proof],
          ];
          expect(verifyConsistency(...(others[way] as (typeof others)[number]))).toBe(false);
        },
      ),
      { ...seeded, numRuns: 1_000 },
    );
  });
});
