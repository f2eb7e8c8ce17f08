/** The Merkle trees of loads, as the engine computes them from the stored rows. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import { empty_root } from './merkle.ts';

/** The tree over the rows of a load, and what tells how it differs from another. Hashes are hex, sums decimal. */
export interface LoadTree {
  readonly tree_size: number;
  readonly root: string;
  readonly last_position: number;
  readonly salts: string;
  readonly places: string;
}

/** A tree as it is stored, and how many of its rows stand under a day that is not theirs. */
export interface StoredTree extends LoadTree {
  readonly misdated: number;
}

/** Which loads, and under which local days (YYYY-MM-DD) their rows are looked for; all days unless told. */
export interface TreeRange {
  readonly from_load_seq: number;
  readonly to_load_seq: number;
  readonly first_day?: string;
  readonly last_day?: string;
}

const load_trees = loadStatement('sql/seals/queries/load_trees.sql');
const every_day = { first_day: '1970-01-01', last_day: '2149-06-06' };

export const empty_tree: LoadTree = {
  tree_size: 0,
  root: empty_root.toString('hex'),
  last_position: 0,
  salts: '0',
  places: '0',
};

/** The trees of the loads in the range that have any row, by load_seq. Memory: some 150 bytes a row of the range. */
export async function loadTrees(
  client: SqlClient,
  range: TreeRange,
): Promise<Map<number, StoredTree>> {
  const rows = await client.rows<StoredTree & { load_seq: string }>(
    load_trees,
    { ...every_day, ...range },
    { limits: 'analysis' },
  );
  return new Map(
    rows.map(({ load_seq, ...tree }) => {
      if (!/^[0-9a-f]{64}$/.test(tree.root)) throw new TypeError('A root is 32 bytes.');
      return [Number(load_seq), tree];
    }),
  );
}
