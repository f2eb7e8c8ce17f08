/** Seals one load: the tree over what it stored, in a signed head, before the ledger's row commits it. */
import type { SqlClient } from '../client.ts';
import { CodedError } from '../errors.ts';
import { loadStatement } from '../statement.ts';
import { loadEffects } from './effects.ts';
import { parseHead, type LoadHead, type ReferenceHead } from './head.ts';
import type { SealLog } from './log.ts';
import { empty_tree, loadTrees } from './trees.ts';
import { missingOriginals } from './originals.ts';

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
  /** What it superseded and resolved, and how many; undefined where what is stored is all that is known of it. */
  readonly effects?: { readonly superseded: number; readonly resolved: number };
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

const stored_by_load = loadStatement('sql/seals/queries/stored_by_load.sql');
const last_head_of_load = loadStatement('sql/seals/queries/last_head_of_load.sql');

/**
 * Seals a load from the rows that it stored.
 *
 * Can be repeated: where an attempt that did not end has sealed the same, that head stands, with its time; where it
 * sealed something else, a new head takes its place, and both stay in the log.
 *
 * @throws CodedError SEAL_COUNT_DIFFERS where the store has not as many rows, of any table, as the load counted
 */
export async function sealLoad(
  { client, seals, is_late = false }: { client: SqlClient; seals: SealLog; is_late?: boolean },
  load: LoadToSeal,
): Promise<LoadSeal> {
  const { days, effects, ...counts } = load;
  const { load_seq } = load;
  const in_order = [...days].sort();
  const [first_day, last_day] = [in_order[0], in_order.at(-1)];
  const trees =
    first_day === undefined || last_day === undefined
      ? undefined
      : await loadTrees(client, {
          from_load_seq: load_seq,
          to_load_seq: load_seq,
          first_day,
          last_day,
        });
  const { misdated, ...tree } = trees?.get(load_seq) ?? { ...empty_tree, misdated: 0 };
  if (tree.tree_size !== load.stored || misdated > 0) {
    throw new CodedError(
      'SEAL_COUNT_DIFFERS',
      `Load ${load_seq} counted ${load.stored} events as stored, and ${tree.tree_size} are. It is not committed; look into the store before anything else.`,
    );
  }
  const done = await sealedEffects(client, load_seq, effects);
  const body: LoadHead = { kind: 'load', ...counts, leaf_version: 1, ...tree, ...done, is_late };
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
  { client, seals, is_late = false }: { client: SqlClient; seals: SealLog; is_late?: boolean },
  load: Omit<ReferenceHead, 'kind' | 'is_late'>,
): Promise<{ loaded_at: number }> {
  const body: ReferenceHead = { kind: 'reference', ...load, is_late };
  return { loaded_at: await appendOnce(client, seals, body) };
}

/** What the head says of earlier loads, and of messages that are lost: nothing, of nearly every load. */
async function sealedEffects(
  client: SqlClient,
  load_seq: number,
  counted: LoadToSeal['effects'],
): Promise<Partial<LoadHead>> {
  if (counted?.superseded === 0 && counted.resolved === 0) return {};
  const range = { from_load_seq: load_seq, to_load_seq: load_seq };
  const done = (await loadEffects(client, range)).get(load_seq) ?? {};
  if (!counted) {
    const missing = (await missingOriginals(client, range)).get(load_seq);
    return { ...done, ...(missing && { without_original: missing.events }) };
  }
  const { superseded = 0, resolved = 0 } = done;
  if (superseded !== counted.superseded || resolved !== counted.resolved) {
    throw new CodedError(
      'SEAL_COUNT_DIFFERS',
      `Load ${load_seq} superseded ${counted.superseded} events and resolved ${counted.resolved} refusals, and the store has ${superseded} and ${resolved}. It is not committed; look into the store before anything else.`,
    );
  }
  return done;
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

/** Fields that a head has only where there is something to say. */
const optional = [
  'superseded',
  'superseded_digest',
  'resolved',
  'resolved_digest',
  'without_original',
];

function isSame(head: object, body: LoadHead | ReferenceHead): boolean {
  const [one, other] = [head, body] as unknown as Record<string, unknown>[];
  return [...Object.keys(body), ...optional].every(
    (name) => name === 'loaded_at' || one?.[name] === other?.[name],
  );
}
