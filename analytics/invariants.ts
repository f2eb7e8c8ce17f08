/** Holds the roll-ups against the events that they are made of. */
import type { SqlClient } from '../sql/client.ts';
import { loadStatement } from '../sql/statement.ts';

/** A figure of a local day that a roll-up and its source tell differently. */
export interface Difference {
  readonly day: string;
  readonly figure: string;
  readonly source: number;
  readonly rolled_up: number;
}

/** Every difference, by day; none when the roll-ups equal their source. Days that are still dirty are left out. */
export async function checkInvariants(client: SqlClient): Promise<Difference[]> {
  const rows = await client.rows<Record<'day' | 'figure' | 'source' | 'rolled_up', string>>(
    loadStatement('analytics/queries/rollup_differences.sql'),
    {},
    { limits: 'analysis' },
  );
  return rows.map((row) => ({
    day: row.day,
    figure: row.figure,
    source: Number(row.source),
    rolled_up: Number(row.rolled_up),
  }));
}
