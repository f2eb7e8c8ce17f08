/** Holds the roll-ups against the events that they are made of. */
import type { SqlClient } from '../sql/client.ts';
import type { Clock, EpochMs } from '../sql/clock.ts';
import type { Logger } from '../sql/log.ts';
import { loadStatement } from '../sql/statement.ts';
import { batchesOf } from './days.ts';

/** A figure of a local day that a roll-up and its source tell differently. */
export interface Difference {
  readonly day: string;
  readonly figure: string;
  readonly source: number;
  readonly rolled_up: number;
}

/** A check under way: one batch of days a step, so that events wait for one batch at most. */
export interface InvariantCheck {
  /**
   * Checks the next batch of the days built since the last check that ended.
   *
   * @returns the days that differ, for the caller to build anew before the next step, and whether the check has ended
   */
  step(): Promise<{ differing: string[]; has_ended: boolean }>;
}

/** Counting a batch takes well under a second, and some 100 MB. */
const batch_events_max = 600_000;
const batch_days_max = 31;

/**
 * Every difference, by day and figure; none when the roll-ups equal their source. Days that are still dirty are left
 * out.
 *
 * @param days the local days to look at; without it, all
 */
export async function checkInvariants(
  client: SqlClient,
  days?: readonly string[],
): Promise<Difference[]> {
  const rows = await client.rows<Record<'day' | 'figure' | 'source' | 'rolled_up', string>>(
    loadStatement('analytics/queries/rollup_differences.sql'),
    { is_every_day: days === undefined, days: [...(days ?? [])] },
    { limits: 'analysis' },
  );
  return rows.map((row) => ({
    day: row.day,
    figure: row.figure,
    source: Number(row.source),
    rolled_up: Number(row.rolled_up),
  }));
}

/** A check of the days built since the last one; `log` hears of days and figures only, as an error. */
export function createInvariantCheck(client: SqlClient, clock: Clock, log: Logger): InvariantCheck {
  let started_at: EpochMs | undefined;
  let batches: string[][] = [];

  return {
    async step() {
      if (started_at === undefined) {
        // What is built from here on, the repairs of this check among them, is for the next one.
        const now = clock.now();
        batches = await readUncheckedBatches(client);
        started_at = now;
      }
      const [batch, ...rest] = batches;
      batches = rest;
      if (batch === undefined) {
        // A step of its own, so that what the last batch found is repaired by then: a crash checks the same days again.
        await client.insert('analytics_marks', [
          { name: 'invariants', load_seq: 0, marked_at: started_at },
        ]);
        started_at = undefined;
        return { differing: [], has_ended: true };
      }
      const differences = await checkInvariants(client, batch);
      if (differences.length > 0) {
        log.error(
          {
            code: 'ROLLUP_DIFFERS',
            differences: differences.map(({ day, figure }) => ({ day, figure })),
          },
          'roll-ups differ from their events; the days are built anew',
        );
      }
      return { differing: [...new Set(differences.map(({ day }) => day))], has_ended: false };
    },
  };
}

async function readUncheckedBatches(client: SqlClient): Promise<string[][]> {
  const rows = await client.rows<{ day: string; events: string }>(
    loadStatement('analytics/queries/unchecked_days.sql'),
  );
  const events = new Map(rows.map((row) => [row.day, Number(row.events)]));
  return batchesOf(rows, events, batch_events_max, batch_days_max).map((batch) =>
    batch.map(({ day }) => day),
  );
}
