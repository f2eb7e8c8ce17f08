/** When what failed is tried again: soon at first, then ever more seldom. Pure, but for the time that it is given. */

const first_ms = 5_000;
const last_ms = 600_000;

interface Failure {
  readonly at: number;
  readonly wait_ms: number;
}

/** Remembers what failed; times are milliseconds of any clock that only goes forward. */
export interface Retries {
  failed(id: string, now: number): void;
  succeeded(id: string): void;
  /** Whether `id` failed when it was last tried. */
  has(id: string): boolean;
  /** What should be tried again by now. */
  due(now: number): string[];
}

/** Nothing has failed yet. Waits double from 5 s to 10 minutes, so that what stays broken fills no log. */
export function createRetries(): Retries {
  const failures = new Map<string, Failure>();
  return {
    failed(id, now) {
      const before = failures.get(id);
      // A trial before its time, by a cycle that ran anyway, does not push the next one further away.
      if (before && now < before.at + before.wait_ms) return;
      const wait_ms = before ? Math.min(last_ms, before.wait_ms * 2) : first_ms;
      failures.set(id, { at: now, wait_ms });
    },
    succeeded(id) {
      failures.delete(id);
    },
    has: (id) => failures.has(id),
    due: (now) =>
      [...failures].filter(([, { at, wait_ms }]) => now >= at + wait_ms).map(([id]) => id),
  };
}
