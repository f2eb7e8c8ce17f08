/** Seals the loads that were committed before there were seals: from then on they cannot be changed unseen either. */
import type { SqlClient } from '../client.ts';
import { CodedError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { loadStatement } from '../statement.ts';
import type { ReferenceHead } from './head.ts';
import type { SealLog } from './log.ts';
import { sealLoad, sealReference, type LoadToSeal } from './seal-load.ts';

const query = (name: string) => loadStatement(`sql/seals/queries/${name}.sql`);
const no_bound = '18446744073709551615';

type Text<T> = { readonly [K in keyof T]: K extends 'load_seq' | 'loaded_at' ? string : T[K] };

/**
 * Seals what is older than the seals, and says so in each head. Returns how many loads.
 *
 * A load whose rows are not as many as its ledger says stays unsealed, and verification goes on to name it.
 */
export async function sealOlderLoads(
  on: { readonly client: SqlClient; readonly seals: SealLog },
  log: Logger,
): Promise<number> {
  const { client } = on;
  const late = { ...on, is_late: true };
  const [first] = await client.rows<{ load_seq: string }>(query('unsealed_bound'));
  const bound = first && first.load_seq !== '0' ? first.load_seq : no_bound;
  let sealed = 0;
  for (;;) {
    const before = sealed;
    const events = await client.rows<Text<LoadToSeal>>(query('unsealed_loads'), { bound });
    for (const load of events) {
      try {
        await sealLoad(late, { ...load, ...numbersOf(load) });
        sealed += 1;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== 'SEAL_COUNT_DIFFERS') throw error;
        log.error({ code: error.code, load_seq: load.load_seq }, 'an older load is not sealed');
      }
    }
    const references = await client.rows<Text<Omit<ReferenceHead, 'kind' | 'is_late'>>>(
      query('unsealed_references'),
      { bound },
    );
    for (const load of references) {
      await sealReference(late, { ...load, ...numbersOf(load) });
      sealed += 1;
    }
    if (sealed === before) return sealed;
  }
}

function numbersOf({ load_seq, loaded_at }: { load_seq: string; loaded_at: string }) {
  return { load_seq: Number(load_seq), loaded_at: Number(loaded_at) };
}
