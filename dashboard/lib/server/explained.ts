/** The share of accesses that care on record explains: read exactly, rounded for publication, told in a sentence. */
import { addDays } from '#sql/clock.ts';
import { formatMonth } from '../format.ts';
import { explanation_names, inWords, organisation_type_names } from '../words.ts';
import type { Reader } from './scope.ts';
import { publishFigure, type Published } from './suppression.ts';

/** Shares in whole percent of accesses; `*` where so few staff or accesses make up the whole that it is hidden. */
export interface ExplainedShares {
  readonly accesses: Published;
  /** Organisation strength or better. */
  readonly explained: Published;
  /** Team strength or better. */
  readonly to_the_team: Published;
  readonly inferred_only: Published;
}

export interface ExplainedMonth extends ExplainedShares {
  /** First day of the month, YYYY-MM-DD. */
  readonly month: string;
  readonly is_partial: boolean;
}

export interface ExplainedOrganisation extends ExplainedShares {
  readonly code: string;
  readonly name: string;
  readonly type_name: string;
  /** So little is explained that the detectors which argue from a missing link say nothing of it. */
  readonly is_thin: boolean;
}

export interface ExplainedBy {
  readonly id: string;
  readonly name: string;
  /** Whole percent of the month's accesses; one that has several explanations counts for each. */
  readonly share: number;
}

interface Counts {
  readonly access_count: number;
  readonly person_count: number;
  readonly team_count: number;
  readonly organisation_count: number;
  readonly inferred_count: number;
}

/** Below this share, in percent, an organisation's feeds lack too much: the detectors' `coverage_min`. */
export const thin_below = 80;

/** Whole months of the latest thirteen, oldest first. */
export async function readExplainedMonths(reader: Reader): Promise<ExplainedMonth[]> {
  const rows = await reader.exchange<
    Counts & { month: string; first_day: string; last_day: string }
  >('explained_months');
  const first_day = rows[0]?.first_day ?? '';
  const last_day = rows.at(-1)?.last_day ?? '';
  return rows.map((row) => ({
    month: row.month,
    is_partial: row.month < first_day || lastDayOf(row.month) > last_day,
    ...sharesOf(row),
  }));
}

/** The organisations of one month, the least explained first; those of which too little is shown come last. */
export async function readExplainedOrganisations(
  reader: Reader,
  month: string,
): Promise<ExplainedOrganisation[]> {
  const rows = await reader.exchange<
    Counts & { code: string; name: string; type: string; staff: number }
  >('explained_organisations', { month });
  return rows
    .map((row) => {
      const is_few = publishFigure(row.staff) === '*';
      const shares = is_few ? hidden : sharesOf(row);
      return {
        code: row.code,
        name: row.name || row.code,
        type_name: organisation_type_names[row.type] ?? 'Not known',
        is_thin: typeof shares.explained === 'number' && shares.explained < thin_below,
        ...shares,
      };
    })
    .sort(
      (a, b) =>
        orderOf(a.explained) - orderOf(b.explained) || a.name.localeCompare(b.name, 'en-GB'),
    );
}

/** The explanations of one month, the commonest first. */
export async function readExplainedBy(
  reader: Reader,
  month: string,
  accesses: Published,
): Promise<ExplainedBy[]> {
  if (accesses === '*' || accesses === 0) return [];
  const rows = await reader.exchange<{ id: string; access_count: number }>('explained_by', {
    month,
  });
  return rows.map(({ id, access_count }) => ({
    id,
    name: explanation_names[id] ?? inWords(id),
    share: percent(access_count, accesses),
  }));
}

/** What the months say, as a heading. */
export function explainedFinding(months: readonly ExplainedMonth[]): string {
  const latest = months.findLast(({ is_partial }) => !is_partial) ?? months.at(-1);
  if (!latest) return 'No access has been judged yet';
  const when = `${latest.is_partial ? 'so far in' : 'in'} ${formatMonth(latest.month)}`;
  return latest.explained === '*'
    ? `Too few accesses ${when} to publish a share`
    : `Care on record explains ${latest.explained}% of accesses ${when}`;
}

function sharesOf(row: Counts): ExplainedShares {
  const accesses = publishFigure(row.access_count);
  if (accesses === '*' || accesses === 0) return { ...hidden, accesses };
  const to_the_team = row.person_count + row.team_count;
  return {
    accesses,
    explained: percent(to_the_team + row.organisation_count, row.access_count),
    to_the_team: percent(to_the_team, row.access_count),
    inferred_only: percent(row.inferred_count, row.access_count),
  };
}

const hidden: ExplainedShares = {
  accesses: '*',
  explained: '*',
  to_the_team: '*',
  inferred_only: '*',
};

function orderOf(share: Published): number {
  return share === '*' ? 101 : share;
}

function percent(part: number, whole: number): number {
  return Math.min(100, Math.round((100 * part) / whole));
}

function lastDayOf(month: string): string {
  return addDays(`${addDays(month, 31).slice(0, 7)}-01`, -1);
}
