/** One cycle: mark the days that new loads touch, judge them live, rebuild them, judge the rest. */
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';
import { isDirty, isResting, readDays, type DayState } from './days.ts';
import { isRun, loadDetectors, type Detector } from './detectors.ts';
import { interleaved } from './interleave.ts';
import { judgeDue, type DetectorSummary, type JudgeDueOptions } from './judge-due.ts';
import { readKnown } from './known.ts';
import { hasNewLoads, markDirtyDays } from './mark.ts';
import { rebuildDays } from './rebuild.ts';

/** Takes a line of text for a person who waits. */
export type OnProgress = (line: string) => void;

export interface CycleContext {
  readonly client: SqlClient;
  readonly clock: Clock;
  readonly on_progress?: OnProgress | undefined;
}

export interface CycleOptions extends JudgeDueOptions {
  /** Build days that events are still streaming into, too. */
  readonly is_settling: boolean;
  /** Which detectors judge in this cycle. */
  readonly judges: (detector: Detector) => boolean;
  /**
   * While days are built and scheduled detectors judge, look for new loads this often, between two statements, and judge
   * them live: an alert need not wait for the end of a cycle. Without it, they are left to the next one.
   */
  readonly live_every_ms?: number;
  /**
   * Which scheduled detectors, when they do not judge in this cycle, judge those rebuilt days on which an alert of
   * theirs stands, so that new data contradicts an alert at once and not when the detector's time has come.
   */
  readonly corrects?: (detector: Detector) => boolean;
}

export interface CycleSummary {
  /** The load up to which days are marked. */
  readonly load_seq: number;
  readonly built_days: number;
  /** Dirty days that were left for later. */
  readonly resting_days: number;
  /** One for each time that a detector judged anything. */
  readonly detectors: readonly DetectorSummary[];
}

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

  const judged: (DetectorSummary | undefined)[] = [];
  const live = chosen.filter(({ mode }) => mode === 'live');
  const judging = { client, clock, on_progress: context.on_progress, options };
  // Live detectors read the events themselves, so they need not wait for the roll-ups.
  const judgeLive = async (days: readonly DayState[]) => {
    const known = await readKnown(client, live);
    for (const detector of live)
      judged.push(await judgeDue({ ...judging, known }, detector, days, (day) => day.dirty));
  };
  const before = await readDays(client);
  await judgeLive(before);
  let has_more = false;
  const judgeNewLoads = async () => {
    if (!(await hasNewLoads(client))) return;
    await markDirtyDays(client, clock);
    has_more = true;
    await judgeLive(await readDays(client));
  };
  const between =
    options.live_every_ms === undefined
      ? client
      : interleaved(client, judgeNewLoads, options.live_every_ms);

  const dirty = before.filter(isDirty);
  const resting = options.is_settling ? [] : dirty.filter((day) => isResting(day, clock.now()));
  const to_build = before
    .filter((day) => repairs.includes(day.day) || (isDirty(day) && !resting.includes(day)))
    .map(({ day }) => day);
  const built_days = await rebuildDays(between, clock, to_build, load_seq, {
    later: resting.map(({ day }) => day),
    on_batch: (done, of) => context.on_progress?.(`Rolled up ${done} of ${of} days`),
  });
  // What looks back on a repaired day was judged on what was wrong as well, under the same load.
  const repaired = repairs.length > 0 ? { ...options, repairs: built_days } : options;

  const after = built_days.length > 0 ? await readDays(client) : before;
  const built = after.filter((day) => day.built > 0);
  const scheduled = chosen.filter(({ mode }) => mode === 'scheduled');
  const correcting = loadDetectors().filter(
    (detector) =>
      isRun(detector) &&
      detector.mode === 'scheduled' &&
      !chosen.includes(detector) &&
      options.corrects?.(detector),
  );
  const held = await readHeldDays(client, correcting.length > 0 ? built_days : []);
  const corrected = correcting.filter(({ id }) => held.has(id));
  const known = await readKnown(client, [...scheduled, ...corrected]);
  const judgeBuilt = (detector: Detector, among?: ReadonlySet<string>) =>
    judgeDue(
      { ...judging, client: between, options: repaired, known },
      detector,
      built,
      (day) => day.built,
      among,
    );
  for (const detector of scheduled) judged.push(await judgeBuilt(detector));
  for (const detector of corrected) judged.push(await judgeBuilt(detector, held.get(detector.id)));
  return {
    load_seq,
    built_days: built_days.length,
    // What came meanwhile is marked, and no new load will tell of it again.
    resting_days: has_more ? (await readDays(client)).filter(isDirty).length : resting.length,
    detectors: judged.filter((summary) => summary !== undefined),
  };
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
