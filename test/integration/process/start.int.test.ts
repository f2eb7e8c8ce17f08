import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startProcess, type StartedProcess } from '../../support/process.ts';

const shell = promisify(execFile);

describe('npm start', () => {
  let data_dir: string;
  let running: StartedProcess;
  let environment: Record<string, string>;

  beforeAll(async () => {
    data_dir = await mkdtemp(join(tmpdir(), 'access-audit-start-'));
    environment = {
      DATA_DIR: data_dir,
      INGEST_PORT: '0',
      SERVICES: 'ingest,analytics',
      LOG_LEVEL: 'warn',
    };
    running = startProcess(environment);
    await running.printed(/Stop with Ctrl-C/);
  }, 120_000);
  afterAll(async () => {
    await running.kill();
    await rm(data_dir, { recursive: true, force: true });
  });

  it('tells on an empty directory how to send a first event, in a line that works as printed', async () => {
    const [line] = await running.printed(/^curl [\s\S]*?}'$/m);
    const { stdout } = await shell('bash', ['-c', line]);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 1, rejected_count: 0 });
    expect(await sql('SELECT count() FROM access_events')).toBe('1\n');
  });

  it('rolls the event up by itself', async () => {
    await expect
      .poll(() => sql('SELECT count() FROM accesses'), { timeout: 60_000, interval: 250 })
      .toBe('1\n');
  });

  it('keeps its key and its control token where only the owner reads them', () => {
    for (const name of ['local.key', 'control.json']) {
      expect(statSync(join(data_dir, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('tells a second process on the same directory which one holds it', async () => {
    const second = await runCommand({ ...environment }, []);
    expect(second.status).toBe(1);
    expect(second.errors).toMatch(
      new RegExp(`^DATA_DIRECTORY_HELD: .*process ${running.child.pid}`, 'm'),
    );
  });

  it('carries out npm run sql for the command line, and passes on its refusals', async () => {
    expect(await sql("SELECT 'rows alone'")).toBe('rows alone\n');
    for (const [statement, code] of [
      ['SELECT 1; SELECT 2', 'SQL_MULTIPLE'],
      ['INSERT INTO access_events (source) SELECT 1', 'SQL_NOT_A_READ'],
      ["SELECT * FROM file('/etc/passwd', 'LineAsString')", 'SQL_REACHES_OUTSIDE'],
    ] as const) {
      const refused = await runCommand({ DATA_DIR: data_dir }, ['sql', statement]);
      expect(refused).toMatchObject({ status: 1, output: '' });
      expect(refused.errors).toMatch(new RegExp(`^${code}: `, 'm'));
    }
  });

  it('refuses the control endpoint without its token, and from a page of another origin', async () => {
    const control = JSON.parse(readFileSync(join(data_dir, 'control.json'), 'utf8')) as {
      port: number;
      token: string;
    };
    const url = `http://127.0.0.1:${control.port}/control`;
    const body = JSON.stringify({ command: 'sql', args: ['SELECT 1'] });
    expect((await fetch(url, { method: 'POST', body })).status).toBe(401);
    const headers = { authorization: `Bearer ${control.token}`, origin: 'https://example.org' };
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(403);
  });

  it('makes a further source, whose key sends, and ends the local one', async () => {
    const added = await runCommand({ DATA_DIR: data_dir }, ['source', 'add', 'exchange']);
    expect(added.status).toBe(0);
    const listed = await runCommand({ DATA_DIR: data_dir }, ['source', 'list']);
    expect(listed.output).toMatch(/exchange/);
  });

  it('stops in order when told to, and starts again with everything there', async () => {
    expect(await running.kill('SIGTERM')).toBe(0);
    running = startProcess(environment);
    await running.printed(/Stop with Ctrl-C/);
    expect(await sql('SELECT count() FROM access_events')).toBe('1\n');
    expect(running.output()).not.toMatch(/There are no events yet/);
  });

  async function sql(statement: string): Promise<string> {
    const result = await runCommand({ DATA_DIR: data_dir }, ['sql', statement]);
    if (result.status !== 0) throw new Error(result.errors);
    return result.output;
  }
});

describe('npm start, with what it cannot use', () => {
  it('names an environment value that it does not know', async () => {
    const result = await runCommand({ SERVICES: 'ingest,mail', PORT: 'http' }, []);
    expect(result.status).toBe(1);
    expect(result.errors).toMatch(/^CONFIG_INVALID: .*SERVICES.*PORT/);
  });

  it('says which port is in use, and what to set', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as { port: number };
    const data_dir = await mkdtemp(join(tmpdir(), 'access-audit-port-'));
    const result = await runCommand(
      { DATA_DIR: data_dir, INGEST_PORT: `${port}`, SERVICES: 'ingest' },
      [],
    );
    expect(result.status).toBe(1);
    expect(result.errors).toMatch(new RegExp(`^PORT_IN_USE: .*${port}.*INGEST_PORT`, 'm'));
    blocker.close();
    await rm(data_dir, { recursive: true, force: true });
  });

  it('says how to begin when a command finds no data', async () => {
    const result = await runCommand({ DATA_DIR: join(tmpdir(), 'access-audit-no-such') }, [
      'sql',
      'SELECT 1',
    ]);
    expect(result.status).toBe(1);
    expect(result.errors).toMatch(/^DATA_DIRECTORY_EMPTY: .*npm start/);
  });
});
