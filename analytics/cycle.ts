/** One cycle: mark the days that new loads touch, judge them live, rebuild them, judge the rest. */
import type { SqlClient } from '../sql/client.ts';
import type { AlertChange } from './alerts.ts';
import { addDays, type Clock } from '../sql/clock.ts';
import { CodedError, isCoded } from '../sql/errors.ts';
import { loadStatement } from '../sql/statement.ts';
import {
  batchesOf,
  dueDays,
  isDirty,
  isPastGrace,
  isResting,
  readDays,
  type DayState,
  type DueDay,
} from './days.ts';
import { isRun, loadDetectors, type Detector } from './detectors.ts';
import { isOutOfMemory } from './errors.ts';
import { judge, recordFailure } from './judge.ts';
import { markDirtyDays } from './mark.ts';
import { readParams, type ParamsInForce } from './params.ts';
import { rebuildDays } from './rebuild.ts';

/** Takes a line of text for a person who waits. */
export type OnProgress = (line: string) => void;

export interface CycleContext {
  readonly client: SqlClient;
  readonly clock: Clock;
  readonly on_progress?: OnProgress | undefined;
}

export interface CycleOptions {
  /** Build days that events are still streaming into, too. */
  readonly is_settling: boolean;
  /** Which detectors judge in this cycle. */
  readonly judges: (detector: Detector) => boolean;
  /** The days to judge, due or not; without it, those that are due. */
  readonly only?: ((day: string) => boolean) | undefined;
  readonly is_dry_run?: boolean;
  /**
   * Which scheduled detectors, when they do not judge in this cycle, judge those rebuilt days on which an alert of
   * theirs stands, so that new data contradicts an alert at once and not when the detector's time has come.
   */
  readonly corrects?: (detector: Detector) => boolean;
  /** Told what would change, in a dry run. */
  readonly on_changes?: (changes: readonly AlertChange[]) => void;
  /** Days to build and to judge anew although nothing of them is dirty: their roll-ups are wrong. */
  readonly repairs?: readonly string[];
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

export interface CycleSummary {
  /** The load up to which days are marked. */
  readonly load_seq: number;
  readonly built_days: number;
  /** Dirty days that were left for later. */
  readonly resting_days: number;
  readonly detectors: readonly DetectorSummary[];
}

/**
 * A batch reads the look-back of its first day as well, which is four weeks for most, so that a batch of few days is mostly
 * that. One that fails is tried again with the next cycle, and is small enough to be lost without much work lost.
 */
const judged_days_max = 31;
const judged_events_max = 5_000_000;

/** Runs one cycle. The caller sees to it that there is only one at a time (turn.ts). */
export async function runCycle(
  context: CycleContext,
  options: CycleOptions,
): Promise<CycleSummary> {
  const { client, clock } = context;
  const load_seq = await markDirtyDays(client, clock);
  const repairs = options.repairs ?? [];
  // Marked as well: a wrong day may be one that no mark ever told of.
  await client.insert(
    'dirty_days',
    repairs.map((day) => ({ day, load_seq, cause: 'invariants' })),
  );
  const chosen = loadDetectors().filter((detector) => isRun(detector) && options.judges(detector));
  const loaded_datasets = await readLoadedDatasets(client);
  const judged: DetectorSummary[] = [];

  // Live detectors read the events themselves, so they need not wait for the roll-ups.
  const before = await readDays(client);
  for (const detector of chosen.filter(({ mode }) => mode === 'live')) {
    const summary = await judgeDue(
      context,
      options,
      detector,
      before,
      ({ dirty }) => dirty,
      loaded_datasets,
    );
    if (summary) judged.push(summary);
  }

  const dirty = before.filter(isDirty);
  const resting = options.is_settling ? [] : dirty.filter((day) => isResting(day, clock.now()));
  const to_build = before
    .filter((day) => repairs.includes(day.day) || (isDirty(day) && !resting.includes(day)))
    .map(({ day }) => day);
  const built_days = await rebuildDays(client, clock, to_build, load_seq, {
    later: resting.map(({ day }) => day),
    on_batch: (done, of) => context.on_progress?.(`Rolled up ${done} of ${of} days`),
  });
  // What looks back on a repaired day was judged on what was wrong as well, under the same load.
  const repaired = repairs.length > 0 ? { ...options, repairs: built_days } : options;

  const after = built_days.length > 0 ? await readDays(client) : before;
  const built = after.filter((day) => day.built > 0);
  for (const detector of chosen.filter(({ mode }) => mode === 'scheduled')) {
    const summary = await judgeDue(
      context,
      repaired,
      detector,
      built,
      (day) => day.built,
      loaded_datasets,
    );
    if (summary) judged.push(summary);
  }
  const correcting = loadDetectors().filter(
    (detector) =>
      isRun(detector) &&
      detector.mode === 'scheduled' &&
      !chosen.includes(detector) &&
      options.corrects?.(detector),
  );
  const held = await readHeldDays(client, correcting.length > 0 ? built_days : []);
  for (const detector of correcting.filter(({ id }) => held.has(id))) {
    const summary = await judgeDue(
      context,
      repaired,
      detector,
      built,
      (day) => day.built,
      loaded_datasets,
      held.get(detector.id),
    );
    if (summary) judged.push(summary);
  }
  return {
    load_seq,
    built_days: built_days.length,
    resting_days: resting.length,
    detectors: judged,
  };
}

async function judgeDue(
  context: CycleContext,
  options: CycleOptions,
  detector: Detector,
  states: readonly DayState[],
  seqOf: (day: DayState) => number,
  loaded_datasets: ReadonlySet<string>,
  /** The days to look at; without it, all. */
  among?: ReadonlySet<string>,
): Promise<DetectorSummary | undefined> {
  const { client, clock } = context;
  const is_dry_run = options.is_dry_run ?? false;
  let detector_version = `${detector.version}.?`;
  let attempted: readonly DueDay[] = [];
  const sum = { days: 0, alerts: 0, raised: 0, changed: 0, withdrawn: 0 };
  let status: DetectorSummary['status'] = 'succeeded';
  let detail = '';
  try {
    const in_force = await readParams(client, detector);
    detector_version = in_force.detector_version;
    const last_day = states.at(-1)?.day ?? '';
    const due = (await findDue(client, detector, in_force, states, seqOf, options)).filter(
      ({ day }) =>
        isPastGrace(day, detector.grace_days ?? 0, last_day) && (among?.has(day) ?? true),
    );
    if (due.length === 0) return undefined;
    const events = new Map(states.map((state) => [state.day, state.events]));
    const accesses = new Map(states.map((state) => [state.day, state.accesses]));
    const left = batchesOf(due, events, judged_events_max, judged_days_max);
    for (let batch = left.shift(); batch; batch = left.shift()) {
      attempted = batch;
      const run = await judge(client, clock, detector, in_force, batch, {
        is_dry_run,
        on_changes: options.on_changes,
        loaded_datasets,
        accesses: batch.reduce((total, { day }) => total + (accesses.get(day) ?? 0), 0),
      }).catch((error: unknown) => {
        if (attempted.length > 1 && isOutOfMemory(error)) return undefined;
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
      context.on_progress?.(
        `Judged ${sum.days} of ${due.length} days by ${detector.id}: ${sum.alerts} alerts`,
      );
    }
  } catch (error) {
    // A failing detector must not stop the others. It is kept where people look, and its days stay due.
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

async function findDue(
  client: SqlClient,
  detector: Detector,
  in_force: ParamsInForce,
  states: readonly DayState[],
  seqOf: (day: DayState) => number,
  { only, repairs = [] }: CycleOptions,
): Promise<DueDay[]> {
  const seqs = new Map(states.map((state) => [state.day, seqOf(state)]));
  if (only) return dueDays(seqs, new Map(), in_force.lookback_days).filter(({ day }) => only(day));
  const rows = await client.rows<{ day: string; load_seq: string }>(
    loadStatement('analytics/queries/judged_days.sql'),
    { detector_id: detector.id, detector_version: in_force.detector_version },
  );
  const judged = new Map(rows.map((row) => [row.day, Number(row.load_seq)]));
  // What was judged on a wrong roll-up counts for nothing, and so does what looked back on it.
  for (const day of repairs) {
    for (let ahead = 0; ahead <= in_force.lookback_days; ahead++)
      judged.delete(addDays(day, ahead));
  }
  return dueDays(seqs, judged, in_force.lookback_days);
}

/** Per detector, those of `days` on which an alert of it stands. */
async function readHeldDays(
  client: SqlClient,
  days: readonly string[],
): Promise<Map<string, Set<string>>> {
  const held = new Map<string, Set<string>>();
  if (days.length === 0) return held;
  const rows = await client.rows<{ detector_id: string; day: string }>(
    loadStatement('analytics/queries/held_days.sql'),
    { days },
    { limits: 'analysis' },
  );
  for (const { detector_id, day } of rows) {
    held.set(detector_id, (held.get(detector_id) ?? new Set()).add(day));
  }
  return held;
}

async function readLoadedDatasets(client: SqlClient): Promise<ReadonlySet<string>> {
  const rows = await client.rows<{ dataset: string }>(
    loadStatement('analytics/queries/loaded_datasets.sql'),
  );
  return new Set(rows.map(({ dataset }) => dataset));
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
