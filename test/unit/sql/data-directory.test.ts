import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holdDataDirectory, holderOf } from '../../../sql/data-directory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'access-audit-directory-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('is held by one, who is named to the second', () => {
  const held = holdDataDirectory(directory);
  expect(() => holdDataDirectory(directory)).toThrow(new RegExp(`held by process ${process.pid}`));
  held.release();
  holdDataDirectory(directory).release();
});

it('is taken over from a process that was killed, whose id another process may have now', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
  const lock = { format: 1, pid: child.pid, started: 'long before' };
  writeFileSync(join(directory, 'process.lock'), JSON.stringify(lock));
  expect(holderOf(directory)).toBeUndefined();
  holdDataDirectory(directory).release();
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
});

it('is taken over where the lock was cut short by a crash', () => {
  writeFileSync(join(directory, 'process.lock'), '{"pid":');
  holdDataDirectory(directory).release();
});
