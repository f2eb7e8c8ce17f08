// Owns local days and clock changes of Europe/London, without asking the machine's time zone.

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** How an organisation's system writes times; `offset` is London's own, +00:00 or +01:00. */
export type TimeStyle = 'utc_ms' | 'utc_s' | 'offset_ms' | 'offset_s';

/** The number of a calendar day, counted from 1970-01-01. Throws a RangeError for an impossible date. */
export function dayNumber(date: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // The parser turns 30 February into 2 March, which a round trip finds out.
  if (Number.isNaN(ms) || dateText(ms / DAY_MS) !== date) {
    throw new RangeError(`not a calendar date (YYYY-MM-DD): ${date}`);
  }
  return ms / DAY_MS;
}

/** The calendar date (YYYY-MM-DD) of a day number. */
export function dateText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day of the week of a day number, 0 for Sunday. */
export function weekday(day: number): number {
  return (day + 4) % 7;
}

/** The instant (UTC milliseconds) at which a local clock in London shows `minutes` past midnight. */
export function londonInstant(day: number, minutes = 0): number {
  const asIfUtc = day * DAY_MS + minutes * 60_000;
  const inSummer = asIfUtc - HOUR_MS;
  // An hour that the spring change skips comes out an hour later; of an hour that the autumn change
  // repeats, this is the first.
  return isSummerTime(inSummer) ? inSummer : asIfUtc;
}

/** The number of London's local day at an instant. */
export function londonDay(instant: number): number {
  return Math.floor((instant + offsetMs(instant)) / DAY_MS);
}

/** RFC 3339 text of an instant. The styles without milliseconds cut them off. */
export function formatInstant(instant: number, style: TimeStyle): string {
  if (style === 'utc_ms') return new Date(instant).toISOString();
  if (style === 'utc_s') return `${new Date(instant).toISOString().slice(0, 19)}Z`;
  const offset = offsetMs(instant);
  const local = new Date(instant + offset).toISOString();
  return `${local.slice(0, style === 'offset_ms' ? 23 : 19)}${offset === 0 ? '+00:00' : '+01:00'}`;
}

function offsetMs(instant: number): number {
  return isSummerTime(instant) ? HOUR_MS : 0;
}

/** Summer time holds from 01:00 UTC on the last Sunday of March to 01:00 UTC on that of October. */
function isSummerTime(instant: number): boolean {
  const year = new Date(instant).getUTCFullYear();
  let change = changes.get(year);
  if (change === undefined) {
    change = [lastSunday(year, 2) + HOUR_MS, lastSunday(year, 9) + HOUR_MS];
    changes.set(year, change);
  }
  return instant >= change[0] && instant < change[1];
}

const changes = new Map<number, readonly [number, number]>();

function lastSunday(year: number, month: number): number {
  const last = Date.UTC(year, month + 1, 0);
  return last - new Date(last).getUTCDay() * DAY_MS;
}
