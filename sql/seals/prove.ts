/** Makes proofs from the store: that an event was sealed, and that one checkpoint goes on from another. */
import type { SqlClient } from '../client.ts';
import { CodedError } from '../errors.ts';
import { loadStatement } from '../statement.ts';
import type { Consistency, Evidence } from './evidence.ts';
import type { LogName } from './log.ts';
import { consistencyProof, inclusionProof } from './merkle.ts';
import { parseCheckpoint } from './note.ts';

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);
const analysis = { limits: 'analysis' } as const;

/**
 * Evidence of a stored event, under the newest checkpoint.
 *
 * @throws CodedError EVENT_UNKNOWN, LOAD_NOT_SEALED
 */
export async function proveEvent(
  client: SqlClient,
  source: string,
  event_id: string,
): Promise<Evidence> {
  const [event] = await client.rows<{
    load_seq: string;
    segment_position: number;
    salt: string;
    canonical: string;
  }>(query('event_to_prove'), { source, event_id }, analysis);
  if (!event) {
    throw new CodedError(
      'EVENT_UNKNOWN',
      'The source has no stored event with that id, or it was erased. Give SOURCE and EVENT_ID.',
    );
  }
  const { load_seq } = event;
  const [sealed] = await client.rows<{ entry_index: string; head: string }>(
    query('sealed_head_of_load'),
    { load_seq },
  );
  if (!sealed) {
    throw new CodedError(
      'LOAD_NOT_SEALED',
      `Load ${load_seq}, which stored the event, has no seal. It gets one when ingest starts.`,
    );
  }
  const rows = await client.rows<{ segment_position: number; leaf: string }>(
    query('load_leaves'),
    { load_seq },
    analysis,
  );
  const leaves = rows.map(({ leaf }) => Buffer.from(leaf, 'hex'));
  const index = rows.findIndex(
    ({ segment_position }) => segment_position === event.segment_position,
  );
  const { checkpoint, hashes } = await newestLog(client, 'events');
  const log_index = Number(sealed.entry_index);
  return {
    format: 'access-audit/evidence/1',
    canonical: event.canonical,
    salt: event.salt.toLowerCase(),
    load: { index, inclusion: toHex(inclusionProof(leaves, index)) },
    head: sealed.head,
    log: { index: log_index, inclusion: toHex(inclusionProof(hashes, log_index)) },
    checkpoint,
  };
}

/**
 * That the newest checkpoint of a log goes on from an earlier one.
 *
 * @param first a signed checkpoint, as a witness kept it
 * @throws CodedError CHECKPOINT_INVALID, CHECKPOINT_AHEAD
 */
export async function proveConsistency(
  client: SqlClient,
  log_name: LogName,
  first: string,
): Promise<Consistency> {
  const earlier = parseCheckpoint(first.slice(0, first.lastIndexOf('\n\n') + 1));
  if (!earlier || earlier.size === 0)
    throw new CodedError('CHECKPOINT_INVALID', 'The file does not hold one checkpoint.');
  const { checkpoint, hashes } = await newestLog(client, log_name);
  if (earlier.size > hashes.length) {
    throw new CodedError(
      'CHECKPOINT_AHEAD',
      `The checkpoint has ${earlier.size} entries, and the log ${hashes.length}: it was put back to an earlier state.`,
    );
  }
  const proof = toHex(consistencyProof(hashes, earlier.size));
  return { format: 'access-audit/consistency/1', first, second: checkpoint, proof };
}

/** The newest checkpoint of a log. @throws CodedError LOG_EMPTY */
export async function newestCheckpoint(client: SqlClient, log_name: LogName): Promise<string> {
  const [row] = await client.rows<{ checkpoint: string }>(query('last_checkpoint'), {
    log: log_name,
  });
  if (!row) throw new CodedError('LOG_EMPTY', 'Nothing is sealed yet.');
  return row.checkpoint;
}

/** The newest checkpoint, and the leaves of the log that it is over. */
async function newestLog(client: SqlClient, log_name: LogName) {
  const checkpoint = await newestCheckpoint(client, log_name);
  const size = Number(checkpoint.split('\n')[1]);
  const rows = await client.rows<{ hash: string }>(
    query('log_hashes'),
    { log: log_name, size },
    analysis,
  );
  return { checkpoint, hashes: rows.map(({ hash }) => Buffer.from(hash, 'hex')) };
}

const toHex = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('hex'));
