/** Judges the days of one detector that are due, in batches that a query can hold. */
import type { SqlClient } from '../sql/client.ts';
import { addDays, type Clock } from '../sql/clock.ts';
import { CodedError, isCoded } from '../sql/errors.ts';
import type { AlertChange } from './alerts.ts';
import { candidateDays } from './candidates.ts';
import { batchesOf, dueDays, isPastGrace, type DayState, type DueDay } from './days.ts';
import type { Detector } from './detectors.ts';
import { isOutOfMemory } from './errors.ts';
import { judge, recordFailure } from './judge.ts';
import type { Known } from './known.ts';
import { paramsInForce, type ParamsInForce } from './params.ts';

/**
 * A batch reads the look-back of its first day as well, which is four weeks for most, so that a batch of few days is mostly
 * that. One that fails is tried again with the next cycle, and is small enough to be lost without much work lost.
 */
const judged_days_max = 31;
const judged_events_max = 5_000_000;

/** What to judge, whatever the detector. */
export interface JudgeDueOptions {
  /** The days to judge, due or not; without it, those that are due. */
  readonly only?: ((day: string) => boolean) | undefined;
  readonly is_dry_run?: boolean;
  /** Told what would change, in a dry run. */
  readonly on_changes?: (changes: readonly AlertChange[]) => void;
  /** Days to build and to judge anew although nothing of them is dirty: their roll-ups are wrong. */
  readonly repairs?: readonly string[];
}

/** What all detectors of a cycle have in common. */
export interface Judging {
  readonly client: SqlClient;
  readonly clock: Clock;
  /** Takes a line of text for a person who waits. */
  readonly on_progress: ((line: string) => void) | undefined;
  readonly options: JudgeDueOptions;
  readonly known: Known;
}

/** What one detector did in a cycle; figures are sums over its runs. */
export interface DetectorSummary {
  readonly detector_id: string;
  readonly detector_version: string;
  readonly status: 'succeeded' | 'blind' | 'failed';
  /** Code of a failure, or the datasets that are missing. */
  readonly detail: string;
  readonly days: number;
  readonly alerts: number;
  readonly raised: number;
  readonly changed: number;
  readonly withdrawn: number;
}

/**
 * Judges the days that are due by `detector`, batch by batch; undefined where none is. A failure is recorded and returned:
 * it must not stop the others, and its days stay due.
 *
 * @param among the days to look at; without it, all
 */
export async function judgeDue(
  judging: Judging,
  detector: Detector,
  states: readonly DayState[],
  seqOf: (day: DayState) => number,
  among?: ReadonlySet<string>,
): Promise<DetectorSummary | undefined> {
  const { client, clock, options, known } = judging;
  const is_dry_run = options.is_dry_run ?? false;
  let detector_version = `${detector.version}.?`;
  let attempted: readonly DueDay[] = [];
  const sum = { days: 0, alerts: 0, raised: 0, changed: 0, withdrawn: 0 };
  let status: DetectorSummary['status'] = 'succeeded';
  let detail = '';
  try {
    const in_force = paramsInForce(detector, known.paramsSetFor(detector));
    detector_version = in_force.detector_version;
    const last_day = states.at(-1)?.day ?? '';
    const judged = options.only
      ? new Map<string, number>()
      : judgedSoFar(known.judgedBy(detector, detector_version), in_force, options);
    const seqs = new Map(states.map((state) => [state.day, seqOf(state)]));
    const awaited = dueDays(seqs, judged, in_force.lookback_days).filter(
      ({ day }) =>
        (options.only?.(day) ?? true) &&
        isPastGrace(day, detector.grace_days ?? 0, last_day) &&
        (among?.has(day) ?? true),
    );
    const due = await candidateDays(judging, detector, in_force, awaited, judged);
    if (due.length === 0) return undefined;
    const events = new Map(states.map((state) => [state.day, state.events]));
    const accesses = new Map(states.map((state) => [state.day, state.accesses]));
    const left = batchesOf(due, events, judged_events_max, judged_days_max);
    for (let batch = left.shift(); batch; batch = left.shift()) {
      attempted = batch;
      const run = await judge(client, clock, detector, in_force, batch, {
        is_dry_run,
        on_changes: options.on_changes,
        loaded_datasets: known.loaded_datasets,
        accesses: batch.reduce((total, { day }) => total + (accesses.get(day) ?? 0), 0),
      }).catch((error: unknown) => {
        if (batch.length > 1 && isOutOfMemory(error)) return undefined;
        throw error;
      });
      if (!run) {
        // A month of a crowded exchange can be more than a query may hold; its halves are judged alike. So are those of
        // what follows, which is as much, and would fail as late.
        left.splice(0, left.length, ...[batch, ...left].flatMap(halvesOf));
        continue;
      }
      sum.days += batch.length;
      sum.alerts += run.alerts;
      sum.raised += run.raised;
      sum.changed += run.changed;
      sum.withdrawn += run.withdrawn;
      status = run.status;
      detail = run.detail;
      judging.on_progress?.(
        `Judged ${sum.days} of ${due.length} days by ${detector.id}: ${sum.alerts} alerts`,
      );
    }
  } catch (error) {
    status = 'failed';
    detail = codeOf(error);
    await recordFailure(client, clock, detector, detector_version, attempted, detail, is_dry_run);
  }
  return { detector_id: detector.id, detector_version, status, detail, ...sum };
}

function halvesOf(batch: readonly DueDay[]): DueDay[][] {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)].filter(({ length }) => length > 0);
}

/** What was judged on a wrong roll-up counts for nothing, and so does what looked back on it. */
function judgedSoFar(
  judged: ReadonlyMap<string, number>,
  { lookback_days }: ParamsInForce,
  { repairs = [] }: JudgeDueOptions,
): ReadonlyMap<string, number> {
  const counted = new Map(judged);
  for (const day of repairs) {
    for (let ahead = 0; ahead <= lookback_days; ahead++) counted.delete(addDays(day, ahead));
  }
  return counted;
}

/** The code to record: a failed query's own name of the error says more than that a query failed. */
function codeOf(error: unknown): string {
  if (isCoded(error, 'QUERY_FAILED')) {
    return ['QUERY_FAILED', (error as CodedError & { engine_type?: string }).engine_type]
      .filter(Boolean)
      .join(' ');
  }
  return error instanceof CodedError ? error.code : error instanceof Error ? error.name : 'UNKNOWN';
}
