/** `npm run detect`: judges everything that is dirty, or the days that were asked for. */
import type { SqlClient } from '../sql/client.ts';
import { addDays, type Clock } from '../sql/clock.ts';
import { runCycle, type CycleSummary, type OnProgress } from './cycle.ts';
import type { Alert, AlertChange } from './alerts.ts';
import { readDays } from './days.ts';
import { findDetector } from './detectors.ts';
import type { DetectorSummary } from './judge-due.ts';
import { daysInvalid, paramsNeedDryRun } from './errors.ts';
import type { Params } from './params.ts';
import { replay } from './replay/replay.ts';
import { refreshQueue } from './ranking/build.ts';
import { takeQueueTurn, takeTurn } from './turn.ts';

export interface DetectRequest {
  readonly client: SqlClient;
  readonly clock: Clock;
  /** First local day to judge again, due or not, as YYYY-MM-DD. */
  readonly from?: string | undefined;
  /** The local day after the last one. */
  readonly to?: string | undefined;
  /** One detector; without it, all. */
  readonly detector?: string | undefined;
  /** Say what would change, and change no alert. */
  readonly dry_run?: boolean | undefined;
  /** Params to try, of the one detector: a dry run over the days. */
  readonly params?: Params | undefined;
  /** Takes a line for each alert that would come or go, in a dry run. */
  readonly on_alert?: ((line: string) => void) | undefined;
  readonly on_progress?: OnProgress | undefined;
}

/** The last line of `npm run detect`, as JSON. */
export interface DetectSummary {
  readonly load_seq: number;
  readonly is_dry_run: boolean;
  readonly built_days: number;
  readonly raised: number;
  readonly changed: number;
  readonly withdrawn: number;
  readonly detectors: readonly DetectorSummary[];
  /** Ids of the detectors that failed; when there is any, the command ends with exit code 1. */
  readonly failed: readonly string[];
}

/**
 * Judges, and returns when everything asked for is judged.
 *
 * @throws CodedError DETECTOR_UNKNOWN, DAYS_INVALID
 */
export async function detect(request: DetectRequest): Promise<DetectSummary> {
  const { from, to, detector } = request;
  const only = from === undefined && to === undefined ? undefined : dayRange(from, to);
  const id = detector === undefined ? undefined : findDetector(detector).id;
  if (request.params !== undefined) return tryParams(request, request.params);
  const cycle = await takeTurn(() =>
    runCycle(request, {
      on_changes: (changes) => changes.forEach((change) => request.on_alert?.(lineOf(change))),
      is_settling: true,
      judges: (known) => id === undefined || known.id === id,
      only,
      is_dry_run: request.dry_run ?? false,
    }),
  );
  if (!request.dry_run) await takeQueueTurn(() => refreshQueue(request.client, request.clock));
  return summaryOf(cycle, request.dry_run ?? false);
}

/** The same for params that nobody has set: over the days given, else the latest 90 that there are. */
async function tryParams(request: DetectRequest, params: Params): Promise<DetectSummary> {
  const { client, from, to } = request;
  if (!request.dry_run || request.detector === undefined) throw paramsNeedDryRun();
  const detector = findDetector(request.detector);
  const { load_seq, built_days } = await takeTurn(() =>
    runCycle(request, { is_settling: true, judges: () => false }),
  );
  const last = (await readDays(client)).at(-1)?.day ?? '1970-01-01';
  const until = to ?? addDays(last, 1);
  const counts = await replay(
    client,
    { detector, params, organisation_code: '', from: from ?? addDays(until, -90), to: until },
    (alerts, { days, days_done }) => {
      for (const { change, alert, finding } of alerts)
        request.on_alert?.(replayLine(change, alert, finding));
      request.on_progress?.(`Tried on ${days_done} of ${days} days`);
      return Promise.resolve();
    },
  );
  return {
    load_seq,
    is_dry_run: true,
    built_days,
    raised: counts.coming,
    changed: 0,
    withdrawn: counts.going,
    detectors: [
      {
        detector_id: detector.id,
        detector_version: counts.detector_version,
        status: 'succeeded',
        detail: JSON.stringify(params),
        days: counts.days,
        alerts: counts.staying + counts.coming,
        raised: counts.coming,
        changed: 0,
        withdrawn: counts.going,
      },
    ],
    failed: [],
  };
}

/** An alert that would come or go, by its opaque id: who it is about is for the dashboard, which records who looks. */
function lineOf(change: AlertChange): string {
  const what = { raised: 'coming', changed: 'changing', withdrawn: 'going' }[change.change];
  return replayLine(what, change, '');
}

function replayLine(
  change: string,
  { alert_id, detector_id, organisation_code, day, score }: Alert,
  finding: string,
): string {
  return [change, detector_id, organisation_code, day, `score ${score}`, alert_id, finding]
    .filter(Boolean)
    .join(' ');
}

/** A cycle in the words of the command. */
export function summaryOf(cycle: CycleSummary, is_dry_run: boolean): DetectSummary {
  const sum = (name: 'raised' | 'changed' | 'withdrawn') =>
    cycle.detectors.reduce((total, detector) => total + detector[name], 0);
  return {
    load_seq: cycle.load_seq,
    is_dry_run,
    built_days: cycle.built_days,
    raised: sum('raised'),
    changed: sum('changed'),
    withdrawn: sum('withdrawn'),
    detectors: cycle.detectors,
    failed: cycle.detectors
      .filter(({ status }) => status === 'failed')
      .map(({ detector_id }) => detector_id),
  };
}

function dayRange(from: string | undefined, to: string | undefined): (day: string) => boolean {
  for (const day of [from, to]) {
    if (day !== undefined && !isDay(day)) throw daysInvalid('That is not a local day.');
  }
  if (from !== undefined && to !== undefined && from >= to)
    throw daysInvalid('The range holds no day.');
  return (day) => (from === undefined || day >= from) && (to === undefined || day < to);
}

function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text
  );
}
