/** How detectors do, within the viewer's organisations or over the exchange: volume, precision, time, drift. No person is in it. */
import { false_findings, true_findings } from '../finding-words.ts';
import { formatCount, formatLocalDay, plural } from '../format.ts';
import { alert_roles } from './roles.ts';
import type { Reader } from './scope.ts';
import type { Viewer } from './sessions.ts';

/** Whose figures are shown: all, or those of some organisations. */
export interface FigureScope {
  readonly is_all: boolean;
  readonly codes: readonly string[];
}

/** Investigators and guardians see their own; administrators, who see no alert, the figures of all. */
export function figureScope(viewer: Pick<Viewer, 'role' | 'organisation_codes'>): FigureScope {
  return alert_roles.includes(viewer.role)
    ? { is_all: false, codes: viewer.organisation_codes }
    : { is_all: true, codes: [] };
}

export interface WeekRow {
  readonly detector_id: string;
  /** Monday. */
  readonly week: string;
  readonly alerts: number;
  readonly withdrawn: number;
}

export interface VersionRow {
  readonly detector_id: string;
  readonly detector_version: string;
  readonly true_count: number;
  readonly false_count: number;
  readonly closed: number;
  readonly days_to_close: number;
}

export interface DetectorFigures {
  /** The latest weeks up to the last in which any detector raised an alert, the oldest first; zero where it raised none. */
  readonly weeks: readonly Omit<WeekRow, 'detector_id'>[];
  readonly versions: readonly VersionRow[];
  readonly alerts: number;
  readonly withdrawn: number;
  /** Over the weeks from the first alert to the last of any detector. */
  readonly per_week: number;
  /** The last four weeks a week against those before; null before there are eight. */
  readonly drift: number | null;
  readonly per_1000_staff: number | null;
}

/** The figures of every detector that ever raised an alert. */
export async function readFigures(
  reader: Reader,
  scope: FigureScope,
): Promise<Map<string, DetectorFigures>> {
  const binds = { is_all: scope.is_all, codes: [...scope.codes] };
  const [weeks, versions, [directory]] = await Promise.all([
    reader.exchange<WeekRow>('detector_volume', binds),
    reader.exchange<VersionRow>('detector_findings', {
      ...binds,
      true_findings: [...true_findings],
      false_findings: [...false_findings],
    }),
    reader.exchange<{ staff: number }>('staff_count', binds),
  ]);
  const all_weeks = weeksBetween(weeks.map(({ week }) => week));
  const by_version = Map.groupBy(versions, (row) => row.detector_id);
  return new Map(
    [...Map.groupBy(weeks, (row) => row.detector_id)].map(([detector_id, rows]) => [
      detector_id,
      figuresOf(rows, by_version.get(detector_id) ?? [], all_weeks, directory?.staff ?? 0),
    ]),
  );
}

/** What the weeks come to, in a sentence. */
export function weeksFinding(weeks: DetectorFigures['weeks']): string {
  const latest = weeks.at(-1);
  const before = weeks.slice(0, -1);
  if (!latest) return 'No alert yet';
  if (weeks.every(({ alerts }) => alerts === 0))
    return `No alert in the latest ${plural(weeks.length, 'week')}`;
  const now = `${plural(latest.alerts, 'alert')} in the week from ${formatLocalDay(latest.week)}`;
  if (before.length === 0) return now;
  const usual = sum(before.map(({ alerts }) => alerts)) / before.length;
  return before.length === 1
    ? `${now}, ${formatCount(usual)} in the one before`
    : `${now}, ${usual.toFixed(1)} a week in the ${before.length} before`;
}

function figuresOf(
  weeks: readonly WeekRow[],
  versions: readonly VersionRow[],
  all_weeks: readonly string[],
  staff: number,
): DetectorFigures {
  const alerts = sum(weeks.map((row) => row.alerts));
  const known = new Map(weeks.map((row) => [row.week, row]));
  const filled = all_weeks.map((week) => ({
    week,
    alerts: known.get(week)?.alerts ?? 0,
    withdrawn: known.get(week)?.withdrawn ?? 0,
  }));
  const series = filled.map((row) => row.alerts);
  const [before, latest] = [series.slice(0, -4), series.slice(-4)];
  const mean = (of: readonly number[]) => sum(of) / Math.max(1, of.length);
  return {
    weeks: filled.slice(-weeks_shown),
    versions,
    alerts,
    withdrawn: sum(weeks.map((row) => row.withdrawn)),
    per_week: alerts / Math.max(1, all_weeks.length),
    drift: series.length < 8 || mean(before) === 0 ? null : mean(latest) / mean(before) - 1,
    per_1000_staff: staff === 0 ? null : (1000 * alerts) / staff,
  };
}

/** A share with its interval. */
export interface Interval {
  readonly share: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Wilson's interval at 95 % for `hits` of `of`, which keeps its coverage for few findings and shares near 0 or 1 (Wilson
 * 1927; Brown, Cai and DasGupta 2001). Undefined for none.
 */
export function wilsonInterval(hits: number, of: number): Interval | undefined {
  if (of === 0) return undefined;
  const z = 1.96;
  const share = hits / of;
  const centre = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half =
    (z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return { share, from: Math.max(0, centre - half), to: Math.min(1, centre + half) };
}

/** All Mondays from the first of `weeks` to the last. */
function weeksBetween(weeks: readonly string[]): string[] {
  const [first, last] = [weeks.reduce(lesser, '9'), weeks.reduce(greater, '')];
  const all: string[] = [];
  const end = Date.parse(`${last}T00:00:00Z`);
  // Without any week both are no dates, and nothing is at or before the end.
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= end; at += week_ms)
    all.push(new Date(at).toISOString().slice(0, 10));
  return all;
}

/** A quarter: a detector that drifts shows it by then. */
const weeks_shown = 13;
const week_ms = 7 * 86_400_000;
const lesser = (a: string, b: string) => (b < a ? b : a);
const greater = (a: string, b: string) => (b > a ? b : a);

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
