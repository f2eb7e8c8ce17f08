/** Verifies the kept foreign messages: that each is the bytes that came, and that each event has the one that told it. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import type { Finding } from './findings.ts';
import type { Head } from './head.ts';

type LoadRange = { readonly from_load_seq: number; readonly to_load_seq: number };

/** How many events and refusals of a load have lost their message. */
export interface MissingOriginals {
  readonly events: number;
  readonly rejects: number;
}

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);
const analysis = { limits: 'analysis' } as const;

/** What is wrong with the messages of the loads. A load whose segment was lost may lack as many as its head says. */
export async function verifyOriginals(
  client: SqlClient,
  range: LoadRange,
  heads: ReadonlyMap<number, Head>,
): Promise<Finding[]> {
  const edited = await client.rows<{ load_seq: string; messages: number }>(
    query('original_hashes'),
    range,
    analysis,
  );
  const findings = edited.map(({ load_seq, messages }): Finding => {
    const detail = `${messages} messages do not have the SHA-256 that is their id`;
    return { kind: 'original_edited', load_seq: Number(load_seq), detail };
  });
  for (const [load_seq, { events, rejects }] of await missingOriginals(client, range)) {
    const head = heads.get(load_seq);
    const known = head?.kind === 'load' ? (head.without_original ?? 0) : 0;
    if (events <= known && rejects === 0) continue;
    const detail = `the messages of ${events} events and ${rejects} refusals`;
    findings.push({ kind: 'original_missing', load_seq, detail });
  }
  return findings;
}

/** The loads with events or refusals whose message is not kept, nor erased. Memory: 50 bytes a message of the range. */
export async function missingOriginals(
  client: SqlClient,
  range: LoadRange,
): Promise<Map<number, MissingOriginals>> {
  const [elsewhere] = await client.rows<{ messages: number }>(
    query('originals_elsewhere'),
    range,
    analysis,
  );
  if (elsewhere?.messages === 0) return new Map();
  const rows = await client.rows<MissingOriginals & { load_seq: string }>(
    query('originals_missing'),
    range,
    analysis,
  );
  return new Map(rows.map(({ load_seq, ...missing }) => [Number(load_seq), missing]));
}
