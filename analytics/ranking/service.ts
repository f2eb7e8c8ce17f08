/** Keeps the queue up to date while the service runs: beside the cycles, so that no alert waits for a ranking. */
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { isCoded, messageOf } from '../../sql/errors.ts';
import type { Logger } from '../../sql/log.ts';
import { pauses } from '../pauses.ts';
import { takeQueueTurn } from '../turn.ts';
import { deleteOldQueues, refreshQueue } from './build.ts';

/** A reviewer who records a finding sees the queue without it within about a second. */
const rest_ms = 1_000;

/** A build that takes long leaves the machine to others for this many times as long, but nobody waits longer than that for it. */
const rest_factor = 20;
const rest_ms_max = 120_000;
const retry_ms = 5_000;

/** How often old builds are deleted: a deletion rewrites parts, so not after every build. */
const clean_up_ms = 15 * 60_000;

export interface QueueService {
  /** Resolves once the queue is made of everything that is there. */
  settled(): Promise<void>;
  /** Waits for the build under way, then stops, and closes the client. */
  close(): Promise<void>;
}

/** Starts to keep the queue. */
export function startQueueService(client: SqlClient, clock: Clock, log: Logger): QueueService {
  const pause = pauses();
  let is_closing = false;
  let cleaned_at = -clean_up_ms;

  const step = () => takeQueueTurn(() => refreshQueue(client, clock));

  const loop = (async () => {
    while (!is_closing) {
      try {
        const built = await step();
        if (built) log.info(built, 'queue');
        if (performance.now() - cleaned_at >= clean_up_ms) {
          await takeQueueTurn(() => deleteOldQueues(client, clock));
          cleaned_at = performance.now();
        }
        const asked_ms = rest_factor * (built?.elapsed_ms ?? 0);
        await pause.wait(Math.max(rest_ms, Math.min(rest_ms_max, asked_ms)));
      } catch (error) {
        log.error(
          { code: isCoded(error) ? error.code : '', message: messageOf(error) },
          'the queue was not built',
        );
        await pause.wait(retry_ms);
      }
    }
  })();

  return {
    async settled() {
      await step();
    },
    async close() {
      is_closing = true;
      pause.end();
      await loop;
      await client.close();
    },
  };
}
