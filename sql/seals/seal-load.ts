/** Seals one load: the tree over what it stored, in a signed head, before the ledger's row commits it. */
import type { SqlClient } from '../client.ts';
import { CodedError } from '../errors.ts';
import { loadStatement } from '../statement.ts';
import { parseHead, type LoadHead, type ReferenceHead } from './head.ts';
import type { SealLog } from './log.ts';
import { empty_root } from './merkle.ts';

/** What the ledger is to say of a load of events. */
export interface LoadToSeal {
  readonly load_seq: number;
  readonly segment_id: string;
  readonly segment_digest: string;
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejects: number;
  /** Local days of the stored events, YYYY-MM-DD. */
  readonly days: readonly string[];
  readonly loaded_at: number;
}

/** The head of a load: its root, and the time that the ledger must give too. */
export interface LoadSeal {
  readonly tree_head: string;
  readonly loaded_at: number;
}

interface Stored {
  readonly stored: number;
  readonly days: string[];
}

const load_tree = loadStatement('sql/seals/queries/load_tree.sql');
const stored_by_load = loadStatement('sql/seals/queries/stored_by_load.sql');
const last_head_of_load = loadStatement('sql/seals/queries/last_head_of_load.sql');

/**
 * Seals a load from the rows that it stored.
 *
 * Can be repeated: where an attempt that did not end has sealed the same, that head stands, with its time; where it
 * sealed something else, a new head takes its place, and both stay in the log.
 *
 * @throws CodedError SEAL_COUNT_DIFFERS where the store has not as many rows as the load counted
 */
export async function sealLoad(
  { client, seals, is_late = false }: { client: SqlClient; seals: SealLog; is_late?: boolean },
  load: LoadToSeal,
): Promise<LoadSeal> {
  const { days, ...counts } = load;
  const tree = await treeOf(client, load.load_seq, load.stored === 0 ? [] : days);
  if (tree.tree_size !== load.stored) {
    throw new CodedError(
      'SEAL_COUNT_DIFFERS',
      `Load ${load.load_seq} counted ${load.stored} events as stored, and ${tree.tree_size} are. It is not committed; look into the store before anything else.`,
    );
  }
  const body: LoadHead = { kind: 'load', ...counts, leaf_version: 1, ...tree, is_late };
  return { tree_head: tree.root, loaded_at: await appendOnce(client, seals, body) };
}

/** Seals a load whose segment is lost: what it stored counts, and nothing more. Can be repeated, as `sealLoad` can. */
export async function sealSettled(
  on: { client: SqlClient; seals: SealLog },
  load: Pick<LoadToSeal, 'load_seq' | 'segment_id' | 'loaded_at'>,
): Promise<LoadSeal> {
  const { load_seq } = load;
  const limits = { limits: 'load' } as const;
  const [found] = await on.client.rows<Stored>(stored_by_load, { load_seq }, limits);
  const { stored, days } = found ?? { stored: 0, days: [] };
  const others = { duplicates: 0, conflicts: 0, rejects: 0, segment_digest: '' };
  return sealLoad(on, { ...load, ...others, received: stored, stored, days });
}

/** Seals a load of reference data by its file and counts. Can be repeated, as `sealLoad` can. */
export async function sealReference(
  { client, seals }: { client: SqlClient; seals: SealLog },
  load: Omit<ReferenceHead, 'kind'>,
): Promise<{ loaded_at: number }> {
  return { loaded_at: await appendOnce(client, seals, { kind: 'reference', ...load }) };
}

/** The tree over the rows of a load that are stored under these days. */
async function treeOf(
  client: SqlClient,
  load_seq: number,
  days: readonly string[],
): Promise<{ tree_size: number; root: string }> {
  if (days.length === 0) return { tree_size: 0, root: empty_root.toString('hex') };
  const [tree] = await client.rows<{ tree_size: number; root: string }>(
    load_tree,
    { load_seq, days },
    { limits: 'load' },
  );
  if (!tree || tree.tree_size === 0) return { tree_size: 0, root: empty_root.toString('hex') };
  if (!/^[0-9a-f]{64}$/.test(tree.root)) throw new TypeError('A root is 32 bytes.');
  return tree;
}

/** Appends the head, unless the load has the same already; returns the time that the head gives. */
async function appendOnce(
  client: SqlClient,
  seals: SealLog,
  body: LoadHead | ReferenceHead,
): Promise<number> {
  if (body.load_seq <= (await seals.lastLoad())) {
    const [row] = await client.rows<{ head: string }>(last_head_of_load, {
      log: 'events',
      load_seq: body.load_seq,
    });
    const head = row && parseHead(row.head);
    if (head && isSame(head, body)) return (head as LoadHead | ReferenceHead).loaded_at;
  }
  await seals.append(body);
  return body.loaded_at;
}

function isSame(head: object, body: LoadHead | ReferenceHead): boolean {
  return Object.entries(body).every(
    ([name, value]) => name === 'loaded_at' || (head as Record<string, unknown>)[name] === value,
  );
}
