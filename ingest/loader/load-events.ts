/** Loads one segment of events: staged, judged, stored, and committed by its row in the ledger. */
import type { FileColumn, SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import type { SealLog } from '../../sql/seals/log.ts';
import { sealLoad } from '../../sql/seals/seal-load.ts';
import { loadStatement, type Statement } from '../../sql/statement.ts';
import { record_codes } from '../codes.ts';
import type { KeyFilter } from './key-filter.ts';
import type { ClosedSegment, FaultPoint } from '../spool/segment-file.ts';

export interface LoadContext {
  readonly client: SqlClient;
  readonly clock: Clock;
  readonly load_seq: number;
  readonly fencing_token: number;
  /** SHA-256 of the segment's file, hex. */
  readonly digest: string;
  readonly seals: SealLog;
  readonly keys: KeyFilter;
  /** Whether an attempt under this number may have stored something. */
  readonly is_resumed: boolean;
  readonly fault: FaultPoint;
}

/** What the ledger says of a load. */
export interface LoadCounts {
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejects: number;
}

interface Summary extends LoadCounts {
  readonly sources: string[];
  readonly first_occurred_at_ms: string | number;
  readonly last_occurred_at_ms: string | number;
  readonly days: string[];
  /** Foreign messages that came with it. */
  readonly messages: number;
  /** Events superseded and refusals resolved, by a run again. */
  readonly rerun_effects: number;
}

/** What a run again changed of what other loads stored. */
interface RerunEffects {
  readonly superseded: number;
  readonly resolved: number;
}

/** The tables that a segment's lines become. */
export const load_tables = [
  'access_events',
  'event_keys',
  'ingest_rejects',
  'receipts',
  'original_messages',
  'superseded_events',
  'reject_resolutions',
];

const query = (name: string): Statement => loadStatement(`ingest/queries/${name}.sql`);
const empty_table = query('empty_table');

/** The fields of a segment's lines that the engine reads, with their types in the file. */
export const line_columns: readonly FileColumn[] = [
  ['record', 'LowCardinality(String)'],
  ['segment_position', 'UInt32'],
  ['source', 'LowCardinality(String)'],
  ['received_at', 'Int64'],
  ['receipt', 'String'],
  ['dataset', 'LowCardinality(String)'],
  ['position', 'UInt32'],
  ['event_id', 'String'],
  ['occurred_at', 'Int64'],
  ...['action', 'outcome', 'trigger'].map((name): FileColumn => [name, 'LowCardinality(String)']),
  ['staff_id', 'String'],
  ['staff_id_system', 'LowCardinality(String)'],
  ['staff_name', 'String'],
  ...['role_code', 'role_name', 'organisation_code', 'site_code', 'application'].map(
    (name): FileColumn => [name, 'LowCardinality(String)'],
  ),
  ...['session_id', 'launch_id', 'device_id', 'ip_address', 'patient_id'].map(
    (name): FileColumn => [name, 'String'],
  ),
  ['section', 'LowCardinality(String)'],
  ['document_id', 'String'],
  ['supplier_codes', 'Array(LowCardinality(String))'],
  ['purpose', 'LowCardinality(String)'],
  ['override', 'LowCardinality(String)'],
  ['reason', 'String'],
  ['search_terms', 'String'],
  ['search_results', 'Array(String)'],
  ['code', 'LowCardinality(String)'],
  ['message', 'String'],
  ['raw', 'String'],
  ['raw_encoding', 'LowCardinality(String)'],
  ['message_id', 'String'],
  ['format', 'LowCardinality(String)'],
  ['transport', 'LowCardinality(String)'],
  ['media_type', 'LowCardinality(String)'],
  ['expression', 'LowCardinality(String)'],
  ['request_id', 'String'],
  ['replaced_by', 'String'],
  ['resolution', 'LowCardinality(String)'],
  ['of_load_seq', 'UInt64'],
  ['of_segment_id', 'String'],
  ['of_position', 'UInt32'],
];

// Our own comparison is exact, and the engine's block hashes are not: a block of keys that equals one of an erased
// load would be dropped without a word (decisions/0002-exactly-once.md).
const exact = { limits: 'load', settings: { insert_deduplicate: '0' } } as const;

/** Puts the records of a segment into the working table, which it empties first. */
export async function stageLines(
  client: SqlClient,
  { path, form }: Pick<ClosedSegment, 'path' | 'form'>,
): Promise<void> {
  await client.command(empty_table, { working_table: 'segment_lines' });
  const format = form === 'blocks' ? 'Native' : 'JSONEachRow';
  await client.insertFile('segment_lines', line_columns, path, format);
}

/**
 * Loads a segment. Every step can be repeated: what an attempt that did not end has stored is found and left, so that
 * counts and rows are the same however often it takes.
 */
export async function loadEvents(
  segment: ClosedSegment,
  context: LoadContext,
): Promise<LoadCounts> {
  const { client, clock, load_seq, fault } = context;
  const { segment_id, format } = segment.header;
  const { summary, effects } = await client.together((each) =>
    storeLines(segment, { ...context, client: each }),
  );
  const { received, stored, duplicates, conflicts, rejects, sources, days } = summary;
  const counts = { received, stored, duplicates, conflicts, rejects };
  const loaded = { load_seq, segment_id, segment_digest: context.digest, loaded_at: clock.now() };
  const seal = await sealLoad(context, { ...loaded, ...counts, effects, days });
  fault('load.sealed');
  await client.insert('segments', [
    {
      ...counts,
      days,
      sources,
      load_seq,
      segment_id,
      format_version: format,
      fencing_token: context.fencing_token,
      ...seal,
      first_occurred_at: stored > 0 ? Number(summary.first_occurred_at_ms) : null,
      last_occurred_at: stored > 0 ? Number(summary.last_occurred_at_ms) : null,
      bytes: segment.bytes,
      digest: context.digest,
    },
  ]);
  fault('load.committed');
  return counts;
}

/** Everything of a load but its row in the ledger, and the seal on it. */
async function storeLines(
  segment: ClosedSegment,
  context: LoadContext,
): Promise<{ summary: Summary; effects: RerunEffects }> {
  const { client, load_seq, fault } = context;
  const { segment_id, salt_key } = segment.header;
  await stageLines(client, segment);
  fault('load.staged');
  await client.command(empty_table, { working_table: 'segment_suspects' });
  await client.command(empty_table, { working_table: 'segment_verdicts' });
  await judgeSuspects(context);
  fault('load.judged');
  await client.insertSelect(
    query('store_events'),
    {
      load_seq,
      segment_id,
      salt_key_0: BigInt(`0x${salt_key.slice(0, 16)}`),
      salt_key_1: BigInt(`0x${salt_key.slice(16)}`),
    },
    { ...exact, settings: { ...exact.settings, max_partitions_per_insert_block: '0' } },
  );
  fault('load.events');
  await client.insertSelect(query('store_keys'), {}, exact);
  fault('load.keys');
  const [summary] = await client.rows<Summary>(query('segment_summary'), {}, { limits: 'load' });
  if (!summary) throw new Error('An aggregate without a row.');
  if (summary.messages > 0) {
    await client.insertSelect(query('store_messages'), { load_seq, segment_id }, exact);
  }
  fault('load.messages');
  if (summary.rejects + summary.conflicts > 0) {
    const conflict_message = record_codes.EVENT_CONFLICT;
    await client.insertSelect(
      query('store_rejects'),
      { load_seq, segment_id, conflict_message },
      exact,
    );
  }
  fault('load.rejects');
  let effects: RerunEffects = { superseded: 0, resolved: 0 };
  if (summary.rerun_effects > 0) {
    const [counted] = await client.rows<RerunEffects>(query('count_effects'));
    effects = counted ?? effects;
    await client.insertSelect(query('store_superseded'), { load_seq }, exact);
    await client.insertSelect(query('store_resolutions'), { load_seq }, exact);
  }
  fault('load.reruns');
  await client.insertSelect(query('store_receipts'), { load_seq }, exact);
  fault('load.receipts');
  // What the ledger's row says is stored has to be found after a power cut in which that row survives.
  await client.syncTables(load_tables);
  return { summary, effects };
}

/** Finds the events whose id may have been seen before, and compares them exactly with what has it. */
async function judgeSuspects({ client, keys, load_seq, is_resumed }: LoadContext): Promise<void> {
  const known = await keys.addSegment(client);
  // The rows that an attempt of this load left are looked for by its number, whatever the filter knows.
  if (known === undefined || is_resumed)
    await client.insertSelect(query('find_suspects'), { load_seq }, exact);
  else if (known.length === 0) return;
  else await client.insertSelect(query('find_suspects_among'), { keys: known }, exact);
  const [counted] = await client.rows<{ suspects: number }>(query('suspect_count'));
  if (counted && counted.suspects > 0) {
    await client.insertSelect(query('judge_suspects'), { load_seq }, exact);
  }
}
