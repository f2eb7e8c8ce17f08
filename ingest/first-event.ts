/** What a stranger reads on an empty store: a line that sends a first event, as printed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';
import { local_key_file } from './sources.ts';

export interface FirstEventOptions {
  /** Where ingest listens. */
  readonly address: string;
  readonly data_dir: string;
  readonly clock: Clock;
  /** Where the event will be seen, in brackets; may be empty. */
  readonly where: string;
}

/** Lines for the terminal; none where events were ever loaded. */
export async function firstEventLines(
  client: SqlClient,
  options: FirstEventOptions,
): Promise<string[]> {
  const [row] = await client.rows<{ loads: number }>(
    loadStatement('ingest/queries/count_loads.sql'),
  );
  if (row?.loads !== 0) return [];
  const key_file = join(options.data_dir, local_key_file);
  if (!existsSync(key_file)) {
    return ['\nThere are no events yet. Make a source with: npm run source -- add NAME'];
  }
  const event = {
    event_id: 'first-event',
    // Whole seconds, and of now: a time that lies ahead would be refused.
    occurred_at: new Date(Math.floor(options.clock.now() / 1000) * 1000).toISOString(),
    action: 'view',
    outcome: 'success',
    trigger: 'user',
    staff_id: 'S-1001',
    organisation_code: 'RX001',
    patient_id: '9990000018',
    section: 'medications',
  };
  return [
    `\nThere are no events yet. Send a first one${options.where}:\n`,
    `curl -sS '${options.address}/events?wait=loaded' \\
  -H 'Authorization: Bearer ${readFileSync(key_file, 'utf8').trim()}' \\
  -H 'Content-Type: application/x-ndjson' \\
  -d '${JSON.stringify(event)}'`,
  ];
}
