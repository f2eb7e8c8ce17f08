/** Builds the dashboard when it is stale, in a process of its own, before anything of it is loaded. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '#sql/errors.ts';
import { project_root } from '#sql/statement.ts';

const dashboard = join(project_root, 'dashboard');
export const build_folder = join(dashboard, 'build');
const stamp = join(build_folder, '.built-from');

/** Where progress is told, one line a call. */
export type Progress = (line: string) => void;

/**
 * Makes sure that `dashboard/build` is what the sources say. Does nothing when it is; takes some ten seconds when not.
 *
 * A child process builds, since the bundler starts worker threads, in which the embedded engine must never be loaded.
 *
 * @throws CodedError DASHBOARD_BUILD_FAILED with the last lines that the build printed
 */
export async function ensureBuilt(options: { say: Progress }): Promise<'fresh' | 'built'> {
  if (isFresh(hashInputs())) return 'fresh';
  const release = await takeTurn();
  try {
    return await build(options.say);
  } finally {
    release();
  }
}

async function build(say: Progress): Promise<'fresh' | 'built'> {
  const inputs = hashInputs();
  // Another process may have built while this one waited for its turn.
  if (isFresh(inputs)) return 'fresh';
  say('Building the dashboard: its sources have changed since the last build.');
  const started = performance.now();
  // Without its stamp a build that is cut short is stale, whatever it left.
  rmSync(stamp, { force: true });
  await runVite();
  writeFileSync(stamp, inputs);
  say(`Built the dashboard in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return 'built';
}

function isFresh(inputs: string): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs;
}

const turn = join(dashboard, '.svelte-kit', 'building.pid');

/** Waits until no other process builds, since two builds at once would tear the folder, and returns how to end ours. */
async function takeTurn(): Promise<() => void> {
  mkdirSync(dirname(turn), { recursive: true });
  for (;;) {
    try {
      writeFileSync(turn, String(process.pid), { flag: 'wx' });
      return () => rmSync(turn, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    // One that died while it built leaves its turn behind.
    if (!isBuilding()) rmSync(turn, { force: true });
    else await delay(200);
  }
}

function isBuilding(): boolean {
  try {
    process.kill(Number(readFileSync(turn, 'utf8')), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function runVite(): Promise<void> {
  const vite = join(
    dirname(createRequire(import.meta.url).resolve('vite/package.json')),
    'bin',
    'vite.js',
  );
  const child = spawn(
    process.execPath,
    [vite, 'build', '--config', join('dashboard', 'vite.config.ts')],
    { cwd: project_root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const printed: string[] = [];
  const keep = (chunk: Buffer) => {
    printed.push(...chunk.toString('utf8').split('\n').filter(Boolean));
    printed.splice(0, printed.length - 20);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new CodedError(
      'DASHBOARD_BUILD_FAILED',
      `The dashboard could not be built. The build said:\n${printed.join('\n')}`,
    );
  }
}

/** A hash over everything that a build depends on: our sources, and the lockfile for everybody else's. */
function hashInputs(): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...sources(dashboard), join(project_root, 'package-lock.json')]) {
    hash.update(relative(project_root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

// Statements and Markdown are read by the running process, so they are no part of a build.
const built_from = /\.(ts|svelte|scss|html|css|svg)$/;

function* sources(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (path === build_folder || entry.name.startsWith('.') || entry.name === 'node_modules')
      continue;
    if (entry.isDirectory()) yield* sources(path);
    else if (built_from.test(entry.name)) yield path;
  }
}
