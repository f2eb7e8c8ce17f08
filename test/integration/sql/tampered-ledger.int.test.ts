/** Tampering with what follows from the events: their keys, and what the ledger says of where they are. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pino } from 'pino';
import { system_clock } from '../../../sql/clock.ts';
import { openSealLog } from '../../../sql/seals/log.ts';
import { sealOlderLoads } from '../../../sql/seals/seal-older.ts';
import { onEachEngine } from '../../support/engines.ts';
import { verified } from '../../support/tampered-store.ts';
import { event, run, type Running } from '../ingest/fixture.ts';

onEachEngine('a store whose keys and ledger were tampered with', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine());
    await running.post([event('e-1'), event('e-2'), event('e-3')]);
    await running.post([event('later', { occurred_at: '2026-03-02T10:00:00Z' })]);
  });
  afterEach(() => running.close());

  const command = (text: string) => engine().client.command({ name: 'test', text });
  const findings = async () =>
    (await verified(engine(), running.data_dir)).findings.map(
      ({ kind, load_seq }) => `${load_seq} ${kind}`,
    );
  const change = (table: string, what: string) =>
    command(`ALTER TABLE ${table} ${what} SETTINGS mutations_sync = 2`);

  it('names the load of an event whose key is gone, or points to another day', async () => {
    expect(await findings()).toEqual([]);
    await change('event_keys', "DELETE WHERE key = sipHash64('exchange', 'e-2')");
    expect(await findings()).toEqual(['1 key_missing']);
    await change(
      'event_keys',
      "UPDATE day = '2026-01-01' WHERE key = sipHash64('exchange', 'later')",
    );
    expect(await findings()).toEqual(['1 key_missing', '2 key_missing']);
  });

  it.each([
    'first_occurred_at = first_occurred_at + INTERVAL 1 MILLISECOND',
    'first_occurred_at = NULL',
    'last_occurred_at = last_occurred_at - INTERVAL 1 MILLISECOND',
    "days = ['2026-03-02', '2026-03-03']",
    'days = []',
    "sources = ['other']",
  ])('names the load whose ledger says %s', async (to) => {
    await change('segments', `UPDATE ${to} WHERE load_seq = 2`);
    expect(await findings()).toEqual(['2 ledger_differs']);
  });

  it('names the load of which a refusal or a conflict is gone, or one more is there', async () => {
    await running.post([event('e-1', { section: 'results' }), event('bad', { action: 'none' })]);
    expect(await running.query('SELECT code FROM ingest_rejects')).toHaveLength(2);
    expect(await findings()).toEqual([]);
    await command(
      'INSERT INTO ingest_rejects SELECT * FROM ingest_rejects LIMIT 1 SETTINGS insert_deduplicate = 0',
    );
    expect(await findings()).toEqual(['3 rejects_differ']);
    await change('ingest_rejects', 'DELETE WHERE 1');
    expect(await findings()).toEqual(['3 rejects_differ']);
  });

  it('names events under the number of a load of reference data', async () => {
    await running.put('areas', [{ area_code: 'NCL', name: 'North Central' }]);
    expect(await findings()).toEqual([]);
    await command(
      "INSERT INTO access_events SELECT * REPLACE (toUInt64(3) AS load_seq) FROM access_events WHERE event_id = 'e-2' SETTINGS insert_deduplicate = 0",
    );
    expect(await findings()).toEqual(['3 added']);
  });

  it('signs no load of the number 0, and none of a number that the ledger has twice', async () => {
    await running.ingest.close();
    await command('TRUNCATE TABLE seals');
    for (const load_seq of [0, 2])
      await command(
        `INSERT INTO segments SELECT * REPLACE (toUInt64(${load_seq}) AS load_seq, if(load_seq = 0, 0, segments.stored) AS stored) FROM segments WHERE segments.load_seq = 2 SETTINGS insert_deduplicate = 0`,
      );
    const log = pino({ level: 'silent' });
    const { data_dir } = running;
    const client = engine().client;
    const seals = openSealLog({ client, clock: system_clock, data_dir, log_name: 'events', log });
    expect(await sealOlderLoads({ client, seals }, log)).toBe(1);
    const signed = await running.query(
      "SELECT toUInt32(load_seq) AS load_seq FROM seals WHERE log = 'events' AND kind = 'load'",
    );
    expect(signed).toEqual([{ load_seq: 1 }]);
    expect(await findings()).toEqual(expect.arrayContaining(['0 added', '2 ledger_differs']));
  });
});
