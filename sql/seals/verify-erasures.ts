/** Verifies that the rows which stand for erased events are those that their signed records name. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import type { Finding } from './findings.ts';
import type { ErasureHead } from './head.ts';
import { leafHash, rootOf } from './merkle.ts';

const erased_roots = loadStatement('sql/seals/queries/erased_roots.sql');

/** One erased event, by where it stood, the leaf that stands for it (hex), and the message that went with it, if any. */
export interface ErasedRow {
  readonly load_seq: number;
  readonly segment_position: number;
  readonly leaf: string;
  readonly message_id: string;
}

/** The root over erased rows, hex: each is a leaf of `load_seq,segment_position,leaf` and `,message_id`, if any, in order. */
export function erasureRoot(rows: readonly ErasedRow[]): string {
  const leaves = rows.map(({ load_seq, segment_position, leaf, message_id }) => {
    const message = message_id === '' ? '' : `,${message_id}`;
    return leafHash(Buffer.from(`${load_seq},${segment_position},${leaf}${message}`));
  });
  return rootOf(leaves).toString('hex');
}

/** What is wrong with the records of erasure. An event without a record is not erased: it is missing. */
export async function verifyErasures(
  client: SqlClient,
  heads: readonly ErasureHead[],
): Promise<Finding[]> {
  const rows = await client.rows<{
    erasure_id: string;
    load_seq: string;
    segment_position: number;
    leaf: string;
    message_id: string;
    is_there: number;
  }>(erased_roots, {}, { limits: 'analysis' });
  const by_id = new Map<string, (ErasedRow & { readonly is_there: number })[]>();
  for (const { erasure_id, load_seq, ...row } of rows) {
    const known = by_id.get(erasure_id) ?? [];
    known.push({ load_seq: Number(load_seq), ...row });
    by_id.set(erasure_id, known);
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
  for (const [erasure_id, rows_without] of by_id) {
    // An attempt that did not come to its record leaves rows that stand for nothing: their events are still there.
    const own = rows_without.filter(({ is_there }) => Number(is_there) === 0);
    if (own.length === 0) continue;
    const detail = `${own.length} rows under ${erasure_id}, of which there is no signed record`;
    findings.push({ kind: 'erasure_differs', load_seq: own[0]?.load_seq ?? 0, detail });
  }
  return findings;
}
