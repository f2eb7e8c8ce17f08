/** Our own query log: the embedded engine has none, and who asked must be known on both. */
import type { Clock } from './clock.ts';

/** One query that ran. `elapsed_ms` in milliseconds; `error` is a code or class, never a text with values. */
export interface QueryLogEntry {
  readonly started_at: number;
  readonly service: string;
  readonly statement: string;
  readonly elapsed_ms: number;
  readonly rows: number;
  readonly error: string;
}

/** The newest `capacity` entries, oldest first. Bounded, since it lives in memory. */
export interface QueryLog {
  record(entry: QueryLogEntry): void;
  entries(): readonly QueryLogEntry[];
}

export function createQueryLog(capacity = 2_000): QueryLog {
  const ring: QueryLogEntry[] = [];
  return {
    record(entry) {
      ring.push(entry);
      if (ring.length > capacity) ring.splice(0, ring.length - capacity);
    },
    entries: () => ring,
  };
}

/** Runs `work`, and records how long it took and how it ended. */
export async function timed<T>(
  log: QueryLog,
  clock: Clock,
  who: { service: string; statement: string },
  work: () => Promise<{ value: T; rows: number }>,
): Promise<T> {
  const started_at = clock.now();
  const started = performance.now();
  const entry = (rows: number, error: string): QueryLogEntry => ({
    started_at,
    ...who,
    elapsed_ms: Math.round((performance.now() - started) * 10) / 10,
    rows,
    error,
  });
  try {
    const { value, rows } = await work();
    log.record(entry(rows, ''));
    return value;
  } catch (error) {
    log.record(entry(0, error instanceof Error ? error.name : 'Error'));
    throw error;
  }
}
