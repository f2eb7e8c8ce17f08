/** Rebuilds the roll-ups of dirty days under a new build number, and switches readers over. */
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';
import { batchesOf } from './days.ts';
import { explain } from './explanations.ts';

/** One batch is held in memory by the joins of the explanations; a month of a big exchange takes several. */
const batch_events_max = 600_000;
const batch_days_max = 31;
/** Grouping takes some 1.2 kB an access at worst, so a slice of this many events stays under 400 MB. */
const slice_events_max = 300_000;
/** What is made of the accesses once they are explained, in order: the second of the links reads the first. */
const rollups_of_explanations = ['area_flows', 'access_links', 'link_coverage'] as const;

/**
 * Builds `days` from everything committed up to `load_seq`.
 *
 * Readers see the old builds until the one insert that switches a batch; a crash before it leaves rows under a number
 * that is never used again.
 */
export async function rebuildDays(
  client: SqlClient,
  clock: Clock,
  days: readonly string[],
  load_seq: number,
  on_batch: (built: number) => void,
): Promise<void> {
  if (days.length === 0) return;
  const counts = await client.rows<{ local_day: string; events: string }>(
    loadStatement('analytics/queries/event_counts.sql'),
    { days },
    { limits: 'analysis' },
  );
  const events = new Map(counts.map((row) => [row.local_day, Number(row.events)]));
  const batches = batchesOf(
    [...days].sort().map((day) => ({ day })),
    events,
    batch_events_max,
    batch_days_max,
  );
  let built = 0;
  for (const batch of batches) {
    const size = batch.reduce((total, { day }) => total + (events.get(day) ?? 0), 0);
    const slices = Math.max(1, Math.ceil(size / slice_events_max));
    await buildBatch(
      client,
      clock,
      batch.map(({ day }) => day),
      load_seq,
      slices,
    );
    built += batch.length;
    on_batch(built);
  }
}

async function buildBatch(
  client: SqlClient,
  clock: Clock,
  days: readonly string[],
  load_seq: number,
  slices: number,
): Promise<void> {
  const [next] = await client.rows<{ build: string }>(
    loadStatement('analytics/queries/next_build.sql'),
  );
  const build = next?.build ?? '1';
  const analysis = { limits: 'analysis' } as const;
  const of_events = { build, days, load_seq };
  const of_build = { build, days };
  // Every row of a roll-up is of one member of staff, so slices by staff never share a row.
  for (let slice = 0; slice < slices; slice++) {
    const of_slice = { ...of_events, slices, slice };
    await client.insertSelect(loadStatement('analytics/rollups/accesses.sql'), of_slice, analysis);
    await client.insertSelect(
      loadStatement('analytics/rollups/staff_days.sql'),
      of_slice,
      analysis,
    );
  }
  await client.command(loadStatement('analytics/queries/clear_access_relationships.sql'));
  await client.insertSelect(
    loadStatement('analytics/rollups/access_relationships.sql'),
    of_build,
    analysis,
  );
  await explain(client, build, days);
  for (const rollup of rollups_of_explanations) {
    await client.insertSelect(loadStatement(`analytics/rollups/${rollup}.sql`), of_build, analysis);
  }
  await client.insertSelect(loadStatement('analytics/rollups/switch_days.sql'), {
    ...of_events,
    built_at: clock.now(),
  });
}
