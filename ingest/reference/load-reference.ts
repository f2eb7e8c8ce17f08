/** Loads one reference file: staged, compared with what is current, stored where it differs, and committed. */
import type { SqlClient } from '../../sql/client.ts';
import { sealReference } from '../../sql/seals/seal-load.ts';
import { loadStatement, type Statement } from '../../sql/statement.ts';
import { record_codes } from '../codes.ts';
import type { LoadContext, LoadCounts } from '../loader/load-events.ts';
import type { ReferenceHeader } from '../spool/format.ts';
import type { ClosedSegment } from '../spool/segment-file.ts';
import { columnsOf, isDataset } from './datasets.ts';

const query = (name: string): Statement => loadStatement(`ingest/queries/${name}.sql`);
const exact = { limits: 'load', settings: { insert_deduplicate: '0' } } as const;

/** Loads a reference segment. Every step can be repeated, and counts the same however often it takes. */
export async function loadReference(
  segment: ClosedSegment,
  context: LoadContext,
): Promise<LoadCounts> {
  const { client, clock, load_seq, fault } = context;
  const { reference, segment_id } = segment.header;
  if (!reference || !isDataset(reference.dataset))
    throw new TypeError('Not a segment of reference data.');
  const { dataset, source, receipt, mode, received_at, organisation_codes = [] } = reference;
  const as_of = reference.as_of ?? received_at;
  const tables = { versions: `${dataset}_versions`, staging: `reference_staging_${dataset}` };
  await client.command(query('empty_table'), { working_table: tables.staging });
  await client.insertFile(tables.staging, columnsOf(dataset), segment.path);
  fault('reference.staged');
  const taken =
    dataset === 'care_relationships'
      ? await storeRelationships(client, reference, segment_id, load_seq)
      : 0;
  if (dataset !== 'care_relationships') {
    await client.insertSelect(query('reference_changed'), { ...tables, load_seq, source }, exact);
  }
  fault('reference.changed');
  // A refused row may be one whose key stands: a full load with refusals cannot tell what it no longer holds.
  if (mode === 'full' && segment.rejects === 0) {
    const is_limited = organisation_codes.length > 0;
    await client.insertSelect(
      query(is_limited ? 'reference_ended_limited' : 'reference_ended'),
      { ...tables, load_seq, source, as_of, ...(is_limited && { organisation_codes }) },
      exact,
    );
  }
  fault('reference.ended');
  const { changed, ended } = await countsOf(client, tables.versions, load_seq);
  const unchanged = segment.records - changed - taken;
  await client.insertSelect(
    query('store_reference_receipt'),
    { receipt, source, load_seq, changed, unchanged, taken, ended },
    exact,
  );
  fault('reference.receipt');
  const rejects = segment.rejects + taken;
  const counts = { received: segment.records, changed, unchanged, ended, rejects };
  const { loaded_at } = await sealReference(context, {
    load_seq,
    dataset,
    segment_id,
    segment_digest: context.digest,
    ...counts,
    loaded_at: clock.now(),
  });
  fault('reference.sealed');
  // What the ledger's row says is stored has to be found after a power cut in which that row survives.
  await client.syncTables([tables.versions, 'receipts']);
  await client.insert('reference_loads', [
    {
      load_seq,
      dataset,
      source,
      mode,
      // Of a partial load only where it was told: what it holds was true at that instant.
      as_of: mode === 'full' ? as_of : reference.as_of,
      segment_id,
      receipt,
      fencing_token: context.fencing_token,
      received_at,
      loaded_at,
      ...counts,
      digest: context.digest,
    },
  ]);
  fault('reference.committed');
  await client.command(query('empty_table'), { working_table: tables.staging });
  return {
    received: segment.records,
    stored: changed,
    duplicates: unchanged,
    conflicts: taken,
    rejects: 0,
  };
}

/** Stores care relationships, but for those of a limited source whose key another organisation has; returns how many had. */
async function storeRelationships(
  client: SqlClient,
  { source, receipt, received_at, organisation_codes = [] }: ReferenceHeader,
  segment_id: string,
  load_seq: number,
): Promise<number> {
  await client.insertSelect(
    query('care_relationships_changed'),
    { load_seq, source, organisation_codes },
    exact,
  );
  if (organisation_codes.length === 0) return 0;
  const taken_message = record_codes.REFERENCE_KEY_TAKEN;
  await client.insertSelect(
    query('care_relationships_taken'),
    { load_seq, source, receipt, received_at, segment_id, organisation_codes, taken_message },
    exact,
  );
  const [counted] = await client.rows<{ taken: number }>(query('count_taken'), {
    source,
    segment_id,
  });
  return counted?.taken ?? 0;
}

/** How many keys a load changed and ended, of a dataset's table of versions, as far as it went. */
export async function countsOf(
  client: SqlClient,
  versions: string,
  load_seq: number,
): Promise<{ changed: number; ended: number }> {
  const [counts] = await client.rows<{ changed: number; ended: number }>(
    query('reference_counts'),
    { versions, load_seq },
    { limits: 'load' },
  );
  return counts ?? { changed: 0, ended: 0 };
}
