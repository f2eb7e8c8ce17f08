/** A small sealed store, and ways to tamper with it: each puts the store into one wrong state, and says how it is named. */
import type { FindingKind } from '../../sql/seals/findings.ts';
import { parseStatement } from '../../sql/statement.ts';
import type { TestEngine } from './engines.ts';

/** One change of the store, and what verification has to call it, about which load (0: about none in particular). */
export interface Tampering {
  readonly name: string;
  readonly kinds: readonly FindingKind[];
  readonly load_seq: number;
}

/** A number below `limit`; the seed is the caller's. */
export type Random = (limit: number) => number;

const tables = ['access_events', 'segments', 'seals'] as const;
type Table = (typeof tables)[number];

interface Place {
  readonly load_seq: number;
  readonly segment_position: number;
}

const texts = [
  'source', 'event_id', 'action', 'outcome', 'trigger', 'staff_id', 'staff_id_system', 'staff_name', 'role_code',
  'role_name', 'organisation_code', 'site_code', 'application', 'session_id', 'launch_id', 'device_id', 'ip_address',
  'patient_id', 'section', 'document_id', 'purpose', 'override', 'reason', 'search_terms', 'segment_id', 'message_id',
]; // prettier-ignore
const edits: [string, string][] = [
  ...texts.map((name): [string, string] => [name, `concat(${name}, 'x')`]),
  ['occurred_at', 'occurred_at + INTERVAL 1 MILLISECOND'],
  ['received_at', 'received_at + INTERVAL 1 MILLISECOND'],
  ['supplier_codes', "arrayPushBack(supplier_codes, 'RZZ99')"],
  ['search_results', "arrayPushBack(search_results, '9990000018')"],
  ['salt', 'toFixedString(reverse(salt), 16)'],
  ['day', 'day + 1'],
  ['patient_id', "'9990000026'"],
  ['staff_id', "''"],
];
const ledger_fields = ['received', 'stored', 'duplicates', 'conflicts', 'rejects'];

/** Copies the store as it is, so that each tampering begins from there. */
export async function keepCopy(engine: TestEngine) {
  const run = (text: string) => engine.client.command({ name: 'test tamper', text });
  for (const table of tables) {
    await run(`DROP TABLE IF EXISTS kept_${table}`);
    await run(`CREATE TABLE kept_${table} AS ${table}`);
    await run(`INSERT INTO kept_${table} SELECT * FROM ${table}`);
  }
  const query = <T>(text: string) => engine.client.rows<T>(parseStatement('test tamper', text));
  const places = (
    await query<{ load_seq: string; segment_position: number }>(
      'SELECT load_seq, segment_position FROM kept_access_events ORDER BY load_seq, segment_position',
    )
  ).map(({ load_seq, segment_position }) => ({ load_seq: Number(load_seq), segment_position }));
  const loads = [...new Set(places.map(({ load_seq }) => load_seq))];
  const entries = Number(
    (await query<{ n: string }>("SELECT count() AS n FROM kept_seals WHERE log = 'events'"))[0]?.n,
  );

  /** Fills a table from its copy, through `select` and for the rows where `where` holds. */
  async function refill(table: Table, replaced = '*', where = '1'): Promise<void> {
    await run(`TRUNCATE TABLE ${table}`);
    await run(
      `INSERT INTO ${table} SELECT ${replaced} FROM kept_${table} AS kept WHERE ${where} SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0`,
    );
  }
  const more = (table: Table, replaced: string, where: string) =>
    run(
      `INSERT INTO ${table} SELECT ${replaced} FROM kept_${table} AS kept WHERE ${where} SETTINGS insert_deduplicate = 0`,
    );
  const at = ({ load_seq, segment_position }: Place) =>
    `(kept.load_seq = ${load_seq} AND kept.segment_position = ${segment_position})`;
  const of = (load_seq: number) => places.filter((place) => place.load_seq === load_seq);
  const one = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

  const ways: Record<string, (random: Random) => Promise<Tampering>> = {
    async edit(random) {
      const place = one(random, places);
      const [column, value] = one(random, edits);
      await refill(
        'access_events',
        `* REPLACE (if(${at(place)}, ${value}, ${column}) AS ${column})`,
      );
      return { name: `edit ${column}`, kinds: ['edited'], load_seq: place.load_seq };
    },
    async remove(random) {
      const load_seq = one(
        random,
        loads.filter((load) => of(load).length > 1),
      );
      const place = one(random, of(load_seq).slice(0, -1));
      await refill('access_events', '*', `NOT ${at(place)}`);
      return { name: 'remove a row', kinds: ['removed'], load_seq };
    },
    async truncate(random) {
      const load_seq = one(random, loads);
      const gone = of(load_seq).slice(-1 - random(of(load_seq).length));
      await refill('access_events', '*', `NOT (${gone.map(at).join(' OR ')})`);
      return { name: `truncate ${gone.length} rows`, kinds: ['truncated'], load_seq };
    },
    async add(random) {
      const place = one(random, places);
      const where = one(random, [
        '*',
        '* REPLACE (segment_position + 1000 AS segment_position)',
        "* REPLACE (concat(event_id, '-2') AS event_id, segment_position + 1000 AS segment_position)",
      ]);
      await refill('access_events');
      await more('access_events', where, at(place));
      return { name: 'add a row', kinds: ['added'], load_seq: place.load_seq };
    },
    async reorder(random) {
      const load_seq = one(
        random,
        loads.filter((load) => of(load).length > 1),
      );
      const first = one(random, of(load_seq));
      const second = one(
        random,
        of(load_seq).filter((place) => place !== first),
      );
      const [a, b] = [first.segment_position, second.segment_position];
      await refill(
        'access_events',
        `* REPLACE (multiIf(${at(first)}, toUInt32(${b}), ${at(second)}, toUInt32(${a}), segment_position) AS segment_position)`,
      );
      return { name: 'exchange two places', kinds: ['reordered'], load_seq };
    },
    async exchange(random) {
      const load_seq = one(
        random,
        loads.filter((load) => of(load).length > 1),
      );
      const place = one(random, of(load_seq).slice(0, -1));
      const other = one(
        random,
        of(load_seq).filter((each) => each !== place),
      );
      await refill('access_events', '*', `NOT ${at(place)}`);
      await more(
        'access_events',
        `* REPLACE (toUInt32(${place.segment_position}) AS segment_position)`,
        at(other),
      );
      return { name: 'put one row in the place of another', kinds: ['edited'], load_seq };
    },
    async stray(random) {
      await refill('access_events');
      const load_seq = 1_000_000 + random(1_000);
      await more(
        'access_events',
        `* REPLACE (toUInt64(${load_seq}) AS load_seq)`,
        at(one(random, places)),
      );
      return { name: 'add a row under no load', kinds: ['added'], load_seq };
    },
    async ledger(random) {
      const load_seq = one(random, loads);
      const field = one(random, ledger_fields);
      await refill(
        'segments',
        `* REPLACE (if(load_seq = ${load_seq}, ${field} + 1, ${field}) AS ${field})`,
      );
      return { name: `ledger ${field}`, kinds: ['ledger_differs'], load_seq };
    },
    async unload(random) {
      const load_seq = one(random, loads.slice(0, -1));
      await refill('segments', '*', `load_seq != ${load_seq}`);
      return { name: 'remove a row of the ledger', kinds: ['load_removed'], load_seq };
    },
    async head(random) {
      const index = random(entries);
      await refill(
        'seals',
        `* REPLACE (if(entry_index = ${index}, replaceOne(head, '"index":', '"index": '), head) AS head)`,
      );
      return { name: 'edit a head', kinds: ['chain_broken'], load_seq: 0 };
    },
    async resign(random) {
      const index = random(entries);
      await refill(
        'seals',
        `* REPLACE (if(entry_index = ${index}, concat(substring(checkpoint, 1, length(checkpoint) - 12), if(substring(checkpoint, -12, 4) = 'AAAA', 'BBBB', 'AAAA'), substring(checkpoint, -8)), checkpoint) AS checkpoint)`,
      );
      return { name: 'forge a signature', kinds: ['signature_invalid'], load_seq: 0 };
    },
    async unseal(random) {
      const index = 1 + random(entries - 1);
      await refill('seals', '*', `entry_index != ${index}`);
      const is_last = index === entries - 1;
      return {
        name: `remove a seal`,
        kinds: is_last ? ['seal_removed', 'rolled_back'] : ['chain_broken'],
        load_seq: 0,
      };
    },
    async rollback(random) {
      const kept = random(loads.length - 1);
      const last = loads[kept] ?? 0;
      await refill('access_events', '*', `load_seq <= ${last}`);
      await refill('segments', '*', `load_seq <= ${last}`);
      await refill(
        'seals',
        '*',
        `entry_index <= (SELECT max(entry_index) FROM kept_seals WHERE load_seq = ${last})`,
      );
      return { name: `roll back to load ${last}`, kinds: ['rolled_back'], load_seq: last + 1 };
    },
  };
  return {
    ways,
    async restore() {
      for (const table of tables) await refill(table);
    },
  };
}
