import { afterEach, beforeEach, expect, it } from 'vitest';
import { addSource, endSource } from '../../../ingest/sources.ts';
import { system_clock } from '../../../sql/clock.ts';
import { onEachEngine } from '../../support/engines.ts';
import { onceAt, run, type Running } from './fixture.ts';

const area = (area_code: string, name: string) => ({ area_code, name });
const csv = { type: 'text/csv' };

onEachEngine('reference data', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine());
  });
  afterEach(() => running.close());

  const areas = () =>
    running.query<{ area_code: string; name: string; ended: number }>(
      'SELECT area_code, name, toUnixTimestamp64Milli(ended_at) AS ended FROM areas ORDER BY area_code',
    );
  const loads = () =>
    running.query(
      `SELECT toUInt32(received) AS received, toUInt32(changed) AS changed, toUInt32(unchanged) AS unchanged,
          toUInt32(ended) AS ended, toUInt32(rejects) AS rejects
       FROM reference_loads ORDER BY load_seq`,
    );

  it('stores what is new or changed, and counts what is as before', async () => {
    await running.put('areas', [area('a', 'A'), area('b', 'B')]);
    const again = await running.put('areas', [area('a', 'A'), area('b', 'Bee'), area('c', 'C')]);
    expect(again.json).toMatchObject({ state: 'loaded', accepted: 3, stored: 2, duplicates: 1 });
    expect(await areas()).toMatchObject([{ name: 'A' }, { name: 'Bee' }, { name: 'C' }]);
    expect((await running.put('areas', [area('a', 'A'), area('c', 'C')])).json).toMatchObject({
      stored: 0,
      duplicates: 2,
    });
    expect(await loads()).toMatchObject([
      { received: 2, changed: 2 },
      { received: 3, changed: 2, unchanged: 1 },
      { received: 2, changed: 0, unchanged: 2 },
    ]);
  });

  it('lets the later line of a file win, and a value come back', async () => {
    await running.put('areas', [area('a', 'first'), area('a', 'last')]);
    expect(await areas()).toMatchObject([{ name: 'last' }]);
    await running.put('areas', [area('a', 'other')]);
    await running.put('areas', [area('a', 'last')]);
    expect(await areas()).toMatchObject([{ name: 'last' }]);
  });

  it('ends in full mode the keys that are not in the file, as of the time given, and brings them back', async () => {
    await running.put('areas', [area('a', 'A'), area('b', 'B'), area('c', 'C')]);
    const full = { query: '?wait=loaded&mode=full&as_of=2026-03-01T00:00:00%2B00:00' };
    await running.put('areas', [area('a', 'A'), area('b', 'Bee')], full);
    expect(await areas()).toEqual([
      { area_code: 'a', name: 'A', ended: null },
      { area_code: 'b', name: 'Bee', ended: null },
      { area_code: 'c', name: 'C', ended: Date.UTC(2026, 2, 1) },
    ]);
    expect((await loads())[1]).toMatchObject({ changed: 1, unchanged: 1, ended: 1 });
    await running.put('areas', [area('a', 'A'), area('b', 'Bee')], full);
    expect((await loads())[2]).toMatchObject({ changed: 0, ended: 0 });
    await running.put('areas', [area('c', 'C')]);
    expect((await areas())[2]).toEqual({ area_code: 'c', name: 'C', ended: null });
  });

  it('ends nothing when a row of a full load was refused, and says so', async () => {
    await running.put('areas', [area('a', 'A'), area('b', 'B')]);
    const answer = await running.put('areas', [area('a', 'A'), { area_code: 'b' }], {
      query: '?wait=loaded&mode=full',
    });
    expect(answer.json).toMatchObject({
      rejected_count: 1,
      warning: expect.stringContaining('no key was ended'),
    });
    expect((await areas()).map(({ ended }) => ended)).toEqual([null, null]);
    expect(await running.query('SELECT dataset, code, position FROM ingest_rejects')).toEqual([
      { dataset: 'areas', code: 'REFERENCE_FIELD_MISSING', position: 1 },
    ]);
    expect((await loads())[1]).toMatchObject({ rejects: 1 });
  });

  it('leaves the rows of another source to that source', async () => {
    const { key } = await addSource(engine().client, system_clock, {
      source: 'other',
      changed_by: 'test',
    });
    await running.put('areas', [area('a', 'A')]);
    await running.put('areas', [area('b', 'B')], { key, query: '?wait=loaded&mode=full' });
    expect((await areas()).map(({ ended }) => ended)).toEqual([null, null]);
  });

  it('reads CSV with lists, quotes, numbers, dates and empty cells', async () => {
    const text = [
      '\ufeffpatient_id,surname,flags,latitude,date_of_birth,died_on',
      '9990000018,"O\'Neil, ""Test""",watchlist;sensitive,51.5,1956-02-29,',
      '9990000026,,,,,',
    ].join('\r\n');
    expect((await running.put('patients', text, csv)).json).toMatchObject({
      stored: 2,
      rejected_count: 0,
    });
    expect(
      await running.query(
        'SELECT patient_id, surname, flags, latitude, date_of_birth, died_on FROM patients ORDER BY patient_id',
      ),
    ).toEqual([
      {
        patient_id: '9990000018',
        surname: 'O\'Neil, "Test"',
        flags: ['watchlist', 'sensitive'],
        latitude: 51.5,
        date_of_birth: '1956-02-29',
        died_on: null,
      },
      {
        patient_id: '9990000026',
        surname: '',
        flags: [],
        latitude: null,
        date_of_birth: null,
        died_on: null,
      },
    ]);
    const same =
      '{"patient_id":"9990000018","surname":"O\'Neil, \\"Test\\"","flags":["watchlist","sensitive"],"latitude":51.5,"date_of_birth":"1956-02-29"}';
    expect((await running.put('patients', same)).json).toMatchObject({ stored: 0, duplicates: 1 });
  });

  it('refuses the row of a CSV that is not UTF-8, and takes the others', async () => {
    const bytes = Buffer.from('area_code,name\na,M\u00fcller\nb,B\n', 'latin1');
    expect((await running.put('areas', '', { ...csv, bytes })).json).toMatchObject({
      stored: 1,
      rejected: [{ index: 0, code: 'REFERENCE_NOT_UTF8' }],
    });
  });

  it('refuses a CSV without a required column, with an unknown one, or damaged, whole and by name', async () => {
    const cases: [string, string, string][] = [
      ['area_code\na', 'REFERENCE_COLUMN_MISSING', 'name'],
      ['', 'REFERENCE_COLUMN_MISSING', 'area_code'],
      ['area_code,name,colour\na,A,red', 'REFERENCE_COLUMN_UNKNOWN', 'colour'],
      ['area_code,name,name\na,A,B', 'REFERENCE_COLUMN_UNKNOWN', 'twice'],
      ['area_code,name\na,A\nb,"B', 'REFERENCE_CSV_INVALID', 'quote'],
    ];
    for (const [text, code, word] of cases) {
      const answer = await running.put('areas', text, csv);
      expect([answer.status, answer.json['code']]).toEqual([400, code]);
      expect(answer.json['message']).toContain(word);
    }
    expect(await areas()).toEqual([]);
    await expect
      .poll(
        async () =>
          (
            await running.query<{ code: string }>(
              'SELECT code FROM ingest_rejects ORDER BY received_at',
            )
          ).map(({ code }) => code),
        { timeout: 20_000 },
      )
      .toEqual(cases.map(([, code]) => code));
  });

  it("fills in the source's system of staff ids, and keeps instants to the millisecond", async () => {
    await running.put('rosters', [
      {
        staff_id: '1',
        organisation_code: 'RZZ01',
        starts_at: '2026-03-29T00:30:00.125+01:00',
        ends_at: '2026-03-29T09:00:00Z',
      },
    ]);
    expect(
      await running.query('SELECT staff_id_system, toString(starts_at) AS starts FROM rosters'),
    ).toEqual([{ staff_id_system: 'urn:access-audit:local', starts: '2026-03-28 23:30:00.125' }]);
  });

  it('takes a file of many batches, each row once and in its order', async () => {
    const rows = Array.from({ length: 30_000 }, (_, index) =>
      area(`a${index % 29_000}`, `name ${index} ${'x'.repeat(60)}`),
    );
    expect((await running.put('areas', rows)).json).toMatchObject({ accepted: 30_000 });
    expect(
      await running.query(
        "SELECT toUInt32(count()) AS areas, toUInt32(countIf(name LIKE 'name 29%')) AS last FROM areas WHERE area_code < 'a1'",
      ),
    ).toEqual([{ areas: 1, last: 1 }]);
    expect(await running.query('SELECT toUInt32(count()) AS areas FROM areas')).toEqual([
      { areas: 29_000 },
    ]);
  });

  it('lets a limited source neither take over the relationship of another organisation, nor end it', async () => {
    const relationship = (relationship_id: string, organisation_code: string) => ({
      relationship_id,
      organisation_code,
      patient_id: '9990000018',
      kind: 'appointment',
      starts_at: '2026-03-01T09:00:00Z',
    });
    const { key } = await addSource(engine().client, system_clock, {
      source: 'trust',
      changed_by: 'test',
      organisation_codes: ['RZZ02'],
    });
    await running.put('care_relationships', [
      relationship('r1', 'RZZ01'),
      relationship('r2', 'RZZ02'),
    ]);
    await endSource(engine().client, system_clock, 'exchange', 'test');
    const rows = [relationship('r1', 'RZZ02'), { ...relationship('r2', 'RZZ02'), team: 't' }];
    const answer = await running.put('care_relationships', rows, {
      key,
      query: '?wait=loaded&mode=full',
    });
    expect(answer.json).toMatchObject({ stored: 1, conflicts: 1, duplicates: 0, ended: 0 });
    expect(
      await running.query(
        'SELECT relationship_id, organisation_code, team, ended_at FROM care_relationships ORDER BY relationship_id',
      ),
    ).toEqual([
      { relationship_id: 'r1', organisation_code: 'RZZ01', team: '', ended_at: null },
      { relationship_id: 'r2', organisation_code: 'RZZ02', team: 't', ended_at: null },
    ]);
    expect(await running.query('SELECT source, code, position FROM ingest_rejects')).toEqual([
      { source: 'trust', code: 'REFERENCE_KEY_TAKEN', position: 0 },
    ]);
  });

  const steps = ['staged', 'changed', 'ended', 'receipt', 'committed'];
  it.each(steps)(
    'stores and counts the same when the loader fails at reference.%s',
    async (step) => {
      await running.put('areas', [area('a', 'A'), area('b', 'B')]);
      const fault = onceAt(`reference.${step}`);
      await running.restart(fault);
      const answer = await running.put('areas', [area('a', 'A'), area('c', 'C')], {
        query: '?wait=loaded&mode=full',
      });
      expect(fault.hits()).toBeGreaterThan(0);
      expect(answer.json).toMatchObject({ stored: 1, duplicates: 1 });
      expect((await loads())[1]).toMatchObject({ received: 2, changed: 1, unchanged: 1, ended: 1 });
      expect((await areas()).map(({ ended }) => ended !== null)).toEqual([false, true, false]);
    },
  );
});
