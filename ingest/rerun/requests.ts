/** Requests to run something again, and what is said of them while they are carried out. */
import { randomUUID } from 'node:crypto';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { loadStatement } from '../../sql/statement.ts';

/** A request, with the times of receipt that it is about, epoch milliseconds. */
export interface RerunRequest {
  readonly request_id: string;
  readonly source: string;
  readonly code: string;
  readonly received_from: number;
  readonly received_to: number;
  readonly is_dry_run: boolean;
  readonly requested_by: string;
}

/** What became of a request so far; in a dry run, what would. */
export interface RerunCounts {
  total: number;
  looked_at: number;
  stored: number;
  superseded: number;
  withdrawn: number;
  resolved: number;
  refused: number;
  still_refused: number;
  unchanged: number;
  unusable: number;
}

/** Some of what became of messages: never a value out of one. */
export interface RerunExample {
  readonly outcome: 'stored' | 'superseded' | 'withdrawn' | 'refused' | 'still_refused';
  readonly message_id: string;
  readonly event_id: string;
  readonly code: string;
  readonly expression: string;
  /** Names of the fields that differ, of a superseded event. */
  readonly changed: readonly string[];
}

export interface RerunState extends RerunCounts {
  readonly request_id: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly failure_code: string;
  readonly failure_message: string;
  /** JSON of examples. */
  readonly examples: string;
}

const next_rerun = loadStatement('ingest/queries/next_rerun.sql');
const rerun_state = loadStatement('ingest/queries/rerun_state.sql');

/** Asks ingest to run something again, and returns under which id. */
export async function requestRerun(
  client: SqlClient,
  clock: Clock,
  wanted: {
    readonly source: string;
    readonly code: string;
    /** Epoch milliseconds; null leaves the end open. */
    readonly from_at: number | null;
    readonly to_at: number | null;
    readonly is_dry_run: boolean;
    readonly requested_by: string;
    readonly reason: string;
  },
): Promise<string> {
  const request_id = randomUUID();
  await client.insert('rerun_requests', [{ request_id, ...wanted, requested_at: clock.now() }]);
  return request_id;
}

/** The oldest request that is not at its end; one that an earlier process began goes on. */
export async function nextRequest(client: SqlClient): Promise<RerunRequest | undefined> {
  const [row] = await client.rows<RerunRequest>(next_rerun);
  return (
    row && {
      ...row,
      received_from: Number(row.received_from),
      received_to: Number(row.received_to),
    }
  );
}

export async function rerunState(
  client: SqlClient,
  request_id: string,
): Promise<RerunState | undefined> {
  const [row] = await client.rows<RerunState>(rerun_state, { request_id });
  return row;
}

export function noCounts(): RerunCounts {
  return {
    total: 0,
    looked_at: 0,
    stored: 0,
    superseded: 0,
    withdrawn: 0,
    resolved: 0,
    refused: 0,
    still_refused: 0,
    unchanged: 0,
    unusable: 0,
  };
}

/** Says how far a request is. */
export async function writeResult(
  client: SqlClient,
  clock: Clock,
  request_id: string,
  state: 'running' | 'done' | 'failed',
  counts: RerunCounts,
  examples: readonly RerunExample[],
  failure: { readonly code: string; readonly message: string } = { code: '', message: '' },
): Promise<void> {
  await client.insert('rerun_results', [
    {
      request_id,
      state,
      at: clock.now(),
      ...failure,
      ...counts,
      examples: JSON.stringify(examples),
    },
  ]);
}
