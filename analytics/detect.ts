/** `npm run detect`: judges everything that is dirty, or the days that were asked for. */
import type { SqlClient } from '../sql/client.ts';
import { addDays, type Clock } from '../sql/clock.ts';
import { runCycle, type CycleSummary, type DetectorSummary, type OnProgress } from './cycle.ts';
import { findDetector } from './detectors.ts';
import { daysInvalid } from './errors.ts';
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
  const cycle = await takeTurn(() =>
    runCycle(request, {
      is_settling: true,
      judges: (known) => id === undefined || known.id === id,
      only,
      is_dry_run: request.dry_run ?? false,
    }),
  );
  if (!request.dry_run) await takeQueueTurn(() => refreshQueue(request.client, request.clock));
  return summaryOf(cycle, request.dry_run ?? false);
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
