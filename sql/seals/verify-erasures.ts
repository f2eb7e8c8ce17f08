/** Verifies that the rows which stand for erased events are those that their signed records name. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import type { Finding } from './findings.ts';
import { parseHead, type ErasureHead } from './head.ts';
import { leafHash, rootOf } from './merkle.ts';

const erased_roots = loadStatement('sql/seals/queries/erased_roots.sql');
const erasure_heads = loadStatement('sql/seals/queries/erasure_heads.sql');

/** As the engine gives it. */
export type ErasedRowOf = Omit<ErasedRow, 'load_seq'> & { readonly load_seq: string };

/**
 * One erased event: where it stood, its local day (YYYY-MM-DD), the leaf that stands for it (hex), what it is known by
 * when it comes again (`key` in decimal, `id_hash` in hex), and the message that went with it, if any.
 */
export interface ErasedRow {
  readonly load_seq: number;
  readonly segment_position: number;
  readonly day: string;
  readonly leaf: string;
  readonly key: string;
  readonly id_hash: string;
  readonly message_id: string;
}

/**
 * The root over erased rows, hex: each is a leaf of `load_seq,segment_position,day,leaf,key,id_hash` and `,message_id`, if
 * any, in order.
 */
export function erasureRoot(rows: readonly ErasedRow[]): string {
  const leaves = rows.map((row) => {
    const { load_seq, segment_position, day, leaf, key, id_hash, message_id } = row;
    const said = [load_seq, segment_position, day, leaf, key, id_hash];
    return leafHash(Buffer.from((message_id === '' ? said : [...said, message_id]).join()));
  });
  return rootOf(leaves).toString('hex');
}

/**
 * What is wrong with the records of erasure. An event without a record is not erased: it is missing.
 *
 * @param heads the signed records, of the first `seals` entries of the log
 */
export async function verifyErasures(
  client: SqlClient,
  heads: readonly ErasureHead[],
  seals: number,
): Promise<Finding[]> {
  const rows = await client.rows<ErasedRowOf & { readonly erasure_id: string }>(
    erased_roots,
    {},
    { limits: 'analysis' },
  );
  const by_id = new Map<string, ErasedRow[]>();
  for (const { erasure_id, load_seq, ...row } of rows) {
    const known = by_id.get(erasure_id) ?? [];
    known.push({ ...row, load_seq: Number(load_seq) });
    by_id.set(erasure_id, known);
  }
  // An erasure that is recorded while the store is verified has its head behind those that were read.
  const signed_now = new Set<string>();
  for (const { head: text } of await client.rows<{ head: string }>(erasure_heads)) {
    const head = parseHead(text);
    if (head?.kind === 'erasure' && head.index >= seals) signed_now.add(head.erasure_id);
  }
  const findings: Finding[] = [];
  for (const head of heads) {
    const own = by_id.get(head.erasure_id) ?? [];
    by_id.delete(head.erasure_id);
    if (own.length !== head.rows || erasureRoot(own) !== head.root) {
      const detail = `erasure ${head.erasure_id} has ${own.length} rows, and its record ${head.rows}, or other ones`;
      findings.push({ kind: 'erasure_differs', load_seq: own[0]?.load_seq ?? 0, detail });
    }
  }
  for (const [erasure_id, own] of by_id) {
    if (signed_now.has(erasure_id)) continue;
    const detail = `${own.length} rows under ${erasure_id}, of which there is no signed record: they erase nothing, and may be of an attempt that did not end, which ends by asking for it again`;
    findings.push({ kind: 'erasure_differs', load_seq: own[0]?.load_seq ?? 0, detail });
  }
  return findings;
}
