/** Verifies what stands beside the seals and follows from the events: their keys, and the rest of the ledger's rows. */
import type { SqlClient } from '../client.ts';
import { loadStatement } from '../statement.ts';
import type { Finding } from './findings.ts';
import type { Head } from './head.ts';

const keys_missing = loadStatement('sql/seals/queries/keys_missing.sql');
const ledger_extents = loadStatement('sql/seals/queries/ledger_extents.sql');
const rejects_differ = loadStatement('sql/seals/queries/rejects_differ.sql');
const analysis = { limits: 'analysis' } as const;

/**
 * What is wrong with the keys and the refusals of the loads in the range, and with what the ledger says of where their events are.
 *
 * @param heads the last head of each load of the range
 */
export async function verifyDerived(
  client: SqlClient,
  range: { readonly from_load_seq: number; readonly to_load_seq: number },
  heads: ReadonlyMap<number, Head>,
): Promise<Finding[]> {
  const keys = await client.rows<{ load_seq: string; events: number }>(
    keys_missing,
    range,
    analysis,
  );
  const ledger = await client.rows<{ load_seq: string; fields: string[] }>(
    ledger_extents,
    range,
    analysis,
  );
  const rejects = await client.rows<{ load_seq: string; counted: number; rows: number }>(
    rejects_differ,
    range,
    analysis,
  );
  return [
    ...rejects.map(({ load_seq, counted, rows }): Finding => {
      const detail = `the ledger counts ${counted} refusals and conflicts, and ${rows} are kept`;
      return { kind: 'rejects_differ', load_seq: Number(load_seq), detail };
    }),
    ...keys.map(({ load_seq, events }): Finding => {
      const detail = `the keys of ${events} events, by which they would be known if they came again`;
      return { kind: 'key_missing', load_seq: Number(load_seq), detail };
    }),
    ...ledger.flatMap(({ load_seq, fields }): Finding[] => {
      const head = heads.get(Number(load_seq));
      const has_more_days = head?.kind === 'load' && (head.superseded ?? 0) > 0;
      const wrong = fields.filter((name) => name !== 'more days' || !has_more_days);
      if (wrong.length === 0) return [];
      const detail = `${wrong.join(', ')}, by the events of the load`;
      return [{ kind: 'ledger_differs', load_seq: Number(load_seq), detail }];
    }),
  ];
}
