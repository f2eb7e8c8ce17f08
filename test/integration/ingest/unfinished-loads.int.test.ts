/** Loads that were cut short, where the next start finds the segments in another order than they were loaded in. */
import { request as httpRequest } from 'node:http';
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { onEachEngine } from '../../support/engines.ts';
import { event, run, type Running } from './fixture.ts';

/** For what comes sooner or later: nothing here is about how soon, and a machine under load takes its time. */
const wait_ms = 60_000;
const staff = { staff_id: '555000000001', organisation_code: 'RZZ01' };

onEachEngine('loads that were cut short', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine(), { limits: { close_load_ms_max: 500 } });
  });
  afterEach(() => running.close());

  /** A fault that is thrown from the time that the step is set, until the process ends. */
  function holding() {
    const held = { step: '', hits: 0 };
    const fault = (step: string) => {
      if (step !== held.step) return;
      held.hits += 1;
      throw new Error(`Held at ${step}.`);
    };
    return { held, fault };
  }

  /** Begins an upload of staff, whose segment has its number now; returns what ends it. */
  async function beginStaff(): Promise<() => Promise<void>> {
    const request = httpRequest(`${running.ingest.address}/reference/staff`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/x-ndjson' },
    });
    request.write(`${JSON.stringify(staff)}\n`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return () =>
      new Promise((resolve, reject) => {
        request.on('error', reject);
        request.on('response', (response) => {
          if (response.statusCode !== 200) reject(new Error(`Status ${response.statusCode}.`));
          response.resume().on('end', resolve);
        });
        request.end();
      });
  }

  const settled = async () =>
    expect
      .poll(
        async () =>
          (await readdir(join(running.data_dir, 'spool'))).filter((n) => /ndjson/.test(n)),
        { timeout: wait_ms },
      )
      .toEqual([]);
  const committed = () =>
    running.query<{ event_id: string; load_seq: number }>(
      'SELECT event_id, toUInt32(load_seq) AS load_seq FROM committed_events ORDER BY event_id',
    );
  const ledger = () =>
    running.query(
      `SELECT * FROM (
         SELECT toUInt32(load_seq) AS load_seq, toUInt32(stored) AS stored, toUInt32(duplicates) AS again FROM segments
         UNION ALL SELECT toUInt32(load_seq), toUInt32(changed), toUInt32(unchanged) FROM reference_loads)
       ORDER BY load_seq`,
    );

  it.each(['load.intended', 'load.staged', 'load.events', 'load.keys', 'load.receipts'])(
    'keeps the number of a load of events that ended at %s from an upload that began before it',
    async (step) => {
      await running.post([event('first')]);
      const { held, fault } = holding();
      await running.restart(fault);
      const endUpload = await beginStaff();
      held.step = step;
      await running.post([event('B'), event('C')], { query: '' });
      await expect.poll(() => held.hits, { timeout: wait_ms }).toBeGreaterThan(0);
      await endUpload();
      await running.restart();
      await settled();
      expect(await committed()).toEqual([
        { event_id: 'B', load_seq: 2 },
        { event_id: 'C', load_seq: 2 },
        { event_id: 'first', load_seq: 1 },
      ]);
      expect(await running.query('SELECT event_id FROM access_events')).toHaveLength(3);
      expect(await ledger()).toEqual([
        { load_seq: 1, stored: 1, again: 0 },
        { load_seq: 2, stored: 2, again: 0 },
        { load_seq: 3, stored: 1, again: 0 },
      ]);
      expect((await running.post([event('B')])).json).toMatchObject({ stored: 0, duplicates: 1 });
    },
  );

  it.each(['load.intended', 'reference.staged', 'reference.changed', 'reference.receipt'])(
    'counts as changed what a load of reference data stored that ended at %s, and no events take its number',
    async (step) => {
      const { held, fault } = holding();
      await running.restart(fault);
      held.step = 'load.staged';
      await running.post([event('A')], { query: '' });
      await expect.poll(() => held.hits, { timeout: wait_ms }).toBeGreaterThan(0);
      await running.post([event('B')], { query: '' });
      await running.put('staff', [staff], { query: '' });
      // From now on A can be loaded, and then the reference data, which closed before the segment of B did.
      let references = 0;
      const inner = held.hits;
      held.step = step === 'load.intended' ? 'reference.staged' : step;
      await expect
        .poll(() => (references = held.hits - inner), { timeout: wait_ms })
        .toBeGreaterThan(0);
      expect(references).toBeGreaterThan(0);
      await running.restart();
      await settled();
      expect((await committed()).map(({ event_id }) => event_id)).toEqual(['A', 'B']);
      expect(await ledger()).toEqual([
        { load_seq: 1, stored: 1, again: 0 },
        { load_seq: 2, stored: 1, again: 0 },
        { load_seq: 3, stored: 1, again: 0 },
      ]);
      expect(
        await running.query(
          `SELECT toUInt32(load_seq) AS load_seq, toUInt32(changed) AS changed, segment_id = (
             SELECT segment_id FROM load_intents AS i WHERE i.dataset = 'staff') AS is_its_own
           FROM reference_loads`,
        ),
      ).toEqual([{ load_seq: 2, changed: 1, is_its_own: 1 }]);
      expect(
        await running.query('SELECT toUInt32(load_seq) AS load_seq FROM staff_versions'),
      ).toEqual([{ load_seq: 2 }]);
    },
  );

  it('gives a number whose segment is lost to no other, keeps what was stored, and knows it again', async () => {
    const { held, fault } = holding();
    await running.restart(fault);
    held.step = 'load.events';
    await running.post([event('lost')], { query: '' });
    await expect.poll(() => held.hits, { timeout: wait_ms }).toBeGreaterThan(0);
    await running.ingest.close();
    const spool = join(running.data_dir, 'spool');
    for (const name of await readdir(spool))
      if (name.endsWith('.ndjson')) await unlink(join(spool, name));
    await running.restart();
    expect((await running.post([event('lost'), event('new')])).json).toMatchObject({
      stored: 1,
      duplicates: 1,
    });
    expect(await committed()).toEqual([
      { event_id: 'lost', load_seq: 1 },
      { event_id: 'new', load_seq: 2 },
    ]);
    expect(await ledger()).toEqual([
      { load_seq: 1, stored: 1, again: 0 },
      { load_seq: 2, stored: 1, again: 1 },
    ]);
  });

  it('marks reference data as changed that a load stored whose segment is lost', async () => {
    const { held, fault } = holding();
    await running.restart(fault);
    held.step = 'reference.changed';
    await running.put('staff', [staff], { query: '' });
    await expect.poll(() => held.hits, { timeout: wait_ms }).toBeGreaterThan(0);
    await running.ingest.close();
    const spool = join(running.data_dir, 'spool');
    for (const name of await readdir(spool))
      if (name.endsWith('.ndjson')) await unlink(join(spool, name));
    await running.restart();
    await running.post([event('a')]);
    expect(await ledger()).toEqual([
      { load_seq: 1, stored: 1, again: 0 },
      { load_seq: 2, stored: 1, again: 0 },
    ]);
    expect((await running.put('staff', [staff])).json).toMatchObject({ stored: 0, duplicates: 1 });
  });
});
