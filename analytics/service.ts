/** The analytics service: watches the ledger, keeps the schedules, and runs one cycle at a time. */
import { Cron } from 'croner';
import type { Engine, SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { isCoded, messageOf } from '../sql/errors.ts';
import type { Logger } from '../sql/log.ts';
import { loadStatement } from '../sql/statement.ts';
import { publishCatalogue } from './catalogue.ts';
import { runCycle, type CycleSummary, type OnProgress } from './cycle.ts';
import { isRun, loadDetectors } from './detectors.ts';
import { loadExplanations } from './explanations.ts';
import { startFeedService } from './feed-service.ts';
import { detectorsFailed } from './errors.ts';
import { createInvariantCheck } from './invariants.ts';
import { deleteOldBuilds } from './old-builds.ts';
import { hasNewLoads } from './mark.ts';
import { pauses } from './pauses.ts';
import { startQueueService } from './ranking/service.ts';
import { startReplayService } from './replay/service.ts';
import { createRetries } from './retries.ts';
import { takeTurn } from './turn.ts';

export interface AnalyticsOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly on_progress?: OnProgress | undefined;
}

export interface Analytics {
  /**
   * Resolves once no day is dirty and every active detector has judged everything.
   *
   * @throws CodedError DETECTORS_FAILED when one of them cannot
   */
  settled(on_progress?: OnProgress): Promise<void>;
  /**
   * Stops with the statement under way. A cycle is not waited for: it may take minutes, and what it leaves is due at the
   * next start, as after a kill.
   */
  close(): Promise<void>;
}

/** How often the ledger is looked at. */
const poll_ms = 300;
/** After a failed cycle: the engine may be away, and hammering it helps nobody. */
const retry_ms = 5_000;
const clean_up_schedule = '7,22,37,52 * * * *';
const check_schedule = '41 * * * *';

/**
 * Starts the service. What is due is judged at once, whatever the clock did while it was down.
 *
 * @throws CodedError DEFINITION_INVALID when a detector or an explanation is not in its form
 */
export async function startAnalytics(options: AnalyticsOptions): Promise<Analytics> {
  const { engine, clock, log } = options;
  const detectors = loadDetectors().filter(isRun);
  loadExplanations();
  const client = await engine.client('analytics');
  await publishCatalogue(client, clock);
  const feeds = startFeedService(await engine.client('analytics-feeds', 1), log);
  const queue = startQueueService(await engine.client('analytics-queue', 1), clock, log);
  const replays = startReplayService(await engine.client('analytics-replays', 1), clock, log);

  const scheduled = detectors.filter(({ mode }) => mode === 'scheduled');
  const awaited = new Set<string>();
  const retries = createRetries();
  const check = createInvariantCheck(client, clock, log);
  // True at the start: that is the catching up after downtime. True after an exception: the mark is written before the
  // days are built and judged, so no new load would tell that they still have to be.
  let has_to_catch_up = true;
  let has_resting_days = true;
  let is_cleaning_due = true;
  let is_checking_due = true;
  let repairs: readonly string[] = [];
  // Thresholds that people set: every day is due under them, with no load to tell so.
  let params_set = await countParams(client);
  let is_closing = false;
  const pause = pauses();

  const cronOf = (schedule: string, work: () => void) =>
    new Cron(schedule, { timezone: 'Europe/London' }, work);
  const crons = scheduled.map(({ id, schedule }) => cronOf(schedule ?? '', () => awaited.add(id)));
  crons.push(cronOf(clean_up_schedule, () => (is_cleaning_due = true)));
  crons.push(cronOf(check_schedule, () => (is_checking_due = true)));

  async function work(): Promise<void> {
    for (const id of retries.due(performance.now())) awaited.add(id);
    const params_now = await countParams(client);
    if (params_now !== params_set) has_to_catch_up = true;
    params_set = params_now;
    if (
      has_to_catch_up ||
      has_resting_days ||
      awaited.size > 0 ||
      repairs.length > 0 ||
      (await hasNewLoads(client))
    ) {
      await judgeWhatIsDue();
    }
    if (is_cleaning_due) {
      await takeTurn(() => deleteOldBuilds(client, clock));
      is_cleaning_due = false;
    }
    if (is_checking_due) {
      const { differing, has_ended } = await takeTurn(() => check.step());
      repairs = differing;
      is_checking_due = !has_ended;
    }
  }

  async function judgeWhatIsDue(): Promise<void> {
    const is_catching_up = has_to_catch_up || repairs.length > 0;
    const now_awaited = new Set(awaited);
    const cycle = await takeTurn(() =>
      runCycle(
        { client, clock, on_progress: options.on_progress },
        {
          is_settling: false,
          live_every_ms: poll_ms,
          judges: ({ id, mode }) => mode === 'live' || is_catching_up || now_awaited.has(id),
          // One that fails waits for its retry.
          corrects: ({ id }) => !retries.has(id),
          repairs,
        },
      ),
    );
    has_to_catch_up = false;
    repairs = [];
    has_resting_days = cycle.resting_days > 0;
    for (const id of now_awaited) awaited.delete(id);
    const failed = failedIn(cycle);
    const judged = cycle.detectors.map(({ detector_id }) => detector_id);
    for (const id of [...now_awaited, ...judged]) {
      // A scheduled one is awaited again when its retry comes, and not at its cron only.
      if (failed.includes(id)) retries.failed(id, performance.now());
      else retries.succeeded(id);
    }
    logCycle(log, cycle);
  }

  const loop = (async () => {
    while (!is_closing) {
      const started = performance.now();
      let wait_ms: number;
      try {
        await work();
        // A cycle that takes long leaves the engine half as long to others.
        wait_ms = Math.max(poll_ms, Math.min(1_000, (performance.now() - started) / 2));
      } catch (error) {
        if (is_closing) break;
        wait_ms = retry_ms;
        has_to_catch_up = true;
        log.error(
          { code: isCoded(error) ? error.code : '', message: messageOf(error) },
          'a cycle failed',
        );
      }
      await pause.wait(wait_ms);
    }
  })();

  return {
    async settled(on_progress) {
      try {
        const cycle = await takeTurn(() =>
          settle({ client, clock, on_progress: on_progress ?? options.on_progress }),
        );
        logCycle(log, cycle);
        await feeds.settled();
        await queue.settled();
      } catch (error) {
        // It may have marked loads whose days are not built.
        has_to_catch_up = true;
        throw error;
      }
    },
    async close() {
      is_closing = true;
      for (const cron of crons) cron.stop();
      pause.end();
      await Promise.all([client.close(), loop, feeds.close(), queue.close(), replays.close()]);
    },
  };
}

/** Cycles until nothing is left to build or to judge. */
async function settle(context: Parameters<typeof runCycle>[0]): Promise<CycleSummary> {
  for (;;) {
    const cycle = await runCycle(context, { is_settling: true, judges: () => true });
    const failed = failedIn(cycle);
    if (failed.length > 0) throw detectorsFailed(failed);
    if (cycle.built_days === 0 && cycle.detectors.length === 0) return cycle;
  }
}

function failedIn(cycle: CycleSummary): string[] {
  return cycle.detectors
    .filter(({ status }) => status === 'failed')
    .map(({ detector_id }) => detector_id);
}

async function countParams(client: SqlClient): Promise<number> {
  const [set] = await client.rows<{ rows: number }>(
    loadStatement('analytics/queries/params_count.sql'),
  );
  return set?.rows ?? 0;
}

function logCycle(log: Logger, cycle: CycleSummary): void {
  const failed = cycle.detectors.filter(({ status }) => status === 'failed');
  if (failed.length > 0) log.error({ failed }, 'detectors failed');
  if (cycle.built_days > 0 || cycle.detectors.length > 0) log.info(cycle, 'cycle');
}
