import {
  Bool,
  DateDay,
  Dictionary,
  Field,
  Float64,
  Int32,
  List,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
  type DataType,
} from 'apache-arrow';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { onEachEngine } from '../../support/engines.ts';
import { run, type Running } from './fixture.ts';

const type = 'application/vnd.apache.arrow.stream';
const words = () => new Dictionary(new Utf8(), new Int32());

function arrow(columns: Record<string, [values: unknown[], type: DataType]>): Buffer {
  const vectors = Object.entries(columns).map(([name, [values, data_type]]) => [
    name,
    vectorFromArray(values, data_type),
  ]);
  return Buffer.from(tableToIPC(new Table(Object.fromEntries(vectors) as never), 'stream'));
}

onEachEngine('reference data in Arrow', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine());
  });
  afterEach(() => running.close());

  const put = (dataset: string, bytes: Uint8Array, query = '?wait=loaded') =>
    running.put(dataset, '', { type, bytes, query });
  const areas = () =>
    running.query('SELECT area_code, ended_at IS NULL AS stands FROM areas ORDER BY area_code');

  it('stores what JSON would have, so that the same rows in JSON change nothing', async () => {
    const columns = {
      patient_id: [['9990000018', '9990000026', '9990000000', '9990000034'], new Utf8()],
      surname: [['Test', null, 'Test', 'Test'], words()],
      date_of_birth: [[new Date('1956-02-29'), null, null, null], new DateDay()],
      latitude: [[51.507_351, null, null, 91], new Float64()],
      flags: [[['watchlist'], [], null, null], new List(new Field('item', new Utf8()))],
    } satisfies Parameters<typeof arrow>[0];
    const sent = await put('patients', arrow(columns));
    expect(sent.json).toMatchObject({
      accepted: 2,
      stored: 2,
      rejected: [
        { index: 2, code: 'REFERENCE_PATIENT_CHECK_DIGIT' },
        { index: 3, code: 'REFERENCE_FIELD_VALUE' },
      ],
    });
    const same = await running.put('patients', [
      {
        patient_id: '9990000018',
        surname: 'Test',
        date_of_birth: '1956-02-29',
        latitude: 51.507_351,
        flags: ['watchlist'],
      },
      { patient_id: '9990000026', flags: [] },
    ]);
    expect(same.json).toMatchObject({ stored: 0, duplicates: 2 });
    const [refused] = await running.query<{ raw: string }>(
      'SELECT raw FROM ingest_rejects WHERE position = 3',
    );
    expect(JSON.parse(refused?.raw ?? '')).toEqual({
      patient_id: '9990000034',
      surname: 'Test',
      latitude: 91,
    });
  });

  it('reads timestamps and flags, compressed', async () => {
    const rosters = arrow({
      staff_id: [['1'], new Utf8()],
      organisation_code: [['RZZ01'], words()],
      starts_at: [[Date.UTC(2026, 2, 1, 8, 30)], new TimestampMicrosecond('Europe/London')],
      ends_at: [['2026-03-01T16:30:00+00:00'], new Utf8()],
    });
    const sent = await running.put('rosters', '', {
      type,
      bytes: gzipSync(rosters),
      headers: { 'content-encoding': 'gzip' },
    });
    expect(sent.json).toMatchObject({ stored: 1, rejected_count: 0 });
    expect(
      await running.query(
        'SELECT toUnixTimestamp64Milli(starts_at) AS starts, toUnixTimestamp64Milli(ends_at) AS ends FROM rosters',
      ),
    ).toEqual([{ starts: Date.UTC(2026, 2, 1, 8, 30), ends: Date.UTC(2026, 2, 1, 16, 30) }]);
    const objections = {
      patient_id: [['9990000018', '9990000026'], new Utf8()],
      organisation_code: [['RZZ01', 'RZZ01'], words()],
      upheld: [[true, null], new Bool()],
    } satisfies Parameters<typeof arrow>[0];
    await put('patient_objections', arrow(objections));
    expect(
      await running.query('SELECT upheld FROM patient_objections ORDER BY patient_id'),
    ).toEqual([{ upheld: true }, { upheld: null }]);
  });

  it('refuses whole, and ends nothing in full mode, what lacks a column, has another type, or is cut short', async () => {
    const text = (...values: string[]): [string[], DataType] => [values, new Utf8()];
    const good = arrow({ area_code: text('a', 'b'), name: text('A', 'B') });
    expect((await put('areas', good)).json).toMatchObject({ stored: 2 });
    const cases: [Buffer, string][] = [
      [arrow({ area_code: text('c') }), 'REFERENCE_COLUMN_MISSING'],
      [
        arrow({ area_code: text('c'), name: text('C'), colour: text('red') }),
        'REFERENCE_COLUMN_UNKNOWN',
      ],
      [arrow({ area_code: text('c'), name: [[1], new Int32()] }), 'REFERENCE_COLUMN_TYPE'],
      [good.subarray(0, -8), 'REFERENCE_ARROW_INVALID'],
      [Buffer.from('area_code,name\nc,C\n'), 'REFERENCE_ARROW_INVALID'],
    ];
    for (const [bytes, code] of cases) {
      const { status, json } = await put('areas', bytes, '?wait=loaded&mode=full');
      expect([status, json['code']]).toEqual([400, code]);
    }
    expect(await areas()).toMatchObject([{ area_code: 'a' }, { area_code: 'b' }]);
    expect(await running.query('SELECT 1 FROM areas WHERE ended_at IS NOT NULL')).toEqual([]);
    const codes = async () =>
      (await running.query<{ code: string }>('SELECT code FROM ingest_rejects'))
        .map(({ code }) => code)
        .sort();
    await expect.poll(codes, { timeout: 20_000 }).toEqual(cases.map(([, code]) => code).sort());
  });

  it('says what may be sent, and refuses a batch that is too large', async () => {
    expect(
      (await running.put('areas', '', { type: 'application/json' })).json['message'],
    ).toContain(type);
    await running.close();
    running = await run(engine(), { limits: { arrow_batch_bytes_max: 64 } });
    const many = Array.from({ length: 100 }, (_, index) => `a${index}`);
    const bytes = arrow({ area_code: [many, new Utf8()], name: [many, new Utf8()] });
    expect(await put('areas', bytes)).toMatchObject({
      status: 413,
      json: { code: 'REFERENCE_ARROW_TOO_LARGE' },
    });
  });
});
