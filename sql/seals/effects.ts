/** What a load did to events and refusals of earlier loads: superseded and resolved, as its head says and as is stored. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import type { Finding } from './findings.ts';
import type { Head, LoadEffects } from './head.ts';

type Kind = 'superseded' | 'resolved';

interface EffectRow {
  readonly load_seq: string;
  readonly kind: Kind;
  readonly rows: number;
  readonly digest: string;
}

const load_effects = loadStatement('sql/seals/queries/load_effects.sql');

/** The effects of the loads in the range that have any, by load_seq. Memory: some 100 bytes a row of the range. */
export async function loadEffects(
  client: SqlClient,
  range: { readonly from_load_seq: number; readonly to_load_seq: number },
): Promise<Map<number, LoadEffects>> {
  const rows = await client.rows<EffectRow>(load_effects, range, { limits: 'analysis' });
  const by_load = new Map<number, LoadEffects>();
  for (const { load_seq, kind, rows: count, digest } of rows) {
    const own = by_load.get(Number(load_seq));
    const said = { [kind]: count, [`${kind}_digest`]: digest };
    by_load.set(Number(load_seq), { ...own, ...said });
  }
  return by_load;
}

/**
 * How what is stored differs from what the heads of the loads say.
 *
 * @param heads the last head of each load of the range
 * @param is_unsealed whether a load is in the ledger without a head, which is told elsewhere
 */
export async function verifyEffects(
  client: SqlClient,
  range: { readonly from_load_seq: number; readonly to_load_seq: number },
  heads: ReadonlyMap<number, Head>,
  is_unsealed: (load_seq: number) => boolean,
): Promise<Finding[]> {
  const stored = await loadEffects(client, range);
  const findings: Finding[] = [];
  for (const load_seq of new Set([...heads.keys(), ...stored.keys()])) {
    if (is_unsealed(load_seq)) continue;
    const head = heads.get(load_seq);
    const sealed: LoadEffects = head?.kind === 'load' ? head : {};
    const there = stored.get(load_seq) ?? {};
    for (const kind of ['superseded', 'resolved'] as const) {
      if (sealed[`${kind}_digest`] === there[`${kind}_digest`]) continue;
      const detail = `${sealed[kind] ?? 0} rows were sealed, ${there[kind] ?? 0} are there, or other ones`;
      findings.push({ kind: `${kind}_differs`, load_seq, detail });
    }
  }
  return findings;
}
