/** The clock: passed in everywhere, so that no rule depends on when a test happens to run. */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** Where the time comes from. */
export interface Clock {
  now(): EpochMs;
}

/** The machine's own clock; made once, by the process, and handed down. */
export const system_clock: Clock = { now: () => Date.now() };

/** A clock that stands at `at` until it is moved with `set`. For tests and replays. */
export function fixedClock(at: EpochMs): Clock & { set(to: EpochMs): void } {
  let current = at;
  return {
    now: () => current,
    set(to) {
      current = to;
    },
  };
}

const london_days = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The local day (Europe/London) of an instant, as YYYY-MM-DD. */
export function localDay(at: EpochMs): string {
  return london_days.format(at);
}

/** `day` moved by `days`, both as YYYY-MM-DD; calendar arithmetic, so no clock change can shift it. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
