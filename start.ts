/** The process: reads the environment, holds the data directory, and runs the services or one command. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { detectCommand } from './analytics/detect-command.ts';
import { startAnalytics } from './analytics/service.ts';
import { ensureBuilt } from './dashboard/build.ts';
import { startDashboard } from './dashboard/service.ts';
import { firstEventLines } from './ingest/first-event.ts';
import { fsckCommand } from './ingest/fsck-command.ts';
import { loadCommand } from './ingest/load-command.ts';
import { rerunCommand } from './ingest/rerun-command.ts';
import { startIngest } from './ingest/service.ts';
import { isTrial, tryMapping, withMappingText } from './ingest/mapping-command.ts';
import { sourceCommand, withCertificateHash } from './ingest/source-command.ts';
import { syslogSettings, syslog_variables } from './ingest/syslog/settings.ts';
import { ensureLocalSource } from './ingest/sources.ts';
import { openEngine, type Engine } from './sql/client.ts';
import { system_clock } from './sql/clock.ts';
import { startControl, type Command, type CommandOutput } from './sql/control.ts';
import { findControl, sendCommand } from './sql/control-client.ts';
import { holdDataDirectory } from './sql/data-directory.ts';
import {
  flag,
  list,
  oneOf,
  optional_url,
  parseEnvironment,
  port,
  someOf,
  text,
} from './sql/environment.ts';
import { CodedError, isCoded, messageOf } from './sql/errors.ts';
import { createLogger, type Logger } from './sql/log.ts';
import { migrate } from './sql/migrate.ts';
import { sealCommand } from './sql/seals/seal-command.ts';
import { startOwnAuditSeals } from './sql/seals/seal-own-audit.ts';
import { verifyCommand } from './sql/seals/verify-command.ts';
import { auditedCommand } from './sql/own-audit.ts';
import { sqlCommand } from './sql/sql-command.ts';
import type { WriteWatchEvent } from './sql/write-watch.ts';

const variables = {
  DATA_DIR: text('./data'),
  CLICKHOUSE_URL: optional_url,
  SERVICES: someOf(['ingest', 'analytics', 'dashboard']),
  HOST: text('127.0.0.1'),
  PORT: port(3000),
  ALLOWED_HOSTS: list,
  INGEST_HOST: text('127.0.0.1'),
  INGEST_PORT: port(3001),
  ...syslog_variables,
  DEMO: flag,
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
};

/** The environment, parsed. */
export type Config = ReturnType<typeof readConfig>;

/** Reads the environment; what is wrong stops the process with the variable's name. */
export function readConfig(environment: Record<string, string | undefined>) {
  const config = parseEnvironment(variables, environment);
  return { ...config, DATA_DIR: resolve(config.DATA_DIR) };
}

/** Everything that runs in this process. */
export interface Running {
  readonly engine: Engine;
  readonly ingest: Awaited<ReturnType<typeof startIngest>> | undefined;
  readonly analytics: Awaited<ReturnType<typeof startAnalytics>> | undefined;
  readonly dashboard: Awaited<ReturnType<typeof startDashboard>> | undefined;
  /** Stops the services in the order of an event's way, then the engine; safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the services of `config`, each with clients of its own.
 *
 * @param say where a line for the person at the terminal goes
 */
export async function serve(
  config: Config,
  log: Logger,
  say: (line: string) => void,
): Promise<Running> {
  const wants = (service: Config['SERVICES'][number]) => config.SERVICES.includes(service);
  const clock = system_clock;
  const stops: (() => unknown)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll(stops, log));
  try {
    const directory = holdDataDirectory(config.DATA_DIR);
    stops.push(() => directory.release());
    if (wants('dashboard')) await ensureBuilt({ say });
    const engine = await openEngine({
      path: join(directory.path, 'clickhouse'),
      url: config.CLICKHOUSE_URL,
      clock,
      tell: (event) => tellOfDisk(log, event),
    });
    stops.push(() => engine.close());
    const client = await engine.client('start');
    const ran = await migrate(client, clock);
    if (ran.length > 0) {
      await engine.sync();
      log.info({ migrations: ran.length }, 'database brought up to date');
    }

    const control = await startControl({
      data_dir: directory.path,
      log,
      commands: await commandsOn(engine, directory.path, log),
    });
    stops.push(() => control.close());

    let ingest: Running['ingest'];
    if (wants('ingest')) {
      const syslog = syslogSettings(config);
      await ensureLocalSource({
        client,
        clock,
        data_dir: directory.path,
        host: config.INGEST_HOST,
      });
      const started = await startIngest({
        engine,
        data_dir: directory.path,
        host: config.INGEST_HOST,
        port: config.INGEST_PORT,
        clock,
        log: log.child({ service: 'ingest' }),
        ...(syslog && { syslog }),
      });
      stops.push(() => started.close());
      ingest = started;
      const audit_seals = startOwnAuditSeals({
        client: await engine.client('own-audit-seals'),
        clock,
        data_dir: directory.path,
        log: log.child({ service: 'seals' }),
      });
      stops.push(() => audit_seals.close());
    }
    let analytics: Running['analytics'];
    if (wants('analytics')) {
      const started = await startAnalytics({
        engine,
        clock,
        log: log.child({ service: 'analytics' }),
      });
      stops.push(() => started.close());
      analytics = started;
    }
    let dashboard: Running['dashboard'];
    if (wants('dashboard')) {
      const started = await startDashboard({
        engine,
        data_dir: directory.path,
        host: config.HOST,
        port: config.PORT,
        clock,
        log: log.child({ service: 'dashboard' }),
        is_demo: config.DEMO,
        allowed_hosts: config.ALLOWED_HOSTS,
        ingest_address: ingest?.address ?? `http://${config.INGEST_HOST}:${config.INGEST_PORT}`,
      });
      stops.push(() => started.close());
      dashboard = started;
    }
    return { engine, ingest, analytics, dashboard, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whoever keeps the machine has to know that its disk is too full, and that nothing was lost by it, or what was. */
function tellOfDisk(log: Logger, { code, ...more }: WriteWatchEvent): void {
  if (code === 'ENGINE_WRITE_FAILED')
    log.error(
      { code, ...more },
      'the disk did not take all that ClickHouse wrote: make room on it',
    );
  else if (code === 'ENGINE_MENDING')
    log.error({ code, ...more }, 'the tables could not be read anew; it is tried again');
  else if (more.parts?.lost)
    log.error({ code, ...more }, 'parts of tables are lost: npm run verify names the loads');
  else
    log.warn({ code, ...more }, 'the tables are whole again; what was not stored is loaded again');
}

async function stopAll(stops: (() => unknown)[], log: Logger): Promise<void> {
  for (const stop of stops.reverse()) {
    try {
      await stop();
    } catch (error) {
      // The others must still stop; the exit status says that one did not.
      log.error({ code: isCoded(error) ? error.code : 'STOP_FAILED' }, messageOf(error));
      process.exitCode = 1;
    }
  }
}

/** The commands that need the data, each on a client of its own. */
async function commandsOn(
  engine: Engine,
  data_dir: string,
  log: Logger,
): Promise<Record<string, Command>> {
  const fsck_client = engine.client('fsck');
  return {
    sql: sqlCommand(await engine.client('sql'), system_clock),
    verify: verifyCommand(await engine.client('verify'), system_clock, data_dir),
    seal: sealCommand({ client: await engine.client('seal'), clock: system_clock, data_dir, log }),
    detect: detectCommand(await engine.client('detect'), system_clock),
    source: await sources(engine, data_dir),
    rerun: await reruns(engine),
    // Not written into the own audit: it shows nobody's data, and has to work while the database does not.
    fsck: fsckCommand(data_dir, system_clock, () => fsck_client),
  };
}

async function sources(engine: Engine, data_dir: string): Promise<Command> {
  const client = await engine.client('source');
  const command = sourceCommand(client, system_clock, data_dir);
  return auditedCommand(client, system_clock, 'npm run source', command);
}

async function reruns(engine: Engine): Promise<Command> {
  const client = await engine.client('rerun');
  return auditedCommand(client, system_clock, 'npm run rerun', rerunCommand(client, system_clock));
}

/** The files that are named to `verify` and `seal`, from here: the process that reads them may stand elsewhere. */
function withWholePaths(name: string, args: readonly string[]): readonly string[] {
  const is_path = (index: number) =>
    (name === 'verify' && args[index - 1] === '--witness') ||
    (name === 'seal' && args[0] === 'consistency' && index === 1);
  return args.map((arg, index) => (is_path(index) ? resolve(arg) : arg));
}

/** Carries out a command: by the process that holds the data directory, or here where none does. */
async function runCommand(name: string, args: readonly string[], config: Config): Promise<number> {
  const to: CommandOutput = {
    progress: (line) => void process.stderr.write(`${line}\n`),
    output: (output) =>
      void process.stdout.write(output.endsWith('\n') || output === '' ? output : `${output}\n`),
  };
  if (name !== 'source') return carryOut(name, withWholePaths(name, args), config, to);
  if (!isTrial(args)) return carryOut(name, withMappingText(withCertificateHash(args)), config, to);
  const ask = async (asked: readonly string[]) => {
    let answer = '';
    await carryOut(name, asked, config, { ...to, output: (text) => void (answer += text) });
    return answer;
  };
  return tryMapping(args, ask, system_clock, to);
}

async function carryOut(
  name: string,
  args: readonly string[],
  config: Config,
  to: CommandOutput,
): Promise<number> {
  if (name === 'load')
    return loadCommand(args, { data_dir: config.DATA_DIR, ingest_port: config.INGEST_PORT }, to);
  const control = findControl(config.DATA_DIR);
  if (control) return sendCommand(control, name, args, to);
  if (name === 'fsck') return fsckWithoutServer(args, config, to);
  if (config.CLICKHOUSE_URL === undefined && !existsSync(join(config.DATA_DIR, 'clickhouse'))) {
    throw new CodedError(
      'DATA_DIRECTORY_EMPTY',
      `There is no data in ${config.DATA_DIR} (DATA_DIR). Begin with npm start.`,
    );
  }
  const directory = holdDataDirectory(config.DATA_DIR);
  try {
    const engine = await openEngine({
      path: join(directory.path, 'clickhouse'),
      url: config.CLICKHOUSE_URL,
    });
    try {
      await migrate(await engine.client('start'), system_clock);
      const command = (await commandsOn(engine, directory.path, createLogger('error')))[name];
      if (!command) throw new CodedError('USAGE', `There is no command ${name}.`);
      return name === 'rerun'
        ? await withIngest(engine, directory.path, () => command(args, to))
        : await command(args, to);
    } finally {
      await engine.close();
    }
  } finally {
    directory.release();
  }
}

/** What is run again takes the way of what is sent: ingest runs for as long as it takes, on a free port of this machine. */
async function withIngest<T>(engine: Engine, data_dir: string, work: () => Promise<T>): Promise<T> {
  const ingest = await startIngest({
    engine,
    data_dir,
    host: '127.0.0.1',
    port: 0,
    clock: system_clock,
    log: createLogger('warn'),
  });
  try {
    return await work();
  } finally {
    await ingest.close();
  }
}

/** Inspects the spool of a directory that no process holds; a database that is away or broken is no hindrance. */
async function fsckWithoutServer(
  args: readonly string[],
  config: Config,
  to: CommandOutput,
): Promise<number> {
  if (!existsSync(config.DATA_DIR)) {
    throw new CodedError(
      'DATA_DIRECTORY_EMPTY',
      `There is no data in ${config.DATA_DIR} (DATA_DIR). Begin with npm start.`,
    );
  }
  const directory = holdDataDirectory(config.DATA_DIR);
  let engine: Engine | undefined;
  const ledger = async () => {
    const path = join(directory.path, 'clickhouse');
    if (config.CLICKHOUSE_URL === undefined && !existsSync(path))
      throw new CodedError('DATABASE_MISSING', 'There is no database in the data directory.');
    engine ??= await openEngine({ path, url: config.CLICKHOUSE_URL });
    return engine.client('fsck');
  };
  try {
    return await fsckCommand(directory.path, system_clock, ledger)(args, to);
  } finally {
    await engine?.close();
    directory.release();
  }
}

async function main(): Promise<void> {
  const [name, ...args] = process.argv.slice(2);
  try {
    const config = readConfig(process.env);
    if (name !== undefined) {
      process.exitCode = await runCommand(name, args, config);
      return;
    }
    const log = createLogger(config.LOG_LEVEL);
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    let is_stopping = false;
    const starting = serve(config, log, say);
    const started = starting.then(async (running) => {
      if (!is_stopping) await welcome(running, config, say);
    });
    // From the first moment on: the front door answers before the last service has started. The engine is let go when
    // nothing is asked of it any more, the welcome's question included.
    stopOnSignals({
      async stop() {
        is_stopping = true;
        await started.catch(() => {});
        await (await starting).stop();
      },
    });
    await started;
  } catch (error) {
    reportFailure(error);
  }
}

/** Stops in order on SIGTERM and SIGINT; a second signal stops at once, as a kill does where the engine is embedded. */
export function stopOnSignals(running: Pick<Running, 'stop'>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      // The engine keeps threads of its own; without an exit they would keep the process.
      running.stop().then(() => process.exit(), reportFailure);
    });
  }
}

/** One sentence and a code on standard error, and exit status 1. */
export function reportFailure(error: unknown): void {
  const code = isCoded(error) ? error.code : 'INTERNAL';
  const detail = (error as { engine_message?: string } | undefined)?.engine_message;
  const unexpected = isCoded(error) ? '' : `\n${error instanceof Error ? (error.stack ?? '') : ''}`;
  process.stderr.write(`${code}: ${messageOf(error)}${detail ? ` ${detail}` : ''}${unexpected}\n`);
  process.exit(1);
}

async function welcome(
  running: Running,
  config: Config,
  say: (line: string) => void,
): Promise<void> {
  const { ingest, dashboard } = running;
  if (dashboard) {
    say(`\nDashboard  ${dashboard.address}`);
    const link = dashboard.createAdministratorLink();
    if (link === null)
      say('Bound beyond this machine, it gives no administrator link: unset HOST.');
    else say(`Sign in as administrator, once, within 15 minutes:\n  ${link}`);
  }
  if (ingest) {
    say(`Ingest     ${ingest.address}   (API page: ${ingest.address}/docs)`);
    const client = await running.engine.client('welcome');
    const where = dashboard ? ' (it is on the feeds page within 5 seconds)' : '';
    const options = {
      address: ingest.address,
      data_dir: config.DATA_DIR,
      clock: system_clock,
      where,
    };
    for (const line of await firstEventLines(client, options)) say(line);
  }
  say('\nStop with Ctrl-C.');
}

if (import.meta.main) await main();
