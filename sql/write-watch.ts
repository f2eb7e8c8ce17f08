/**
 * Notices when the embedded engine's disk does not take what the engine writes, and puts its tables in order again.
 *
 * The engine goes on after a write that failed, as if it had not: an insert into a full disk is answered as done, and a
 * merge takes the place of whole parts, with files that are empty or cut short
 * (decisions/0005-writes-that-the-engine-loses.md). It counts the failures, though.
 */
import { CodedError } from './errors.ts';

/** What the watch asks of the engine. */
export interface WatchedEngine {
  /** Writes that failed since the process began. */
  failedWrites(): Promise<number>;
  /**
   * Reads all tables anew from the disk: parts that are not whole are taken out, and those that they took the place of
   * are back.
   */
  reload(): Promise<Reloaded>;
}

/** Parts that were not whole. */
export interface Reloaded {
  /** Removed: others have their rows, or nobody was told that they are stored. */
  readonly replaced: number;
  /** Put aside, in `detached`: nothing else has their rows. `npm run verify` names the loads. */
  readonly lost: number;
}

export interface WriteWatch {
  /** Why the tables cannot be relied on at this moment; empty while they can. */
  problem(): string;
  /**
   * For every statement before it is sent: waits while the tables are read anew.
   *
   * @throws CodedError ENGINE_MENDING when they could not be
   */
  admitted(): Promise<void> | undefined;
  /**
   * Runs a statement that writes, and returns once it is known that nothing was lost on the way to the disk.
   *
   * @throws CodedError ENGINE_WRITE_FAILED when a write failed meanwhile, be it that of another statement or a merge:
   * what was to be stored may be there, in part, or not
   */
  guarded<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What became of the tables, for a log. */
export interface WriteWatchEvent {
  readonly code: 'ENGINE_WRITE_FAILED' | 'ENGINE_MENDED' | 'ENGINE_MENDING';
  readonly failed_writes: number;
  /** Of `ENGINE_MENDED`. */
  readonly parts?: Reloaded;
  readonly detail?: string;
}

/** How soon a merge that failed is noticed: long before the parts that it merged are removed (engine.xml). */
const look_ms = 2_000;

const why =
  'The disk did not take all that ClickHouse wrote: make room on it. The tables are being read anew.';

export function startWriteWatch(
  engine: WatchedEngine,
  tell: (event: WriteWatchEvent) => void,
): WriteWatch {
  let seen = 0;
  let problem = '';
  let is_due = false;
  let mending: Promise<void> | undefined;
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => (looking = undefined));
  }, look_ms).unref();

  /** Whether no write failed since `before`; where one did, returns when the tables were read anew. */
  async function isWhole(before: number): Promise<boolean> {
    seen = Math.max(seen, await engine.failedWrites());
    if (seen === before) return true;
    await mend();
    return false;
  }

  async function look(): Promise<void> {
    if (mending) return;
    try {
      if ((await isWhole(seen)) && problem !== '') await mend();
    } catch {
      // Looked at again soon; statements are told meanwhile.
    }
  }

  /** One that is under way may have read a table before the statement that calls ended, so another one follows it. */
  function mend(): Promise<void> {
    is_due = true;
    mending ??= mendWhileDue().finally(() => (mending = undefined));
    return mending;
  }

  async function mendWhileDue(): Promise<void> {
    if (problem === '') tell({ code: 'ENGINE_WRITE_FAILED', failed_writes: seen });
    problem = why;
    while (is_due) {
      is_due = false;
      try {
        const parts = await engine.reload();
        tell({ code: 'ENGINE_MENDED', failed_writes: seen, parts });
      } catch (cause) {
        const detail = cause instanceof Error ? cause.message : String(cause);
        tell({ code: 'ENGINE_MENDING', failed_writes: seen, detail });
        throw mendingFailed(cause);
      }
    }
    problem = '';
  }

  return {
    problem: () => problem,
    admitted() {
      if (mending) return mending;
      return problem === '' ? undefined : mend();
    },
    async guarded(work) {
      const before = seen;
      const value = await work();
      if (await isWhole(before)) return value;
      throw new CodedError(
        'ENGINE_WRITE_FAILED',
        'The disk did not take all that ClickHouse wrote, so this may not be stored. Make room on the disk, and try again.',
      );
    },
    async close() {
      clearInterval(timer);
      // The connection that it asks on is closed next.
      await looking;
      await mending?.catch(() => {});
    },
  };
}

function mendingFailed(cause: unknown): CodedError {
  return new CodedError(
    'ENGINE_MENDING',
    'The disk did not take all that ClickHouse wrote, and its tables could not be read anew yet. Make room on the disk.',
    { cause },
  );
}
