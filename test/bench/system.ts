/** The system that is measured, in a process of its own, and what a measurement says. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../sql/errors.ts';
import { project_root } from '../../sql/statement.ts';

/** One figure: what was measured, against what, and their ratio. */
export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly against: string;
  readonly reference: number;
  readonly unit: string;
  readonly note: string;
}

export interface System {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** How much memory a process has, and had at most; 0 where the machine does not say. */
export function memoryOf(pid: number): { resident_mib: number; peak_mib: number } {
  const path = `/proc/${pid}/status`;
  const status = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const kib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return {
    resident_mib: Math.round(kib('VmRSS') / 1024),
    peak_mib: Math.round(kib('VmHWM') / 1024),
  };
}

/** How much processor time a process has taken, in seconds; 0 where the machine does not say. */
export function processorOf(pid: number): number {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return 0;
  // The name before it may have spaces; user and system time are the 14th and 15th field, in hundredths of a second.
  const fields = readFileSync(path, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What `npm start` gives to Node. */
function startArguments(): string[] {
  const text = readFileSync(join(project_root, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((each) => each.startsWith('--'));
}

/** A system of its own process, so that what it costs is not paid by the one that measures. */
export async function startSystem(data_dir: string): Promise<System> {
  const child = spawn(process.execPath, [...startArguments(), join(project_root, 'start.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: data_dir,
      INGEST_PORT: '0',
      SERVICES: 'ingest',
      LOG_LEVEL: 'warn',
    },
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.includes('Stop with Ctrl-C')) break;
  }
  const url = /^Ingest\s+(\S+)/m.exec(output)?.[1];
  const key = /Bearer (\S+)'/.exec(output)?.[1];
  if (url === undefined || key === undefined)
    throw new CodedError('BENCH_FAILED', 'The system did not start.');
  return {
    url,
    key,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
