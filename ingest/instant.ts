/** Instants and dates as text: what RFC 3339 allows and the calendar has. */

export type InstantProblem = 'invalid' | 'no_offset' | 'impossible';

const form =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|([+-])(\d{2}):(\d{2}))?$/;

/**
 * Epoch milliseconds of an RFC 3339 instant, or what is wrong with it. Past milliseconds the fraction is cut.
 *
 * `Date.parse` is not asked: it takes forms that no standard has, and turns 30 February into 2 March.
 */
export function parseInstant(text: string): number | InstantProblem {
  const match = form.exec(text);
  if (!match) return 'invalid';
  if (match[8] === undefined) return 'no_offset';
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((i) => Number(match[i]));
  const [offset_hour, offset_minute] = [Number(match[10] ?? 0), Number(match[11] ?? 0)];
  if (year === undefined || month === undefined || day === undefined) return 'invalid';
  if (hour === undefined || minute === undefined || second === undefined) return 'invalid';
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return 'impossible';
  if (offset_hour > 23 || offset_minute > 59) return 'impossible';
  const ms = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset_ms = (offset_hour * 60 + offset_minute) * 60_000 * (match[9] === '-' ? -1 : 1);
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - offset_ms;
}

/** Whether the text is a day of the calendar, as YYYY-MM-DD, from 1900 to 2299 (what a Date32 holds). */
export function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return false;
  const year = Number(match[1]);
  return year >= 1900 && year < 2300 && isDay(year, Number(match[2]), Number(match[3]));
}

const days_of_month = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const is_leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= (month === 2 && is_leap ? 29 : (days_of_month[month - 1] ?? 0));
}
