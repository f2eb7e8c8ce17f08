/** Keeps the hours of each feed up to date with what is committed, a bounded step at a time. */
import type { SqlClient } from '../sql/client.ts';
import { loadStatement } from '../sql/statement.ts';

/** About a second of work and 200 MB on one core. */
const step_events_max = 1_000_000;

/** What one step did: up to which load the hours are read now, and whether more is waiting. */
export interface FeedStep {
  readonly read: number;
  readonly has_more: boolean;
}

/**
 * Adds the next committed loads to `feed_hour_parts`. Without new loads it changes nothing.
 *
 * Each load is added exactly once: the rows of a step and how far it read are one insert of one block, which stands as
 * a whole or not at all, so a step that was cut short is simply taken again.
 */
export async function rollUpFeeds(
  client: SqlClient,
  events_max = step_events_max,
): Promise<FeedStep> {
  const [at] = await client.rows<{ read: string; committed: string; next: string }>(
    loadStatement('analytics/queries/feed_positions.sql'),
    { events_max },
  );
  const from_load_seq = Number(at?.read ?? 0);
  const to_load_seq = Number(at?.next ?? 0);
  if (to_load_seq <= from_load_seq) return { read: from_load_seq, has_more: false };
  await client.insertSelect(
    loadStatement('analytics/queries/roll_up_feeds.sql'),
    { from_load_seq, to_load_seq },
    // One core, since cycles and pages want the other.
    { limits: 'analysis', settings: { max_threads: '1' } },
  );
  return { read: to_load_seq, has_more: to_load_seq < Number(at?.committed ?? 0) };
}

/** Whether the hours add up to what the ledger says. They always do, unless the table was damaged. */
export async function feedHoursAddUp(client: SqlClient): Promise<boolean> {
  const [sums] = await client.rows<{ rolled_up: string; occurred: string; ledger: string }>(
    loadStatement('analytics/queries/feed_totals.sql'),
  );
  return sums === undefined || (sums.rolled_up === sums.ledger && sums.rolled_up === sums.occurred);
}

/** Empties the hours; the next steps fill them anew from the first load. */
export async function emptyFeedHours(client: SqlClient): Promise<void> {
  await client.command(loadStatement('analytics/queries/empty_feed_hours.sql'));
}
