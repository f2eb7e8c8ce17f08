/** The usage figures: read exactly, published through suppression, and told in a sentence. */
import { addDays } from '#sql/clock.ts';
import { formatCount, formatMonth } from '../format.ts';
import { organisation_type_names } from '../words.ts';
import type { Reader } from './scope.ts';
import {
  publishParts,
  publishWhole,
  type Figures,
  type Published,
  type PublishedFigures,
} from './suppression.ts';

export const cuts = ['month', 'area', 'organisation_type'] as const;
/** By what the figures are cut. */
export type Cut = (typeof cuts)[number];

export interface UsageRow {
  /** First day of the month, YYYY-MM-DD. */
  readonly month: string;
  /** Area code or organisation type; empty by month alone. */
  readonly code: string;
  readonly name: string;
  readonly published: PublishedFigures;
  /** Whether the data covers the month only in part. */
  readonly is_partial: boolean;
}

interface FoundRow {
  month: string;
  code: string;
  name: string;
  opening_count: number;
  view_count: number;
  staff_count: number;
  first_day: string;
  last_day: string;
}

/** The figures by `cut`, by month and then by name. */
export async function readUsage(reader: Reader, cut: Cut): Promise<UsageRow[]> {
  const found = await reader.exchange<FoundRow>('usage', { by: cut === 'month' ? '' : cut });
  const covered = {
    from:
      found
        .map((row) => row.first_day)
        .sort()
        .at(0) ?? '',
    to:
      found
        .map((row) => row.last_day)
        .sort()
        .at(-1) ?? '',
  };
  return [...Map.groupBy(found, ({ month }) => month)].flatMap(([month, rows]) => {
    const is_partial = month < covered.from || lastDayOf(month) > covered.to;
    const parts = rows.map((row) => ({
      month,
      code: row.code,
      name: partName(cut, row),
      figures: figuresOf(row),
      is_partial,
    }));
    const published =
      cut === 'month'
        ? parts.map((part) => ({ ...part, published: publishWhole(part.figures) }))
        : publishParts(parts);
    // The exact figures end here.
    return published.map(({ figures: _exact, ...row }) => row);
  });
}

/** The latest month that the data covers in full; else the latest. */
export function monthToShow(months: readonly UsageRow[], asked: string | null): string | undefined {
  if (asked !== null && months.some(({ month }) => month === asked)) return asked;
  return (months.findLast(({ is_partial }) => !is_partial) ?? months.at(-1))?.month;
}

/** What the months say, as a heading: the latest full month against the one before. */
export function monthFinding(months: readonly UsageRow[], figure: 'openings' | 'staff'): string {
  const full = months.filter(({ is_partial }) => !is_partial);
  const latest = full.at(-1) ?? months.at(-1);
  if (!latest)
    return figure === 'openings'
      ? 'No record has been opened yet'
      : 'Nobody has opened a record yet';
  const when = `${latest.is_partial ? 'so far in' : 'in'} ${formatMonth(latest.month)}`;
  const value = latest.published[figure];
  if (value === '*') return `Too few staff were active ${when} to publish a figure`;
  const subject =
    figure === 'openings'
      ? `Records were opened ${formatCount(value)} times ${when}`
      : `${formatCount(value)} staff opened records ${when}`;
  const change = changeSince(value, full.at(-2)?.published[figure], latest.is_partial);
  const before = full.at(-2);
  return change === '' || !before ? subject : `${subject}, ${change} ${formatMonth(before.month)}`;
}

/** What the parts of one month say, as a heading. */
export function partFinding(parts: readonly UsageRow[], month: string, what: string): string {
  const shown = parts.filter((part) => typeof part.published.openings === 'number');
  const first = [...shown].sort(
    (a, b) => Number(b.published.openings) - Number(a.published.openings),
  )[0];
  if (!first || first.published.openings === 0)
    return `No ${what} has a figure to publish for ${formatMonth(month)}`;
  return `${first.name} had the most openings in ${formatMonth(month)}: ${formatCount(Number(first.published.openings))}`;
}

function changeSince(value: number, before: Published | undefined, is_partial: boolean): string {
  if (is_partial || typeof before !== 'number' || before === 0) return '';
  const percent = Math.round((value / before - 1) * 100);
  if (percent === 0) return 'as many as in';
  return `${Math.abs(percent)}% ${percent > 0 ? 'more' : 'fewer'} than in`;
}

function figuresOf(row: FoundRow): Figures {
  return { openings: row.opening_count, views: row.view_count, staff: row.staff_count };
}

function partName(cut: Cut, { code, name }: FoundRow): string {
  if (cut === 'month') return '';
  if (code === '') return 'Not known';
  return cut === 'area' ? name || code : (organisation_type_names[code] ?? code);
}

function lastDayOf(month: string): string {
  const next = addDays(month, 31).slice(0, 7);
  return addDays(`${next}-01`, -1);
}
