/** Which number belongs to which segment, said before the first row of a load is stored: no number is ever given twice. */
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import type { SealLog } from '../../sql/seals/log.ts';
import { sealReference, sealSettled } from '../../sql/seals/seal-load.ts';
import { loadStatement, type Statement } from '../../sql/statement.ts';
import { isDataset } from '../reference/datasets.ts';
import { countsOf } from '../reference/load-reference.ts';
import type { ClosedSegment } from '../spool/segment-file.ts';
import { load_tables } from './load-events.ts';

/** A load that began, and is in no ledger yet. */
export interface Intent {
  readonly load_seq: number;
  readonly segment_id: string;
  /** `access_events`, or the reference dataset; for the latter also what its ledger says of the request. */
  readonly dataset: string;
  readonly source: string;
  readonly mode: string;
  readonly receipt: string;
  readonly received_at: number;
  readonly format_version: number;
}

type IntentRow = Omit<Intent, 'load_seq' | 'received_at'> & {
  readonly load_seq: string;
  readonly received_at_ms: string | number;
};

const query = (name: string): Statement => loadStatement(`ingest/queries/${name}.sql`);

/** The load that an attempt left unfinished, and the number that a new load takes when there is none. */
export async function loadPosition(
  client: SqlClient,
): Promise<{ open: Intent | undefined; next_load_seq: number }> {
  const [last] = await client.rows<{ load_seq: string }>(query('load_position'));
  const load_seq = Number(last?.load_seq ?? 0);
  const [row] = await client.rows<IntentRow>(query('open_intent'), { load_seq });
  if (!row) return { open: undefined, next_load_seq: load_seq + 1 };
  const { received_at_ms, ...rest } = row;
  return {
    open: { ...rest, load_seq: Number(row.load_seq), received_at: Number(received_at_ms) },
    next_load_seq: Number(row.load_seq) + 1,
  };
}

/** Says, for good, that the number belongs to the segment. Its first row may be stored once this has returned. */
export async function writeIntent(
  client: SqlClient,
  clock: Clock,
  segment: ClosedSegment,
  load_seq: number,
  fencing_token: number,
): Promise<void> {
  const { segment_id, format, created_at, reference } = segment.header;
  await client.insert('load_intents', [
    {
      load_seq,
      segment_id,
      dataset: reference?.dataset ?? 'access_events',
      source: reference?.source ?? '',
      mode: reference?.mode ?? '',
      receipt: reference?.receipt ?? '',
      format_version: format,
      fencing_token,
      received_at: reference?.received_at ?? created_at,
      began_at: clock.now(),
    },
  ]);
}

/**
 * Ends a load whose segment is not in this spool: what it stored was acknowledged, so it is kept, gets its keys, and is
 * counted by a row of the ledger without a digest. Should the segment turn up, it is loaded under a number of its own.
 */
export async function settleIntent(
  { client, clock, seals }: { client: SqlClient; clock: Clock; seals: SealLog },
  intent: Intent,
  fencing_token: number,
): Promise<void> {
  const { load_seq, segment_id, dataset, source, mode, receipt, received_at } = intent;
  const now = clock.now();
  if (!isDataset(dataset)) {
    const { format_version } = intent;
    const exact = { limits: 'load', settings: { insert_deduplicate: '0' } } as const;
    await client.insertSelect(query('settle_keys'), { load_seq }, exact);
    await client.syncTables(load_tables);
    const seal = await sealSettled({ client, seals }, { load_seq, segment_id, loaded_at: now });
    await client.insertSelect(
      query('settle_events'),
      { load_seq, segment_id, format_version, fencing_token, ...seal },
      exact,
    );
    await client.syncTables(['segments']);
    return;
  }
  const { changed, ended } = await countsOf(client, `${dataset}_versions`, load_seq);
  const counts = { received: changed, changed, unchanged: 0, ended, rejects: 0 };
  const { loaded_at } = await sealReference(
    { client, seals },
    { load_seq, dataset, segment_id, segment_digest: '', ...counts, loaded_at: now },
  );
  await client.insert('reference_loads', [
    {
      load_seq,
      dataset,
      source,
      mode,
      as_of: null,
      segment_id,
      receipt,
      fencing_token,
      received_at,
      loaded_at,
      ...counts,
      digest: '',
    },
  ]);
}
