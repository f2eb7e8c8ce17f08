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
import { detectorsFailed } from './errors.ts';
import { deleteOldBuilds } from './old-builds.ts';
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
  /** Waits for the cycle under way, then stops. */
  close(): Promise<void>;
}

/** How often the ledger is looked at; with a cycle of some 0.3 s, an event is judged well within 2 s. */
const poll_ms = 300;
/** After a failed cycle: the engine may be away, and hammering it helps nobody. */
const retry_ms = 5_000;
const clean_up_schedule = '7,22,37,52 * * * *';

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

  const scheduled = detectors.filter(({ mode }) => mode === 'scheduled');
  // All of them at the start: that is the catching up after downtime.
  const awaited = new Set(scheduled.map(({ id }) => id));
  let is_cleaning_due = true;
  let has_resting_days = true;
  let is_closing = false;
  const pause = pauses();

  const crons = scheduled.map(
    ({ id, schedule }) =>
      new Cron(schedule ?? '', { timezone: 'Europe/London' }, () => {
        awaited.add(id);
      }),
  );
  crons.push(
    new Cron(clean_up_schedule, { timezone: 'Europe/London' }, () => {
      is_cleaning_due = true;
    }),
  );

  async function work(): Promise<void> {
    if (!has_resting_days && awaited.size === 0 && !(await hasNewLoads(client))) return;
    const now_awaited = [...awaited];
    const cycle = await takeTurn(() =>
      runCycle(
        { client, clock, on_progress: options.on_progress },
        {
          is_settling: false,
          judges: ({ id, mode }) => mode === 'live' || now_awaited.includes(id),
        },
      ),
    );
    for (const id of now_awaited) awaited.delete(id);
    has_resting_days = cycle.resting_days > 0;
    logCycle(log, cycle);
    if (is_cleaning_due) {
      is_cleaning_due = false;
      await takeTurn(() => deleteOldBuilds(client, clock));
    }
  }

  const loop = (async () => {
    while (!is_closing) {
      const started = performance.now();
      let wait_ms: number;
      try {
        await work();
        // A cycle that takes long leaves the engine as long to others.
        wait_ms = Math.max(poll_ms, Math.min(1_000, performance.now() - started));
      } catch (error) {
        wait_ms = retry_ms;
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
      const cycle = await takeTurn(() =>
        settle({ client, clock, on_progress: on_progress ?? options.on_progress }),
      );
      logCycle(log, cycle);
    },
    async close() {
      is_closing = true;
      for (const cron of crons) cron.stop();
      pause.end();
      await loop;
      await client.close();
    },
  };
}

/** Cycles until nothing is left to build or to judge. */
async function settle(context: Parameters<typeof runCycle>[0]): Promise<CycleSummary> {
  for (;;) {
    const cycle = await runCycle(context, { is_settling: true, judges: () => true });
    const failed = cycle.detectors
      .filter(({ status }) => status === 'failed')
      .map(({ detector_id }) => detector_id);
    if (failed.length > 0) throw detectorsFailed(failed);
    if (cycle.built_days === 0 && cycle.detectors.length === 0) return cycle;
  }
}

async function hasNewLoads(client: SqlClient): Promise<boolean> {
  const [at] = await client.rows<{ marked: string; committed: string }>(
    loadStatement('analytics/queries/loads_since_mark.sql'),
  );
  return Number(at?.committed ?? 0) > Number(at?.marked ?? 0);
}

function logCycle(log: Logger, cycle: CycleSummary): void {
  const failed = cycle.detectors.filter(({ status }) => status === 'failed');
  if (failed.length > 0) log.error({ failed }, 'detectors failed');
  if (cycle.built_days > 0 || cycle.detectors.length > 0) log.info(cycle, 'cycle');
}

/** Waiting that can be cut short, so that closing need not wait for it. */
function pauses() {
  let wake: () => void = () => undefined;
  let has_ended = false;
  return {
    async wait(ms: number): Promise<void> {
      if (has_ended) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    end(): void {
      has_ended = true;
      wake();
    },
  };
}
