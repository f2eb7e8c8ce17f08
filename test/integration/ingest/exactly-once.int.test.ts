import { afterEach, beforeEach, expect, it } from 'vitest';
import { onEachEngine } from '../../support/engines.ts';
import { event, onceAt, run, type Running } from './fixture.ts';

const steps = [
  'load.staged',
  'load.judged',
  'load.events',
  'load.keys',
  'load.rejects',
  'load.receipts',
  'load.committed',
  'spool.remove',
];

onEachEngine('exactly once', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine());
  });
  afterEach(() => running.close());

  const stored = () =>
    running.query<{ event_id: string; section: string; day: string }>(
      'SELECT event_id, section, day FROM access_events ORDER BY event_id, segment_id, segment_position',
    );

  it('stores what is sent once, and tells a repetition apart from it', async () => {
    const first = await running.post([event('a'), event('b')]);
    expect(first.json).toMatchObject({
      state: 'loaded',
      accepted: 2,
      stored: 2,
      duplicates: 0,
      conflicts: 0,
    });
    const again = await running.post([event('b'), event('c'), event('a')]);
    expect(again.json).toMatchObject({ stored: 1, duplicates: 2, conflicts: 0 });
    expect((await stored()).map((row) => row.event_id)).toEqual(['a', 'b', 'c']);
  });

  it('finds a repetition within one request, however the times are written', async () => {
    const answer = await running.post([
      event('a', { occurred_at: '2026-07-01T10:00:00Z' }),
      event('a', { occurred_at: '2026-07-01T11:00:00.000+01:00', outcome: 'unknown', section: '' }),
    ]);
    expect(answer.json).toMatchObject({ stored: 1, duplicates: 1, conflicts: 0 });
  });

  it('keeps an id that comes with other content as a conflict, whatever its day', async () => {
    await running.post([event('a', { section: 'results' })]);
    const answer = await running.post([
      event('a', { section: 'medications' }),
      event('a', { occurred_at: '2024-01-31T23:30:00Z' }),
      event('b'),
      event('b', { patient_id: '9990000026' }),
    ]);
    expect(answer.json).toMatchObject({ stored: 1, duplicates: 0, conflicts: 3 });
    expect(await stored()).toMatchObject([
      { event_id: 'a', section: 'results' },
      { event_id: 'b' },
    ]);
    const conflicts = await running.query<{ event_id: string; position: number; raw: string }>(
      "SELECT event_id, position, raw FROM ingest_rejects WHERE code = 'EVENT_CONFLICT' ORDER BY position",
    );
    expect(conflicts.map((row) => [row.event_id, row.position])).toEqual([
      ['a', 0],
      ['a', 1],
      ['b', 3],
    ]);
    expect(JSON.parse(conflicts[0]?.raw ?? '')).toMatchObject({
      event_id: 'a',
      section: 'medications',
    });
  });

  it('keeps the same id of two sources apart', async () => {
    const { addSource } = await import('../../../ingest/sources.ts');
    const { system_clock } = await import('../../../sql/clock.ts');
    const { key } = await addSource(engine().client, system_clock, {
      source: 'other',
      changed_by: 'test',
    });
    await running.post([event('a')]);
    const answer = await running.post([event('a', { section: 'results' })], { key });
    expect(answer.json).toMatchObject({ stored: 1, duplicates: 0, conflicts: 0 });
  });

  it('puts an event on its local day, across midnight and both clock changes', async () => {
    await running.post([
      event('bst', { occurred_at: '2026-06-30T23:30:00Z' }),
      event('gmt', { occurred_at: '2026-01-31T23:30:00Z' }),
      event('spring', { occurred_at: '2026-03-29T00:59:59Z' }),
      event('autumn', { occurred_at: '2026-10-24T23:00:00Z' }),
    ]);
    expect(Object.fromEntries((await stored()).map((row) => [row.event_id, row.day]))).toEqual({
      bst: '2026-07-01',
      gmt: '2026-01-31',
      spring: '2026-03-29',
      autumn: '2026-10-25',
    });
  });

  it('takes events of many months in one request', async () => {
    const events = Array.from({ length: 110 }, (_, month) =>
      event(`m${month}`, { occurred_at: new Date(Date.UTC(2000, month, 15)).toISOString() }),
    );
    expect((await running.post(events)).json).toMatchObject({ stored: 110 });
  });

  it.each(steps)('stores and counts the same when the loader fails at %s', async (step) => {
    await running.post([event('old', { section: 'results' })]);
    const fault = onceAt(step);
    await running.restart(fault);
    const body = [
      event('a'),
      event('a'),
      event('old'),
      event('b'),
      event('bad', { foo: 1 }),
      event('once'),
      event('b'),
    ]
      .map((each) => JSON.stringify(each))
      .join('\n');
    const answer = await running.post(body);
    expect(fault.hits()).toBeGreaterThan(0);
    // `old` comes without its section this time, so it is a conflict.
    expect(answer.json).toMatchObject({
      stored: 3,
      duplicates: 2,
      conflicts: 1,
      rejected_count: 1,
    });
    expect((await stored()).map((row) => row.event_id)).toEqual(['a', 'b', 'old', 'once']);
    expect(await running.query('SELECT code FROM ingest_rejects ORDER BY code')).toEqual([
      { code: 'EVENT_CONFLICT' },
      { code: 'EVENT_FIELD_UNKNOWN' },
    ]);
    const ledger = await running.query<{ load_seq: number }>(
      'SELECT toUInt32(load_seq) AS load_seq, toUInt32(received) AS received, toUInt32(stored) AS stored FROM segments ORDER BY load_seq',
    );
    expect(ledger).toEqual([
      { load_seq: 1, received: 1, stored: 1 },
      { load_seq: 2, received: 6, stored: 3 },
    ]);
    expect(await running.query('SELECT toUInt32(count()) AS receipts FROM receipts')).toEqual([
      { receipts: 2 },
    ]);
  });

  it('loads after a restart what was acknowledged before it', async () => {
    const always = (step: string) => {
      if (step === 'load.staged') throw new Error('Injected: ClickHouse is away.');
    };
    await running.restart(always);
    const answer = await running.post([event('a'), event('b')], { query: '' });
    expect(answer.status).toBe(200);
    const path = `receipts/${String(answer.json['receipt'])}`;
    expect((await running.get(path)).json).toMatchObject({ state: 'spooled' });
    await expect
      .poll(async () => (await running.get('health/ready')).status, { timeout: 5_000 })
      .toBe(503);
    await running.restart();
    await expect
      .poll(async () => (await running.get(path)).json, { timeout: 10_000 })
      .toMatchObject({ state: 'loaded', stored: 2 });
    expect((await stored()).map((row) => row.event_id)).toEqual(['a', 'b']);
  });

  it('derives a salt of its own for every event', async () => {
    await running.post([event('a'), event('b')]);
    await running.post([event('c')]);
    const [row] = await running.query<{ salts: number }>(
      'SELECT toUInt32(uniqExact(salt)) AS salts FROM access_events',
    );
    expect(row?.salts).toBe(3);
  });
});
