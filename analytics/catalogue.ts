/** Tells the other services which detectors there are: they meet in the table `detector_versions`. */
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';
import { catalogueRow, loadDetectors } from './detectors.ts';

/** Appends a row for each detector whose folder says something new. */
export async function publishCatalogue(client: SqlClient, clock: Clock): Promise<void> {
  const known = await client.rows<{ detector_id: string; latest_hash: string }>(
    loadStatement('analytics/queries/published_detectors.sql'),
  );
  const hashes = new Map(known.map((row) => [row.detector_id, row.latest_hash]));
  const rows = loadDetectors()
    .map(catalogueRow)
    .filter((row) => hashes.get(row.detector_id) !== row.content_hash);
  await client.insert(
    'detector_versions',
    rows.map((row) => ({ ...row, recorded_at: clock.now() })),
  );
}
