/**
 * Finds the days that a new build makes stale: what their explanations look back on became another.
 *
 * `earlier_explained` reads the primary explanations of the days before, `regional_service` their flows. Both only look
 * back, and no derived explanation is read by another, so days that are built in order need this once each.
 */
import type { Binds, SqlClient } from '../sql/client.ts';
import { addDays } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';
import { findExplanation } from './explanations.ts';

/**
 * The days that are built, are not among `days` or `awaited`, and have an access that would be explained otherwise once
 * `build`, whose rows are all written, is what readers see of `days`. In order.
 *
 * @param awaited days that will be built after this batch anyway
 */
export async function findStaleDays(
  client: SqlClient,
  build: string,
  days: readonly string[],
  awaited: ReadonlySet<string>,
): Promise<string[]> {
  const circles = findExplanation('earlier_explained').params;
  const flows = findExplanation('regional_service').params;
  const stale = [
    ...(await stalePast('stale_by_circles', circles)),
    ...(await stalePast('stale_by_flows', flows)),
  ];
  return [...new Set(stale)].sort();

  async function stalePast(name: string, params: Binds): Promise<string[]> {
    const candidates = await readCandidates(client, days, awaited, Number(params['back_days']));
    if (candidates.length === 0) return [];
    const rows = await client.rows<{ stale_day: string }>(
      loadStatement(`analytics/queries/${name}.sql`),
      { build, days, candidates, ...params },
      { limits: 'analysis' },
    );
    return rows.map(({ stale_day }) => stale_day);
  }
}

/** The built days that look back on one of `days`; mostly none, since most of what comes is of today. */
async function readCandidates(
  client: SqlClient,
  days: readonly string[],
  awaited: ReadonlySet<string>,
  back_days: number,
): Promise<string[]> {
  const given = new Set(days);
  const sorted = [...days].sort();
  const rows = await client.rows<{ built_day: string }>(
    loadStatement('analytics/queries/built_days_between.sql'),
    { from_day: addDays(sorted[0] ?? '', 1), last_day: addDays(sorted.at(-1) ?? '', back_days) },
  );
  return rows
    .map(({ built_day }) => built_day)
    .filter((day) => !given.has(day) && !awaited.has(day));
}
