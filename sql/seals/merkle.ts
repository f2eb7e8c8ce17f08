/** Merkle trees of RFC 6962, section 2.1, as pure functions: roots, growing trees, and proofs both ways. */
import { createHash } from 'node:crypto';

/** SHA-256; every node of a tree is one. */
export const hash_bytes = 32;

/** The root of the tree without leaves: SHA-256 of nothing. */
export const empty_root: Buffer = createHash('sha256').digest();

/** The hash of a leaf's data. */
export function leafHash(data: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(data).digest();
}

/** The hash of a node over its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/** The root over leaf hashes. An odd node at the end of a level stands for itself on the next, as in RFC 6962. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  let level = leaves;
  while (level.length > 1) level = nextLevel(level);
  return level[0] ?? empty_root;
}

/**
 * A tree that grows, as the roots of its perfect subtrees, largest first: all that is needed to append.
 *
 * Their sizes are the binary digits of `size`, so at most 53 hashes stand for any tree.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

export const empty_frontier: Frontier = { size: 0, hashes: [] };

/** The tree with one more leaf. */
export function append(frontier: Frontier, leaf: Buffer): Frontier {
  const hashes = [...frontier.hashes];
  let last = leaf;
  for (let size = frontier.size; size % 2 === 1; size = Math.floor(size / 2)) {
    const left = hashes.pop();
    if (!left) throw new TypeError('A frontier has a hash for each binary digit of its size.');
    last = nodeHash(left, last);
  }
  return { size: frontier.size + 1, hashes: [...hashes, last] };
}

/** The root of a growing tree. */
export function frontierRoot(frontier: Frontier): Buffer {
  const { hashes } = frontier;
  if (hashes.length === 0) return empty_root;
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last(hashes));
}

/**
 * The hashes that lead from one leaf to the root, lowest first (RFC 6962, section 2.1.1).
 *
 * @throws RangeError where there is no such leaf
 */
export function inclusionProof(leaves: readonly Buffer[], index: number): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError('There is no such leaf.');
  const proof: Buffer[] = [];
  let level = leaves;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const sibling = level[at ^ 1];
    if (sibling) proof.push(sibling);
    level = nextLevel(level);
  }
  return proof;
}

/** Whether the leaf at `index` is in the tree of `size` leaves with that root (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (!areHashes([leaf, root, ...proof])) return false;
  let [first, last_index] = [index, size - 1];
  let hash: Buffer = Buffer.from(leaf);
  for (const sibling of proof) {
    if (last_index === 0) return false;
    if (first % 2 === 1 || first === last_index) {
      hash = nodeHash(sibling, hash);
      while (first % 2 === 0 && first !== 0) [first, last_index] = [half(first), half(last_index)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [first, last_index] = [half(first), half(last_index)];
  }
  return last_index === 0 && hash.equals(root);
}

/**
 * The hashes that show the tree over the first `size` leaves to be the beginning of the whole (RFC 6962, section 2.1.2).
 *
 * @throws RangeError where the earlier tree is empty, or larger than the whole
 */
export function consistencyProof(leaves: readonly Buffer[], size: number): Buffer[] {
  if (!Number.isInteger(size) || size < 1 || size > leaves.length)
    throw new RangeError('The earlier tree has from one leaf to all of them.');
  return subProof(size, leaves, true);
}

function subProof(size: number, leaves: readonly Buffer[], is_whole: boolean): Buffer[] {
  if (size === leaves.length) return is_whole ? [] : [rootOf(leaves)];
  const split = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return size <= split
    ? [...subProof(size, left, is_whole), rootOf(right)]
    : [...subProof(size - split, right, false), rootOf(left)];
}

/** Whether the tree of `size_1` leaves is the beginning of that of `size_2` (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(
  size_1: number,
  size_2: number,
  root_1: Uint8Array,
  root_2: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(size_1) || !isCount(size_2) || size_1 < 1 || size_1 > size_2) return false;
  if (!areHashes([root_1, root_2, ...proof])) return false;
  if (size_1 === size_2) return proof.length === 0 && Buffer.from(root_1).equals(root_2);
  const path = isPowerOfTwo(size_1) ? [root_1, ...proof] : [...proof];
  let [first, last_index] = [size_1 - 1, size_2 - 1];
  while (first % 2 === 1) [first, last_index] = [half(first), half(last_index)];
  const start = path.shift();
  if (!start) return false;
  let [hash_1, hash_2]: [Buffer, Buffer] = [Buffer.from(start), Buffer.from(start)];
  for (const sibling of path) {
    if (last_index === 0) return false;
    if (first % 2 === 1 || first === last_index) {
      hash_1 = nodeHash(sibling, hash_1);
      hash_2 = nodeHash(sibling, hash_2);
      while (first % 2 === 0 && first !== 0) [first, last_index] = [half(first), half(last_index)];
    } else {
      hash_2 = nodeHash(hash_2, sibling);
    }
    [first, last_index] = [half(first), half(last_index)];
  }
  return last_index === 0 && hash_1.equals(root_1) && hash_2.equals(root_2);
}

function nextLevel(level: readonly Buffer[]): Buffer[] {
  const next: Buffer[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at], level[at + 1]];
    if (left) next.push(right ? nodeHash(left, right) : left);
  }
  return next;
}

// Sizes can pass 2³², which the bitwise operators would cut.
const half = (value: number) => Math.floor(value / 2);
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
const areHashes = (values: readonly Uint8Array[]) =>
  values.every(({ byteLength }) => byteLength === hash_bytes);

function isPowerOfTwo(value: number): boolean {
  return 2 ** Math.round(Math.log2(value)) === value;
}

function largestPowerBelow(value: number): number {
  let power = 1;
  while (power * 2 < value) power *= 2;
  return power;
}

function last(hashes: readonly Buffer[]): Buffer {
  const hash = hashes.at(-1);
  if (!hash) throw new TypeError('A frontier without a hash has no last one.');
  return hash;
}
