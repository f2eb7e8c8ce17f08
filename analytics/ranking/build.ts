/** Builds the queue anew when anything that it depends on has changed, and shows the new one at once. */
import { createHash } from 'node:crypto';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { loadStatement } from '../../sql/statement.ts';
import { catalogueRow, loadDetectors } from '../detectors.ts';
import { loadPriors } from './priors.ts';
import { buildQueue, type Queue } from './queue.ts';
import { readQueueInputs } from './read-inputs.ts';

/** An insert is held in memory as a whole. */
const inserted_rows_max = 5_000;

/** Whoever reads an earlier build is done with it by then: every query ends within minutes. */
const kept_ms = 3_600_000;

/** Raised when the same alerts would be ranked otherwise, so that a new version of the program builds anew. */
const method = 13;

/** What a build did. */
export interface BuiltQueue {
  readonly build: number;
  readonly items: number;
  /** Alerts that stand and were too many to be taken. */
  readonly left_out: number;
  readonly elapsed_ms: number;
}

/**
 * Builds the queue, unless the one that stands was made of the same. Returns what was built, if anything.
 *
 * The items are written under a new number, and one row in `queue_builds` shows them all at once; after a crash in
 * between, the next build takes a higher number and the leavings are deleted with the old builds.
 */
export async function refreshQueue(
  client: SqlClient,
  clock: Clock,
): Promise<BuiltQueue | undefined> {
  const started = performance.now();
  const now = clock.now();
  // Before the inputs: what changes while they are read makes the next build.
  const fingerprint = await readFingerprint(client, now);
  const [latest] = await client.rows<{ build: number; fingerprint: string; build_begun: number }>(
    loadStatement('analytics/ranking/queries/latest_build.sql'),
  );
  if (latest?.fingerprint === fingerprint) return undefined;
  const build = Math.max(latest?.build ?? 0, latest?.build_begun ?? 0) + 1;
  const { inputs, left_out } = await readQueueInputs(client, now);
  const queue = buildQueue(inputs);
  for (let from = 0; from < queue.items.length; from += inserted_rows_max) {
    const some = queue.items.slice(from, from + inserted_rows_max);
    await client.insert(
      'queue_item_builds',
      some.map((item) => ({ build, ...item })),
    );
  }
  const elapsed_ms = Math.round(performance.now() - started);
  await client.insert('queue_builds', [
    {
      build,
      built_at: now,
      fingerprint,
      elapsed_ms,
      ...countsOf(queue),
      left_out_alerts: left_out,
    },
  ]);
  return { build, items: queue.items.length, left_out, elapsed_ms };
}

/** Deletes the items of builds that nobody reads any more. */
export async function deleteOldQueues(client: SqlClient, clock: Clock): Promise<void> {
  const until = clock.now() - kept_ms;
  const [at] = await client.rows<{ superseded: number }>(
    loadStatement('analytics/ranking/queries/superseded_builds.sql'),
    { until },
  );
  if (!at || at.superseded === 0) return;
  await client.command(loadStatement('analytics/ranking/queries/delete_old_items.sql'), { until });
}

function countsOf(queue: Queue) {
  return {
    open_alerts: queue.open_alerts,
    signal_alerts: queue.signal_alerts,
    suppressed_alerts: queue.suppressed_alerts,
    items: queue.items.length,
    items_within_budget: queue.items.filter((item) => item.is_within_budget).length,
    items_sampled: queue.items.filter((item) => item.is_sampled).length,
  };
}

async function readFingerprint(client: SqlClient, now: number): Promise<string> {
  const [state] = await client.rows<Record<string, unknown>>(
    loadStatement('analytics/ranking/queries/queue_state.sql'),
    { now },
  );
  const of = { method, priors: loadPriors(), detectors: loadDetectors().map(catalogueRow), state };
  return createHash('sha256').update(JSON.stringify(of)).digest('hex');
}
