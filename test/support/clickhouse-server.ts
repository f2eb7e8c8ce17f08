/** A real ClickHouse server for tests: a few lines of C hand libchdb its command line, and it listens. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ClickHouseServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Whether this machine has a C compiler and the engine's library. Without, the suites on a server are skipped. */
export function canRunServer(): boolean {
  if (libraryPath() === undefined) return false;
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(
      'No C compiler (cc) here: the suites on a ClickHouse server are skipped.\n',
    );
    return false;
  }
}

/**
 * Starts a server on loopback with its data in `path`, and returns once it answers. It is a child of this process
 * and ends with it.
 */
export async function startClickHouseServer(path: string): Promise<ClickHouseServer> {
  const program = buildProgram();
  mkdirSync(path, { recursive: true });
  const [http, tcp] = [await freePort(), await freePort()];
  // The query never ends by itself, and the server listens as long as it runs.
  const forever = [
    'SYSTEM START LISTEN HTTP',
    'SYSTEM START LISTEN TCP',
    'SELECT sleepEachRow(1) FROM system.numbers SETTINGS max_block_size = 1 FORMAT Null',
  ].join('; ');
  const child = spawn(
    program,
    [
      '--path',
      path,
      '--listen_host',
      '127.0.0.1',
      '--http_port',
      `${http}`,
      '--tcp_port',
      `${tcp}`,
      '--query',
      forever,
    ],
    { stdio: 'ignore', cwd: path },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const url = `http://127.0.0.1:${http}`;
  await answers(url, () => child.exitCode !== null);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      process.off('exit', killWithUs);
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function libraryPath(): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    const package_json = require.resolve(
      `@chdb/lib-${process.platform}-${process.arch}-gnu/package.json`,
    );
    const library = join(dirname(package_json), 'libchdb.so');
    return existsSync(library) ? library : undefined;
  } catch {
    return undefined;
  }
}

const source = `int chdb_query_cmdline(int argc, char **argv);
int main(int argc, char **argv) { return chdb_query_cmdline(argc, argv); }
`;

function buildProgram(): string {
  const library = libraryPath();
  if (library === undefined)
    throw new Error('The embedded engine has no library for this machine.');
  const key = createHash('sha256').update(library).update(source).digest('hex').slice(0, 12);
  const program = join(tmpdir(), `access-audit-clickhouse-${key}`);
  if (existsSync(program)) return program;
  // Built under another name and moved, since several test processes may build it at once.
  const building = `${program}-${process.pid}`;
  writeFileSync(`${building}.c`, source);
  execFileSync('cc', [`${building}.c`, library, `-Wl,-rpath,${dirname(library)}`, '-o', building]);
  renameSync(building, program);
  return program;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

async function answers(url: string, has_ended: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (has_ended()) throw new Error('The ClickHouse server ended before it answered.');
    const ok = await fetch(`${url}/ping`)
      .then((answer) => answer.ok)
      .catch(() => false);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The ClickHouse server did not answer within 20 s.');
}
