/** A source with nine weeks of history that fell silent two days ago: what the feeds pages are tested on. */
import { rollUpFeeds } from '../../analytics/feed-hours.ts';
import type { SqlClient } from '../../sql/client.ts';
import { day, givenFeeds, hour, minute, ticks } from '../integration/feeds/given-feeds.ts';

export const silent_source = 'south-hub';

/** Adds the source to what `client` holds, as of `now`, and brings the hours of all feeds up to date. */
export async function fillSilentSource(client: SqlClient, now: number): Promise<void> {
  const end = Math.floor(now / hour) * hour - 48 * hour + 30 * minute;
  await client.insert('source_versions', [
    {
      source: silent_source,
      version: 1,
      key_hash: 'south',
      is_simulated: true,
      is_loopback_only: false,
      organisation_codes: [],
      changed_at: end - 63 * day,
      is_ended: false,
    },
  ]);
  await givenFeeds(client, 1_000).deliver(
    ticks(end - 63 * day, end, hour).map((at) => ({
      source: silent_source,
      at,
      occurred: [1, 2, 3].map((part) => at - part * minute),
    })),
  );
  while ((await rollUpFeeds(client)).has_more);
}
