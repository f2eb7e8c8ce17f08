/** Reads the health of every feed as of an instant: figures from SQL, and the verdict on them. */
import { bankHolidaysAround } from './bank-holidays.ts';
import type { SqlClient } from './client.ts';
import type { EpochMs } from './clock.ts';
import { judgeFeed, type FeedVerdict } from './feed-verdict.ts';
import { loadStatement } from './statement.ts';

/** What `sql/queries/feed_health.sql` says of one feed. Instants in epoch milliseconds; 0 where there is none. */
export interface FeedFigures {
  readonly dataset: string;
  readonly source: string;
  readonly is_ended: boolean;
  readonly is_simulated: boolean;
  /** Organisations that the source may speak for; empty: any. */
  readonly organisation_codes: readonly string[];
  readonly added_at_ms: number;
  readonly heard_at_ms: number;
  readonly last_event_at_ms: number;
  /** The hour of the earliest event. */
  readonly first_event_at_ms: number;
  readonly silence_ms: number;
  /** Whether two weeks were heard, from which a rhythm is learned. */
  readonly has_rhythm: boolean;
  /** For this hour of the week; without a rhythm a day is taken for it, of events alone. */
  readonly usual_interval_ms: number;
  /** Whole hours since the last delivery in which the feed usually delivers. */
  readonly due_hours: number;
  readonly is_due: boolean;
  readonly is_silent: boolean;
  readonly is_late: boolean;
  readonly deliveries: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejects: number;
  readonly rejects_by_code: Readonly<Record<string, number>>;
  readonly unmapped_staff: number;
  readonly unmapped_patients: number;
  readonly unmapped_organisations: number;
  readonly ahead_events: number;
  /** Of four weeks: half, 95 % and 99 % of the events were at most so late. The bounds are those of the histogram. */
  readonly has_lateness: boolean;
  readonly late_p50_s: number;
  readonly late_p95_s: number;
  readonly late_p99_s: number;
  /** Events that occurred in the 24 hours that end at `volume_to_ms`, and what was to be expected of them. */
  readonly volume: number;
  readonly volume_forecast: number;
  readonly volume_spread: number;
  /** Weeks that the forecast rests on, in the hour of the week that was seen least. */
  readonly volume_weeks: number;
  readonly volume_from_ms: number;
  readonly volume_to_ms: number;
  /** Hours of that day without any event, in which five or more are usual. */
  readonly missing_hours: number;
  /** Of the last 24 hours. */
  readonly day_stored: number;
  readonly day_duplicates: number;
  readonly day_refused: number;
  readonly day_received: number;
  readonly day_refused_as_future: number;
  readonly day_ahead: number;
  readonly day_least_late_ms: number;
  readonly day_hours: number;
  readonly day_unmapped_staff: number;
  readonly day_unmapped_patients: number;
  readonly day_unmapped_organisations: number;
  readonly day_backfilled: number;
  /** Of the four weeks before. */
  readonly usual_refused_share: number;
  /** Whether event ids end in numbers of one sequence, and how many between the lowest and the highest are missing. */
  readonly is_sequence: boolean;
  readonly missing_numbers: number;
}

/** One feed: its figures, and what they come to. */
export interface FeedHealth extends FeedFigures, FeedVerdict {}

const statement = loadStatement('sql/queries/feed_health.sql');

/** One feed for each dataset and source that was ever heard, or may send; access events first, then by name. */
export async function readFeedHealth(client: SqlClient, now: EpochMs): Promise<FeedHealth[]> {
  const rows = await client.rows<FeedFigures>(statement, {
    now,
    bank_holidays: bankHolidaysAround(now),
  });
  // Codes of a dataset that was never loaded are unknown because it is missing, and not because they are wrong.
  const loaded = new Set(rows.filter((row) => row.heard_at_ms > 0).map(({ dataset }) => dataset));
  return rows.map((row) => ({ ...row, ...judgeFeed(row, loaded) }));
}

/** Within this all askers share one answer: the silence of a feed that is heard every ten seconds shows after 30. */
const fresh_ms = 5_000;

/**
 * `readFeedHealth` for many readers, who share its answers.
 *
 * @param stale_ms an answer that is no older is given at once while a newer one is read for whoever asks next: a page
 *   should not wait for what hardly changes. 0 for those who need the state of the instant.
 */
export function createFeedHealthReader(
  client: SqlClient,
  stale_ms = 0,
): (now: EpochMs) => Promise<readonly FeedHealth[]> {
  let kept: { at: EpochMs; health: Promise<readonly FeedHealth[]> } | undefined;
  let is_reading = false;
  async function refresh(now: EpochMs): Promise<void> {
    is_reading = true;
    const health = readFeedHealth(client, now);
    try {
      await health;
      kept = { at: now, health };
    } catch {
      // The old answer stays until it is too old; then whoever asks is told why there is none.
    } finally {
      is_reading = false;
    }
  }
  return (now) => {
    const age = kept ? now - kept.at : Infinity;
    if (!kept || age < 0 || age > Math.max(fresh_ms, stale_ms)) {
      const health = readFeedHealth(client, now);
      const mine = { at: now, health };
      kept = mine;
      // A failure is not kept: whoever asks next asks again.
      health.catch(() => {
        if (kept === mine) kept = undefined;
      });
    } else if (age > fresh_ms && !is_reading) void refresh(now);
    return kept.health;
  };
}
