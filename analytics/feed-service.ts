/** The hours of feeds, kept up to date while the service runs: beside the cycles, which can take minutes. */
import type { SqlClient } from '../sql/client.ts';
import { isCoded, messageOf } from '../sql/errors.ts';
import type { Logger } from '../sql/log.ts';
import { emptyFeedHours, feedHoursAddUp, rollUpFeeds } from './feed-hours.ts';
import { pauses } from './pauses.ts';

/** What is not in the hours yet is read from the ledger, so that no verdict waits for this. */
const rest_ms = 10_000;
const retry_ms = 5_000;

export interface FeedService {
  /** Resolves once every committed load is in the hours. */
  settled(): Promise<void>;
  /** Waits for the step under way, then stops, and closes the client. */
  close(): Promise<void>;
}

/** Starts to keep the hours. First they are held against the ledger, and filled anew where they do not add up. */
export function startFeedService(client: SqlClient, log: Logger): FeedService {
  const pause = pauses();
  let is_checked = false;
  let is_closing = false;
  // One step at a time, whoever asks: two at once would add the same loads.
  let last: Promise<unknown> = Promise.resolve();

  function step(): Promise<{ has_more: boolean }> {
    const mine = last.then(async () => {
      if (!is_checked && !(await feedHoursAddUp(client))) {
        log.warn({ code: 'FEED_HOURS_DIFFER' }, 'the hours of feeds are filled anew');
        await emptyFeedHours(client);
      }
      is_checked = true;
      return rollUpFeeds(client);
    });
    last = mine.catch(() => undefined);
    return mine;
  }

  const loop = (async () => {
    while (!is_closing) {
      const started = performance.now();
      try {
        const { has_more } = await step();
        // A step leaves the engine to others for twice as long as it took; after the last there is time.
        await pause.wait(has_more ? 2 * (performance.now() - started) : rest_ms);
      } catch (error) {
        log.error(
          { code: isCoded(error) ? error.code : '', message: messageOf(error) },
          'the hours of feeds were not brought up to date',
        );
        await pause.wait(retry_ms);
      }
    }
  })();

  return {
    async settled() {
      while ((await step()).has_more);
    },
    async close() {
      is_closing = true;
      pause.end();
      await loop;
      await last;
      await client.close();
    },
  };
}
