import { afterEach, beforeEach, expect, it } from 'vitest';
import { pino } from 'pino';
import { system_clock } from '../../../sql/clock.ts';
import { eraseEvents, finishErasures, type Erasure } from '../../../sql/seals/erase.ts';
import { openSealLog } from '../../../sql/seals/log.ts';
import { onEachEngine } from '../../support/engines.ts';
import { verified } from '../../support/tampered-store.ts';
import { event, onceAt, run, type Running } from '../ingest/fixture.ts';

const decided = {
  erasure_id: 'e-2026-1',
  reason: 'upheld request, recorded under 2026/17',
  people: ['guardian', 'dpo'],
} as const;

onEachEngine('a lawful erasure', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine());
    await running.post(Array.from({ length: 9 }, (_, index) => event(`e-${index}`)));
    await running.post([event('later', { occurred_at: '2026-03-02T10:00:00Z' })]);
  });
  afterEach(() => running.close());

  const context = (fault?: (step: string) => void) => ({
    client: engine().client,
    clock: system_clock,
    seals: openSealLog({
      client: engine().client,
      clock: system_clock,
      data_dir: running.data_dir,
      log_name: 'events',
      log: pino({ level: 'silent' }),
    }),
    ...(fault && { fault }),
  });
  const erasureOf = async (ids: readonly string[]): Promise<Erasure> => {
    const events = await running.query<{ load_seq: number; segment_position: number }>(
      `SELECT toUInt32(load_seq) AS load_seq, segment_position FROM access_events
       WHERE event_id IN (${ids.map((id) => `'${id}'`).join()})`,
    );
    return { ...decided, events };
  };
  const stored = () => running.query<{ event_id: string }>('SELECT event_id FROM access_events');

  it('takes the rows away, leaves the rest provable, and is told of with who decided it', async () => {
    expect(await eraseEvents(context(), await erasureOf(['e-3', 'e-8']))).toBe(2);
    expect((await stored()).map(({ event_id }) => event_id).sort()).toEqual([
      'e-0',
      'e-1',
      'e-2',
      'e-4',
      'e-5',
      'e-6',
      'e-7',
      'later',
    ]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({
      is_intact: true,
      erased: [{ erasure_id: 'e-2026-1', rows: 2, people: ['guardian', 'dpo'] }],
    });
    expect(
      await running.query("SELECT days FROM segments WHERE segment_id = 'erasure:e-2026-1'"),
    ).toEqual([{ days: ['2026-03-01'] }]);
  });

  it('keeps an erased event from coming back, whatever comes under its id', async () => {
    await eraseEvents(context(), await erasureOf(['e-3']));
    const again = await running.post([event('e-3'), event('e-4'), event('new')]);
    expect(again.json).toMatchObject({ stored: 1, duplicates: 2, conflicts: 0 });
    const other = await running.post([event('e-3', { section: 'results' })]);
    expect(other.json).toMatchObject({ stored: 0, duplicates: 1, conflicts: 0 });
    expect(await running.query('SELECT * FROM ingest_rejects')).toEqual([]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });

  it.each([
    'erase.recorded',
    'erase.sealed',
    'erase.original_messages',
    'erase.access_events',
    'erase.ledger',
  ])('that is cut short at %s is finished later, once', async (step) => {
    const erasure = await erasureOf(['e-3']);
    await expect(eraseEvents(context(onceAt(step)), erasure)).rejects.toThrow('Injected');
    if (step === 'erase.recorded') await eraseEvents(context(), erasure);
    else await running.restart();
    expect(await finishErasures(context())).toBe(0);
    expect(await stored()).toHaveLength(9);
    expect(
      await running.query(
        "SELECT toUInt32(count()) AS n FROM segments WHERE segment_id LIKE 'erasure:%'",
      ),
    ).toEqual([{ n: 1 }]);
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });

  it('is none without a signed record, even where rows stand for the events', async () => {
    await eraseEvents(context(), await erasureOf(['e-3']));
    await engine().client.command({
      name: 'test',
      text: 'ALTER TABLE access_events DELETE WHERE load_seq = 1 AND segment_position = 5 SETTINGS mutations_sync = 2',
    });
    await engine().client.command({
      name: 'test',
      text: `INSERT INTO erased_events SELECT * REPLACE (toUInt32(5) AS segment_position, 'e-none' AS erasure_id) FROM erased_events SETTINGS insert_deduplicate = 0`,
    });
    const report = await verified(engine(), running.data_dir);
    expect(report.findings.map(({ kind }) => kind)).toContain('erasure_differs');
  });

  it('without a signed record keeps no event from being stored, and is named, whether or not its events are there', async () => {
    await eraseEvents(context(), await erasureOf(['e-3']));
    const put = (text: string) =>
      engine().client.command({ name: 'test', text: `${text} SETTINGS insert_deduplicate = 0` });
    await put(`INSERT INTO erased_events SELECT * REPLACE ('e-none' AS erasure_id, toUInt32(1) AS segment_position,
        sipHash64('exchange', 'coming') AS key,
        SHA256('8:exchange,6:coming,') AS id_hash) FROM erased_events`);
    await put(
      "INSERT INTO event_keys SELECT sipHash64('exchange', 'coming'), toDate('2026-03-01')",
    );
    await running.restart();
    expect((await running.post([event('coming')])).json).toMatchObject({ stored: 1 });
    const report = await verified(engine(), running.data_dir);
    expect(report.findings).toMatchObject([{ kind: 'erasure_differs', load_seq: 1 }]);
    expect(report.findings[0]?.detail).toContain('e-none');
  });

  it.each([
    "key = sipHash64('exchange', 'coming')",
    "id_hash = SHA256('8:exchange,6:coming,')",
    "day = '2026-02-01'",
  ])('has the %s of each event under its signature', async (to) => {
    await eraseEvents(context(), await erasureOf(['e-3']));
    await engine().client.command({
      name: 'test',
      text: `ALTER TABLE erased_events UPDATE ${to} WHERE 1 SETTINGS mutations_sync = 2`,
    });
    const report = await verified(engine(), running.data_dir);
    expect(report.findings.map(({ kind }) => kind)).toContain('erasure_differs');
  });

  it('takes two people, and events that are there', async () => {
    const erasure = await erasureOf(['e-1']);
    await expect(
      eraseEvents(context(), { ...erasure, people: ['same', 'same'] }),
    ).rejects.toMatchObject({ code: 'ERASURE_INVALID' });
    await expect(
      eraseEvents(context(), { ...erasure, events: [{ load_seq: 1, segment_position: 4_000 }] }),
    ).rejects.toMatchObject({ code: 'ERASURE_EVENTS_MISSING' });
    expect(await verified(engine(), running.data_dir)).toMatchObject({ is_intact: true });
  });
});
