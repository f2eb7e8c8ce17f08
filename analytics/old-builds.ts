/** Deletes builds that were superseded an hour ago, and the leavings of builds that crashed. */
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';

/** A reader that began on an old build is done with it by then: every query ends within minutes. */
const kept_ms = 3_600_000;
const tables = [
  'access_builds',
  'staff_day_builds',
  'access_explanation_builds',
  'area_flow_builds',
  'access_link_builds',
  'staff_link_day_builds',
  'link_coverage_builds',
  'circle_link_builds',
  'day_builds',
];

/**
 * Deletes what no reader sees any more. Returns whether there was anything to delete.
 *
 * A build of a day goes once the build that superseded it is an hour old: until then a reader may have bound it. Builds
 * above the newest one that is an hour old are left alone, so that a build under way never loses a row.
 */
export async function deleteOldBuilds(client: SqlClient, clock: Clock): Promise<boolean> {
  const until = clock.now() - kept_ms;
  const [at] = await client.rows<{ build: string; superseded: string }>(
    loadStatement('analytics/queries/old_builds.sql'),
    { until },
  );
  if (!at || Number(at.superseded) === 0) return false;
  for (const table of tables) {
    await client.command(loadStatement('analytics/queries/delete_old_builds.sql'), {
      table,
      build: at.build,
      until,
    });
  }
  await client.command(loadStatement('analytics/queries/delete_old_dirty_days.sql'));
  await client.command(loadStatement('analytics/queries/delete_old_judged_days.sql'));
  await client.command(loadStatement('analytics/queries/delete_old_stale_days.sql'));
  return true;
}
