/** `npm run demo`: a simulated exchange on a fresh directory, judged, and everything up with sign-in links. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAnalytics } from '../../analytics/service.ts';
import { loadDirectory } from '../../ingest/load-command.ts';
import { addSource } from '../../ingest/sources.ts';
import { system_clock, addDays, localDay } from '../../sql/clock.ts';
import { CodedError } from '../../sql/errors.ts';
import { createLogger, type Logger } from '../../sql/log.ts';
import { readConfig, reportFailure, serve, stopOnSignals, type Running } from '../../start.ts';
import { directoriesOf } from '../support/judged-exchange.ts';
import { writeExchange } from '../support/write-exchange.ts';

const staff = 1500;
const days = 90;
const seed = 1;
const marker = 'demo.json';

async function main(): Promise<void> {
  const config = readConfig({
    DATA_DIR: './data-demo',
    LOG_LEVEL: 'warn',
    ...process.env,
    DEMO: '1',
  });
  const data_dir = freshDirectory(config.DATA_DIR);
  const exchange = join(data_dir, 'exchange');
  const step = stepper();

  step(`Simulating an exchange: ${staff} staff, ${days} days`);
  const ends_on = addDays(localDay(system_clock.now()), -1);
  await writeExchange({ staff, days, seed, ends_on, out: exchange, progress });

  step('Starting ClickHouse, ingest and dashboard');
  const log = createLogger(config.LOG_LEVEL);
  // Analytics starts once the events are in: judging days while their events still come would do the work twice.
  const running = await serve({ ...config, SERVICES: ['ingest', 'dashboard'] }, log, progress);
  stopOnSignals(running);
  try {
    await fill(running, data_dir, log, step);
  } catch (error) {
    // The engine crashes when its process exits while it is open.
    await running.stop();
    throw error;
  }
}

/** Loads the exchange, judges it, and says where to look. */
async function fill(
  running: Running,
  data_dir: string,
  log: Logger,
  step: ReturnType<typeof stepper>,
): Promise<void> {
  const { ingest, dashboard } = running;
  if (!ingest || !dashboard) throw new CodedError('DEMO_FAILED', 'A service did not start.');

  step('Loading what the exchange sent');
  const say = sparingly(progress);
  const client = await running.engine.client('demo');
  const { key } = await addSource(client, system_clock, {
    source: 'simulated-exchange',
    is_simulated: true,
    data_dir,
    changed_by: 'npm run demo',
  });
  // The earlier extract of the register comes first, so that those who moved since are known to have moved.
  for (const dir of directoriesOf(join(data_dir, 'exchange'))) {
    const totals = await loadDirectory({ dir, url: ingest.address, key, progress: say });
    if (totals.sent === 0) continue;
    progress(
      `${totals.stored.toLocaleString('en-GB')} rows stored, ${totals.duplicates} sent twice`,
    );
  }

  step('Rolling up days and running detectors');
  const analytics = await startAnalytics({
    engine: running.engine,
    clock: system_clock,
    log,
    on_progress: say,
  });
  const stop = running.stop;
  Object.assign(running, { stop: () => analytics.close().then(stop) });
  await analytics.settled(say);

  process.stdout.write(`\nDashboard  ${dashboard.address}\n\nSign in as one of four people:\n`);
  for (const { label, url } of await dashboard.demoLinks()) {
    process.stdout.write(`  ${label.padEnd(28)} ${url}\n`);
  }
  process.stdout.write(`\nReady after ${step()} s. Stop with Ctrl-C; npm run demo begins anew.\n`);
}

/** An empty directory for the demo. One that an earlier demo left is replaced; any other is left alone. */
function freshDirectory(path: string): string {
  if (existsSync(path) && readdirSync(path).length > 0) {
    if (!existsSync(join(path, marker))) {
      throw new CodedError(
        'DEMO_DIRECTORY_IN_USE',
        `${path} holds data that is no demo's. Set DATA_DIR to a new directory.`,
      );
    }
    rmSync(path, { recursive: true });
  }
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, marker), `${JSON.stringify({ format: 1, staff, days, seed })}\n`);
  return path;
}

function progress(line: string): void {
  process.stderr.write(`    ${line}\n`);
}

/** Says a line at most every three seconds: there are many files, and some forty detectors. */
function sparingly(say: (line: string) => void): (line: string) => void {
  let said = -Infinity;
  return (line) => {
    if (performance.now() - said < 3000) return;
    said = performance.now();
    say(line);
  };
}

/** Names a step and the seconds since the start; without a name, the seconds alone. */
function stepper(): (name?: string) => number {
  const started = performance.now();
  return (name) => {
    const seconds = Math.round((performance.now() - started) / 1000);
    if (name !== undefined) process.stderr.write(`[${String(seconds).padStart(3)} s] ${name}\n`);
    return seconds;
  };
}

try {
  await main();
} catch (error) {
  reportFailure(error);
}
