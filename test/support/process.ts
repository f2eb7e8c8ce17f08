/** The real process, as a user starts it: `node start.ts` with an environment of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { project_root } from '../../sql/statement.ts';

/** A process that runs, what it printed so far, and how to end it. */
export interface StartedProcess {
  readonly child: ChildProcess;
  output(): string;
  errors(): string;
  /** Resolves with the exit status; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves once `pattern` was printed; rejects when the process ends before, or after 120 s. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts `node start.ts …args`; nothing of this process's environment reaches it but the path.
 *
 * @param through a command that is given the program and its arguments, such as strace
 */
export function startProcess(
  environment: Record<string, string>,
  args: readonly string[] = [],
  through: readonly string[] = [],
): StartedProcess {
  const [program = '', ...rest] = [
    ...through,
    process.execPath,
    join(project_root, 'start.ts'),
    ...args,
  ];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: project_root,
    env: { PATH: process.env['PATH'], ...environment },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (status) => resolve(status)),
  );
  return {
    child,
    output: () => output,
    errors: () => errors,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`${why} ${pattern}.\n${output}\n${errors}`));
        const timer = setTimeout(() => fail('Not printed within 120 s:'), 120_000);
        const look = () => {
          const found = pattern.exec(output);
          if (!found) return;
          clearTimeout(timer);
          resolve(found);
        };
        child.stdout.on('data', look);
        child.once('close', () => {
          clearTimeout(timer);
          fail('The process ended before it printed');
        });
        look();
      }),
    async kill(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a command to its end. */
export async function runCommand(
  environment: Record<string, string>,
  args: readonly string[],
): Promise<{ status: number | null; output: string; errors: string }> {
  const started = startProcess(environment, args);
  const status = await started.ended;
  return { status, output: started.output(), errors: started.errors() };
}
