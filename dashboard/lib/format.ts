/** How times, counts and numbers are written for people: local time, British order. */

const london = 'Europe/London';
const day_format = new Intl.DateTimeFormat('en-GB', {
  timeZone: london,
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const time_format = new Intl.DateTimeFormat('en-GB', {
  timeZone: london,
  hour: '2-digit',
  minute: '2-digit',
});
const clock_format = new Intl.DateTimeFormat('en-GB', {
  timeZone: london,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const month_format = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  month: 'long',
  year: 'numeric',
});
const count_format = new Intl.NumberFormat('en-GB');

/** `at` in epoch milliseconds, as `3 Nov 2026`. */
export function formatDay(at: number): string {
  return day_format.format(at).replace('Sept', 'Sep');
}

/** As `3 Nov 2026, 14:05`. */
export function formatTime(at: number): string {
  return `${formatDay(at)}, ${time_format.format(at)}`;
}

/** As `14:05:09`. */
export function formatClock(at: number): string {
  return clock_format.format(at);
}

/** A local day `YYYY-MM-DD`, as `3 Nov 2026`. */
export function formatLocalDay(day: string): string {
  return formatDay(Date.parse(`${day}T12:00:00Z`));
}

/** The first day of a month, `YYYY-MM-DD`, as `November 2026`. */
export function formatMonth(month: string): string {
  return month_format.format(Date.parse(`${month}T00:00:00Z`));
}

export function formatCount(count: number): string {
  return count_format.format(count);
}

/** `1 alert`, `2 alerts`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Ten digits as `943 476 5919`; anything else as it is. */
export function formatNhsNumber(number: string): string {
  return number.replace(/^(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3');
}
