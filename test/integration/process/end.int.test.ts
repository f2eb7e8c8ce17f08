import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../../sql/client.ts';
import { parseStatement, project_root } from '../../../sql/statement.ts';
import { statements, stored_rows } from '../../support/ending-process.ts';

// The embedded engine's threads crash on what an exit destroys, if it is open then: not each time, hence several.
const times = 4;

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'access-audit-end-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

it('exits as it wants to once the engine is closed, whatever was under way on it', async () => {
  for (let time = 0; time < times; time++) {
    const ended = await end(join(path, String(time)), 'close');
    expect(ended).toMatchObject({ status: 0, signal: null, errors: '' });
    // Every call has its answer by then: stored, or cancelled.
    const answers = ended.output.replace('at work\n', '').trim().split(' ');
    expect(answers).toHaveLength(statements);
    expect(answers.filter((answer) => !['stored', 'QUERY_FAILED'].includes(answer))).toEqual([]);
  }
});

it('is killed, and loses nothing, where it exits with the engine open', async () => {
  for (let time = 0; time < times; time++) {
    const directory = join(path, String(time));
    const ended = await end(directory, 'exit');
    expect(ended).toEqual({ status: null, signal: 'SIGKILL', output: 'at work\n', errors: '' });
    const engine = await openEngine({ path: directory });
    try {
      const client = await engine.client('test');
      const count = parseStatement('count', 'SELECT toUInt32(count()) AS rows FROM stored');
      expect(await client.rows(count)).toEqual([{ rows: stored_rows }]);
    } finally {
      await engine.close();
    }
  }
});

it('cancels what nobody waits for any more, and refuses what is asked from then on', async () => {
  const engine = await openEngine({ path });
  const client = await engine.client('test');
  const endless = parseStatement('endless', 'SELECT count() AS n FROM numbers({rows:UInt64})');
  const ask = () => client.rows(endless, { rows: 10 ** 15 }, { limits: 'analysis' });
  // The second waits for its turn: statements with parameters run one after the other.
  const asked = [ask(), ask()].map((answer) =>
    expect(answer).rejects.toMatchObject({ engine_type: 'QUERY_WAS_CANCELLED' }),
  );
  const closed = engine.close();
  await expect(ask()).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  await expect(engine.client('late')).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  await Promise.all([...asked, closed]);
});

async function end(directory: string, ending: 'close' | 'exit') {
  const script = join(project_root, 'test/support/ending-process.ts');
  const child = spawn(process.execPath, [script, directory, ending], { stdio: 'pipe' });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise<{
    status: number | null;
    signal: string | null;
    output: string;
    errors: string;
  }>((resolve) =>
    child.once('close', (status, signal) => resolve({ status, signal, output, errors })),
  );
}
