/** Marks the local days that new loads touch, so that they are built and judged again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement, project_root } from '../sql/statement.ts';
import { isOutOfMemory } from './errors.ts';

/** Datasets whose replaced values matter later: see `tie_history`. */
const datasets_with_history = ['patients', 'staff_identities'];

/** Whether loads are committed that are not marked yet. */
export async function hasNewLoads(client: SqlClient): Promise<boolean> {
  const { marked, committed } = await readPositions(client);
  return committed > marked;
}

/**
 * Marks everything committed since the last mark. Returns the load up to which days are marked now.
 *
 * Every step may be repeated: the mark itself comes last, so a crash before it marks the same days once more.
 */
export async function markDirtyDays(client: SqlClient, clock: Clock): Promise<number> {
  const { marked: from_load_seq, committed: to_load_seq } = await readPositions(client);
  if (to_load_seq <= from_load_seq) return from_load_seq;
  const range = { from_load_seq, to_load_seq };
  await client.insertSelect(loadStatement('analytics/queries/mark_event_days.sql'), range);
  await markReferenceDays(client, range);
  await client.insert('analytics_marks', [
    { name: 'days', load_seq: to_load_seq, marked_at: clock.now() },
  ]);
  return to_load_seq;
}

async function readPositions(client: SqlClient): Promise<{ marked: number; committed: number }> {
  const [at] = await client.rows<{ marked: string; committed: string }>(
    loadStatement('analytics/queries/loads_since_mark.sql'),
  );
  return { marked: Number(at?.marked ?? 0), committed: Number(at?.committed ?? 0) };
}

async function markReferenceDays(
  client: SqlClient,
  range: { from_load_seq: number; to_load_seq: number },
): Promise<void> {
  const changed = await client.rows<{ dataset: string }>(
    loadStatement('analytics/queries/reference_since_mark.sql'),
    range,
  );
  // A dataset without a file is read by no detector and no explanation yet, so it touches nothing.
  const read = changed
    .map(({ dataset }) => dataset)
    .filter((dataset) => existsSync(join(project_root, touchedDaysPath(dataset))));
  // Before anything is built there is no access that could be touched, and first loads are the largest.
  const has_builds =
    (await client.rows(loadStatement('analytics/queries/any_build.sql'))).length > 0;
  for (const dataset of has_builds ? read : []) {
    await client
      .insertSelect(loadStatement(touchedDaysPath(dataset)), range, { limits: 'analysis' })
      .catch((error: unknown) => {
        if (!isOutOfMemory(error)) throw error;
        // A whole register anew, millions of keys, is more than a query may hold, and touches about every day.
        return client.insertSelect(loadStatement('analytics/queries/mark_built_days.sql'), {
          to_load_seq: range.to_load_seq,
          cause: dataset,
        });
      });
  }
  // After the touched days, which compare with what was said before.
  for (const dataset of read.filter((name) => datasets_with_history.includes(name))) {
    await client.insertSelect(loadStatement(`analytics/queries/remember_${dataset}.sql`), range);
  }
  if (read.length > 0) {
    await client.insertSelect(loadStatement('analytics/queries/mark_unbuilt_days.sql'), {
      to_load_seq: range.to_load_seq,
    });
  }
}

/** Where the SQL is that finds the local days which a load of `dataset` touches. */
export function touchedDaysPath(dataset: string): string {
  return `analytics/touched_days/${dataset}.sql`;
}
