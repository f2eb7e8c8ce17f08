/** The state of each local day, and which days are due: pure, but for the one query. */
import type { SqlClient } from '../sql/client.ts';
import { addDays, type EpochMs } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';

/** One local day: the loads up to which it is dirty and built. */
export interface DayState {
  readonly day: string;
  readonly dirty: number;
  readonly built: number;
  /** It was built, and what its explanations look back on became another since. */
  readonly is_stale: boolean;
  readonly built_at: EpochMs;
  /** Events and accesses of the current build. */
  readonly events: number;
  readonly accesses: number;
}

/** All days that any load touched, in order. */
export async function readDays(client: SqlClient): Promise<DayState[]> {
  const rows = await client.rows<Record<string, string | number>>(
    loadStatement('analytics/queries/day_states.sql'),
  );
  return rows.map((row) => ({
    day: String(row['day']),
    dirty: Number(row['dirty']),
    built: Number(row['built']),
    is_stale: Number(row['is_stale']) === 1,
    built_at: Number(row['built_at']),
    events: Number(row['events']),
    accesses: Number(row['accesses']),
  }));
}

export function isDirty(day: DayState): boolean {
  return day.dirty > day.built || day.is_stale;
}

/**
 * Whether a dirty day is left for a later cycle. A day that events stream into is rebuilt the less often the bigger
 * it is: at one rebuild for each 5 events a millisecond, an hour of old builds is at most 18 million rows.
 */
export function isResting(day: DayState, now: EpochMs): boolean {
  if (day.built === 0) return false;
  return now - day.built_at < Math.max(1_000, day.events / 5);
}

/** A day to judge, and the load up to which everything it reads is known. */
export interface DueDay {
  readonly day: string;
  readonly load_seq: number;
}

/**
 * The days that a detector has yet to judge: those that it never judged, and those of which it reads something newer.
 *
 * @param seqs per day, the load up to which the detector's input is known: of the marks for live ones, of the builds
 * for scheduled ones
 * @param judged per day, the load up to which the detector's current version judged it
 */
export function dueDays(
  seqs: ReadonlyMap<string, number>,
  judged: ReadonlyMap<string, number>,
  lookback_days: number,
): DueDay[] {
  const due: DueDay[] = [];
  for (const day of [...seqs.keys()].sort()) {
    let load_seq = 0;
    for (let back = 0; back <= lookback_days; back++) {
      load_seq = Math.max(load_seq, seqs.get(back === 0 ? day : addDays(day, -back)) ?? 0);
    }
    if (load_seq > (judged.get(day) ?? -1)) due.push({ day, load_seq });
  }
  return due;
}

/**
 * Whether what may still arrive about a day has had `grace_days` whole days to do so. They count to the latest day of
 * which anything is loaded and not to a clock, so that a replay of history judges as the first run did.
 */
export function isPastGrace(day: string, grace_days: number, last_day: string): boolean {
  return addDays(day, grace_days) <= last_day;
}

/**
 * The days in batches of at most `events_max` events and within `days_max` days of one another, in order; a day is never
 * cut. What looks back reads from the first day of a batch to its last, so days far apart are no batch.
 */
export function batchesOf<T extends { readonly day: string }>(
  days: readonly T[],
  events: ReadonlyMap<string, number>,
  events_max: number,
  days_max: number,
): T[][] {
  const batches: T[][] = [];
  let held = 0;
  for (const day of days) {
    const size = events.get(day.day) ?? 0;
    const last = batches.at(-1);
    if (
      last?.[0] === undefined ||
      addDays(last[0].day, days_max) <= day.day ||
      held + size > events_max
    ) {
      batches.push([day]);
      held = size;
    } else {
      last.push(day);
      held += size;
    }
  }
  return batches;
}
