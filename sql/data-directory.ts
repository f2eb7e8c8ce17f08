/** The data directory: made on the first start, and held by one process at a time. */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { CodedError } from './errors.ts';

/** A data directory that this process holds until `release`. */
export interface DataDirectory {
  readonly path: string;
  release(): void;
}

const lock_name = 'process.lock';

/**
 * Takes the directory for this process; makes it where there is none.
 *
 * The lock is a file with the holder's process id and start time, put in place by a hard link, which either succeeds
 * whole or not at all. A holder that was killed leaves it behind; that a process of that id with that start time no
 * longer runs is what makes it stale, so a reused id can't keep the directory shut.
 *
 * @throws CodedError DATA_DIRECTORY_HELD with the holder's process id, DATA_DIRECTORY_UNUSABLE
 */
export function holdDataDirectory(path: string): DataDirectory {
  const directory = resolve(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CodedError(
      'DATA_DIRECTORY_UNUSABLE',
      `The data directory ${path} can't be made. Set DATA_DIR.`,
      { cause },
    );
  }
  const lock = join(directory, lock_name);
  const mine = `${lock}.${process.pid}`;
  try {
    writeFileSync(
      mine,
      JSON.stringify({ format: 1, pid: process.pid, started: startOf(process.pid) }),
    );
  } catch (cause) {
    throw new CodedError(
      'DATA_DIRECTORY_UNUSABLE',
      `The data directory ${path} can't be written. Set DATA_DIR.`,
      { cause },
    );
  }
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (tryLink(mine, lock)) {
        return { path: directory, release: () => rmSync(lock, { force: true }) };
      }
      const holder = holderOf(directory);
      if (holder !== undefined) {
        throw new CodedError(
          'DATA_DIRECTORY_HELD',
          `The data directory ${path} is held by process ${holder}. Stop that one, or set DATA_DIR to another.`,
        );
      }
      // Moved aside rather than removed: of two processes that find it stale, only one can move it.
      const aside = `${lock}.stale-${process.pid}`;
      try {
        renameSync(lock, aside);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
      rmSync(aside, { force: true });
    }
  } finally {
    unlinkSync(mine);
  }
  throw new CodedError(
    'DATA_DIRECTORY_HELD',
    `The data directory ${path} is being taken by other processes.`,
  );
}

/** The id of the running process that holds the directory; undefined where none does. */
export function holderOf(directory: string): number | undefined {
  let held: { pid: number; started: string };
  try {
    held = JSON.parse(readFileSync(join(directory, lock_name), 'utf8')) as {
      pid: number;
      started: string;
    };
  } catch {
    // No lock, or one that a crash cut short before it was whole: nobody holds it.
    return undefined;
  }
  return startOf(held.pid) === held.started && isRunning(held.pid) ? held.pid : undefined;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in clock ticks since the machine booted; '' where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold spaces; the start time is the 20th field after it (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
