/** The bank holidays of England and Wales: days on which feeds keep to the hours of a Sunday. */
import { addDays, localDay, type EpochMs } from './clock.ts';

/**
 * Days that were proclaimed for one year, and what they replaced. The rules below know the others.
 *
 * Source: https://www.gov.uk/bank-holidays. One that is proclaimed and not listed here is a day on which feeds that rest
 * on weekends look silent.
 */
const proclaimed: Readonly<Record<number, { extra: readonly string[]; moved: readonly string[] }>> =
  {
    2020: { extra: ['2020-05-08'], moved: ['2020-05-04'] },
    2022: { extra: ['2022-06-02', '2022-06-03', '2022-09-19'], moved: ['2022-05-30'] },
    2023: { extra: ['2023-05-08'], moved: [] },
  };

/** Those of half a year before `at` and of a week after it, as local days. */
export function bankHolidaysAround(at: EpochMs): string[] {
  const from = addDays(localDay(at), -183);
  const to = addDays(localDay(at), 7);
  const years = [...new Set([from, to].map((day) => Number(day.slice(0, 4))))];
  return years.flatMap(bankHolidaysOf).filter((day) => day >= from && day <= to);
}

/** Those of a year, by the Banking and Financial Dealings Act 1971 and the proclamations since. */
export function bankHolidaysOf(year: number): string[] {
  const easter = easterSunday(year);
  const { extra = [], moved = [] } = proclaimed[year] ?? {};
  const christmas = workingDayFrom(`${year}-12-25`, []);
  const days = [
    workingDayFrom(`${year}-01-01`, []),
    addDays(easter, -2),
    addDays(easter, 1),
    mondayFrom(`${year}-05-01`),
    addDays(mondayFrom(`${year}-06-01`), -7),
    addDays(mondayFrom(`${year}-09-01`), -7),
    christmas,
    workingDayFrom(`${year}-12-26`, [christmas]),
    ...extra,
  ];
  return days.filter((day) => !moved.includes(day)).sort();
}

/** 0 is Sunday. */
function weekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

function mondayFrom(day: string): string {
  return addDays(day, (8 - weekday(day)) % 7);
}

/** The day, or the next that is neither at a weekend nor taken: the substitute. */
function workingDayFrom(day: string, taken: readonly string[]): string {
  let found = day;
  while ([0, 6].includes(weekday(found)) || taken.includes(found)) found = addDays(found, 1);
  return found;
}

/** Western Easter. Source: the anonymous Gregorian algorithm (Nature, 1876; Meeus, Astronomical Algorithms, chapter 8). */
function easterSunday(year: number): string {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  const day = ((h + l - 7 * m + 114) % 31) + 1;
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
