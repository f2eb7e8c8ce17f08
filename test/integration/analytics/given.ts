/** Puts rows where ingest would, load by load: what the tests of analytics are given. */
import type { SqlClient } from '../../../sql/client.ts';
import { createLoads, type Row } from '../../../analytics/case-data.ts';

export type { Row };

/** Loads of events and reference data into `client`'s tables, each committed as ingest commits it. */
export function loadsInto(client: SqlClient) {
  return createLoads(client);
}
