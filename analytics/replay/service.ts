/** Carries out what people ask to be tried, oldest first: the dashboard and this service meet in tables. */
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { isCoded, messageOf } from '../../sql/errors.ts';
import type { Logger } from '../../sql/log.ts';
import { loadStatement } from '../../sql/statement.ts';
import { findDetector } from '../detectors.ts';
import { pauses } from '../pauses.ts';
import { replay, type ReplayCounts, type ReplayedAlert } from './replay.ts';

/** Somebody waits for it, but minutes of judging follow. */
const rest_ms = 1_000;
const retry_ms = 5_000;

/** Alerts of each kind that are kept for a person to read; the counts are of all. */
const kept_alerts_max = 300;

interface Request {
  readonly request_id: string;
  readonly detector_id: string;
  readonly organisation_code: string;
  readonly params: string;
  readonly from: string;
  readonly to: string;
}

export interface ReplayService {
  /** Waits for the batch under way, then stops, and closes the client. */
  close(): Promise<void>;
}

/** Starts to carry out requests. */
export function startReplayService(client: SqlClient, clock: Clock, log: Logger): ReplayService {
  const pause = pauses();
  let is_closing = false;
  const loop = (async () => {
    while (!is_closing) {
      try {
        await carryOutNext(client, clock, () => is_closing);
        await pause.wait(rest_ms);
      } catch (error) {
        log.error(
          { code: isCoded(error) ? error.code : '', message: messageOf(error) },
          'a replay was not carried out',
        );
        await pause.wait(retry_ms);
      }
    }
  })();
  return {
    async close() {
      is_closing = true;
      pause.end();
      await loop;
      await client.close();
    },
  };
}

/** Carries out the oldest open request, if there is one. One that is cut short is begun anew at the next start. */
export async function carryOutNext(
  client: SqlClient,
  clock: Clock,
  isClosing: () => boolean = () => false,
): Promise<boolean> {
  const [request] = await client.rows<Request>(
    loadStatement('analytics/replay/queries/next_request.sql'),
  );
  if (!request) return false;
  const tell = (state: string, counts: Partial<ReplayCounts>, message = '') =>
    client.insert('replay_results', [
      { request_id: request.request_id, state, at: clock.now(), ...counts, message },
    ]);
  const kept: ReplayedAlert[] = [];
  try {
    const counts = await replay(client, requestOf(request), async (alerts, so_far) => {
      if (isClosing()) throw new ClosedError();
      for (const one of alerts) {
        const same = kept.filter(({ change }) => change === one.change).length;
        if (same < kept_alerts_max) kept.push(one);
      }
      await tell('running', so_far);
    });
    // The alerts first: a request that is done has them.
    await client.insert('replay_alerts', kept.map(rowOf(request.request_id)));
    await tell('done', counts);
  } catch (error) {
    if (error instanceof ClosedError) return false;
    await tell('failed', {}, isCoded(error) ? `${error.code}: ${error.message}` : 'It failed.');
  }
  return true;
}

/** The service stops: nothing is wrong with the request. */
class ClosedError extends Error {}

function requestOf({ detector_id, organisation_code, params, from, to }: Request) {
  return {
    detector: findDetector(detector_id),
    organisation_code,
    params: JSON.parse(params) as Record<string, number | string>,
    from,
    to,
  };
}

function rowOf(request_id: string) {
  return ({ change, alert, finding }: ReplayedAlert) => ({
    request_id,
    change,
    alert_id: alert.alert_id,
    detector_id: alert.detector_id,
    organisation_code: alert.organisation_code,
    day: alert.day,
    score: alert.score,
    reason: alert.reason,
    finding,
  });
}
