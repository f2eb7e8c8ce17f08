/** Rebuilds the roll-ups of dirty days under a new build number, and switches readers over. */
import type { Binds, SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';
import { batchesOf } from './days.ts';
import { isOutOfMemory } from './errors.ts';
import { explain, type Grounds } from './explanations.ts';
import { findStaleDays } from './looks-back.ts';

/**
 * One batch is held in memory by the joins of the explanations, at some 250 MB a million events. It also reads all of the
 * reference data several times, however few events it has. Where it is more than a query may hold, its halves are built.
 */
const batch_events_max = 2_000_000;
const batch_days_max = 31;
/** Grouping takes some 1.2 kB an access at worst, so a slice of this many events stays under 400 MB. */
const slice_events_max = 300_000;
/** Emptied and filled for each batch, in this order: the relationships of an access ask who its viewer is. */
const scratches = ['viewers', 'access_relationships'] as const;

/** What a rebuild leaves alone, and whom it tells. */
export interface RebuildOptions {
  /** Days that are built by another cycle anyway: a day that looks back may be left to that. */
  readonly later: readonly string[];
  readonly on_batch: (built: number, of: number) => void;
}

/**
 * Builds `days` from everything committed up to `load_seq`, and those that look back on them and would say otherwise now.
 * Returns the days that were built, in order.
 *
 * Readers see the old builds until the one insert that switches a batch; a crash before it leaves rows under a number
 * that is never used again. Earlier days are built first: later ones read what they say.
 */
export async function rebuildDays(
  client: SqlClient,
  clock: Clock,
  days: readonly string[],
  load_seq: number,
  { later, on_batch }: RebuildOptions,
): Promise<string[]> {
  const waiting = new Set(days);
  const built = new Set<string>();
  const events = new Map<string, number>();
  let events_max = batch_events_max;
  while (waiting.size > 0) {
    await countEvents(client, waiting, events);
    const [first = []] = batchesOf(
      [...waiting].sort().map((day) => ({ day })),
      events,
      events_max,
      batch_days_max,
    );
    const batch = first.map(({ day }) => day);
    for (const day of batch) waiting.delete(day);
    const awaited = new Set([...waiting, ...later]);
    const stale = await buildBatch(client, clock, batch, load_seq, { events, awaited }).catch(
      (error: unknown) => {
        if (batch.length > 1 && isOutOfMemory(error)) return undefined;
        throw error;
      },
    );
    if (!stale) {
      // What it wrote stays under a number that nobody reads.
      for (const day of batch) waiting.add(day);
      events_max = sizeOf(batch, events) / 2;
      continue;
    }
    for (const day of batch) built.add(day);
    for (const day of stale) waiting.add(day);
    on_batch(built.size, built.size + waiting.size);
  }
  return [...built].sort();
}

/** Adds the number of events of those days that `events` does not have yet. */
async function countEvents(
  client: SqlClient,
  days: ReadonlySet<string>,
  events: Map<string, number>,
): Promise<void> {
  const uncounted = [...days].filter((day) => !events.has(day));
  if (uncounted.length === 0) return;
  const counts = await client.rows<{ local_day: string; events: string }>(
    loadStatement('analytics/queries/event_counts.sql'),
    { days: uncounted },
    { limits: 'analysis' },
  );
  for (const day of uncounted) events.set(day, 0);
  for (const row of counts) events.set(row.local_day, Number(row.events));
}

function sizeOf(days: readonly string[], events: ReadonlyMap<string, number>): number {
  return days.reduce((total, day) => total + (events.get(day) ?? 0), 0);
}

interface BatchOptions {
  /** Per day. */
  readonly events: ReadonlyMap<string, number>;
  /** Days that will be built after this batch. */
  readonly awaited: ReadonlySet<string>;
}

/** Builds and switches one batch. Returns the days that are stale by it. */
async function buildBatch(
  client: SqlClient,
  clock: Clock,
  days: readonly string[],
  load_seq: number,
  { events, awaited }: BatchOptions,
): Promise<string[]> {
  const [next] = await client.rows<{ build: string }>(
    loadStatement('analytics/queries/next_build.sql'),
  );
  const build = next?.build ?? '1';
  const of_events = { build, days, load_seq };
  const rollUp = (rollup: string, binds: Binds = { build, days }) =>
    client.insertSelect(loadStatement(`analytics/rollups/${rollup}.sql`), binds, {
      limits: 'analysis',
    });
  const parts = batchesOf(
    days.map((day) => ({ day })),
    events,
    slice_events_max,
    batch_days_max,
  ).map((part) => part.map(({ day }) => day));
  for (const part of parts) {
    // Every row of a roll-up is of one member of staff, so slices by staff never share a row.
    const slices = Math.max(1, Math.ceil(sizeOf(part, events) / slice_events_max));
    for (let slice = 0; slice < slices; slice++) {
      await rollUp('accesses', { ...of_events, days: part, slices, slice });
      await rollUp('staff_days', { ...of_events, days: part, slices, slice });
    }
  }
  for (const scratch of scratches) {
    await client.command(loadStatement(`analytics/queries/clear_${scratch}.sql`));
    await rollUp(scratch);
  }
  const grounds = await readGrounds(client);
  await explain(client, build, days, 'primary', grounds);
  await rollUp('circle_links');
  await explain(client, build, days, 'derived', grounds);
  // Of organisation strength or better only, so that what is learned from flows never feeds them.
  await rollUp('area_flows');
  await explain(client, build, days, 'learned', grounds);
  await rollUp('access_links');
  await rollUp('staff_link_days');
  await rollUp('link_coverage');
  // Before the switch: afterwards nobody could tell what the days said before, and a crash must not forget it.
  const stale = await findStaleDays(client, build, days, awaited);
  await client.insert(
    'stale_days',
    stale.map((day) => ({ day, build })),
  );
  await rollUp('switch_days', { ...of_events, built_at: clock.now() });
  return stale;
}

/** Most builds of a small organisation have few kinds of care, and a statement that says nothing takes its time as well. */
async function readGrounds(client: SqlClient): Promise<Grounds> {
  const datasets = await client.rows<{ dataset: string }>(
    loadStatement('analytics/queries/loaded_datasets.sql'),
  );
  const kinds = await client.rows<{ kind: string }>(
    loadStatement('analytics/queries/relationship_kinds.sql'),
  );
  return {
    datasets: new Set(datasets.map(({ dataset }) => dataset)),
    kinds: new Set(kinds.map(({ kind }) => kind)),
  };
}
