/**
 * A Bloom filter over the keys of all stored events: which ids of a segment may have been seen before.
 *
 * Without it every load would compare its ids with all that were ever stored, which at 30 million costs more than all
 * the rest of the load. It forgets nothing, so what it does not know is new; what it may know is looked up exactly.
 */
import type { SqlClient } from '../../sql/client.ts';
import { loadStatement, type Statement } from '../../sql/statement.ts';

export interface KeyFilter {
  /**
   * Adds the keys of the events in the working table, and returns those that may have been there before, within the
   * segment itself too; undefined where they are so many that the engine finds them faster itself.
   */
  addSegment(client: SqlClient): Promise<bigint[] | undefined>;
  /** Forgets everything: the next load reads the keys anew. Needed when somebody else may have stored events. */
  reset(): void;
}

const query = (name: string): Statement => loadStatement(`ingest/queries/${name}.sql`);
const loading = { limits: 'load' } as const;

/** A block is a cache line: 512 bits, of which each key sets six. */
const block_words = 16;
const block_bits = 512;
/** At 16 bits a key and six of them set, one new key in a thousand is taken for a known one. */
const bits_per_key = 16;
/** Below this the filter is made anew, twice as large; one new key in a hundred is then taken for a known one. */
const bits_per_key_min = 9;
const blocks_min = 1 << 14;
/** A load that meets more known keys than this is a repeated one, and the engine's own join is quicker. */
const known_max = 2_000;
/** Keys are read in pages, each a range of them, so that no result is larger than some megabytes. */
const page_keys = 500_000;

interface Bits {
  readonly words: Uint32Array;
  /** A power of two less one. */
  readonly block_mask: number;
  count: number;
}

export function createKeyFilter(): KeyFilter {
  let bits: Bits | undefined;
  return {
    async addSegment(client) {
      if (!bits || bits.words.length * 32 < bits.count * bits_per_key_min)
        bits = await readKeys(client);
      const keys = await keysOf(client, query('segment_keys'), {});
      const known: bigint[] = [];
      for (let at = 0; at < keys.length; at += 2) {
        const low = keys[at] as number;
        const high = keys[at + 1] as number;
        if (addKey(bits, low, high) || known.length > known_max) continue;
        known.push((BigInt(high) << 32n) | BigInt(low));
      }
      return known.length > known_max ? undefined : known;
    },
    reset() {
      bits = undefined;
    },
  };
}

async function readKeys(client: SqlClient): Promise<Bits> {
  const [row] = await client.rows<{ keys: string }>(query('count_keys'), {}, loading);
  const count = Number(row?.keys ?? 0);
  const bits = newBits(count * 2);
  const pages = Math.ceil(count / page_keys);
  const step = 2n ** 64n / BigInt(Math.max(pages, 1));
  for (let page = 0; page < pages; page++) {
    const from = step * BigInt(page);
    const to = page === pages - 1 ? 2n ** 64n - 1n : step * BigInt(page + 1) - 1n;
    const keys = await keysOf(client, query('keys_between'), { from, to });
    for (let at = 0; at < keys.length; at += 2)
      addKey(bits, keys[at] as number, keys[at + 1] as number);
  }
  return bits;
}

async function keysOf(
  client: SqlClient,
  statement: Statement,
  binds: Record<string, bigint>,
): Promise<Uint32Array> {
  const bytes = await client.bytes(statement, 'RowBinary', binds, loading);
  // A view of 32-bit words has to begin at a multiple of four.
  const copy = new Uint8Array(bytes);
  return new Uint32Array(copy.buffer, 0, copy.length >> 2);
}

/** A filter with room for `keys`. */
export function newBits(keys: number): Bits {
  let blocks = blocks_min;
  while (blocks * block_bits < keys * bits_per_key) blocks *= 2;
  return { words: new Uint32Array(blocks * block_words), block_mask: blocks - 1, count: 0 };
}

/** Adds a key, of which both halves are evenly distributed; false where it may have been there before. */
export function addKey(bits: Bits, low: number, high: number): boolean {
  const { words } = bits;
  const first = (high & bits.block_mask) * block_words;
  let mixed = low ^ Math.imul(high >>> 20, 0x9e3779b1);
  let is_new = false;
  for (let i = 0; i < 6; i++) {
    const at = first + ((mixed >>> 27) & 15);
    const bit = 1 << ((mixed >>> 22) & 31);
    const word = words[at] as number;
    if ((word & bit) === 0) {
      words[at] = word | bit;
      is_new = true;
    }
    mixed = Math.imul(mixed, 0x85ebca6b) + 0x3c6ef372;
  }
  if (is_new) bits.count += 1;
  return is_new;
}
