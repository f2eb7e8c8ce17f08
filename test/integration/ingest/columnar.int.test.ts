import {
  Dictionary,
  Field,
  Int32,
  List,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nhsNumbers } from '../../simulate/nhs-number.ts';
import { onEachEngine } from '../../support/engines.ts';
import { run, type Running } from './fixture.ts';

const next = nhsNumbers(5);
const patients = [next(), next(), next()];
const arrow_type = 'application/vnd.apache.arrow.stream';

const events = [
  { event_id: 'a', action: 'view', staff_name: 'Zoë Ōkami', patient_id: patients[0] },
  { event_id: 'b', action: 'export', patient_id: patients[1], supplier_codes: ['RAL', 'R1H'] },
  { event_id: 'c', action: 'view', patient_id: '9990000000' },
  { event_id: 'd', action: 'search', search_results: [patients[0], patients[2]] },
  { event_id: 'e', action: 'look', patient_id: patients[2] },
  { event_id: 'f', action: 'print', patient_id: patients[2], reason: 'two\nlines; "quoted"' },
].map((event, index) => ({
  occurred_at: `2026-03-0${index + 1}T09:30:00.250Z`,
  staff_id: '555',
  organisation_code: 'RZZ01',
  ...event,
}));
const texts = [
  'event_id',
  'occurred_at',
  'staff_id',
  'staff_name',
  'patient_id',
  'reason',
] as const;
const words = ['action', 'organisation_code'] as const;
const lists = ['supplier_codes', 'search_results'] as const;

function valuesOf(name: string): unknown[] {
  return events.map((event) => (event as Record<string, unknown>)[name] ?? null);
}

function asArrow(): Buffer {
  const item = () => new List(new Field('item', new Utf8()));
  const columns = Object.fromEntries([
    ...texts.map((name) => [name, vectorFromArray(valuesOf(name), new Utf8())]),
    ...words.map((name) => [
      name,
      vectorFromArray(valuesOf(name), new Dictionary(new Utf8(), new Int32())),
    ]),
    ...lists.map((name) => [name, vectorFromArray(valuesOf(name), item())]),
  ]) as ConstructorParameters<typeof Table>[0];
  return Buffer.from(tableToIPC(new Table(columns as never), 'stream'));
}

function asCsv(): Buffer {
  const names = [...texts, ...words, ...lists];
  const cell = (value: unknown) =>
    `"${(Array.isArray(value) ? value.join(';') : String(value ?? '')).replaceAll('"', '""')}"`;
  const rows = events.map((event) =>
    names.map((name) => cell((event as Record<string, unknown>)[name])).join(','),
  );
  return Buffer.from(`${names.join(',')}\n${rows.join('\n')}\n`);
}

onEachEngine('events in columns', (engine) => {
  let running: Running;
  beforeEach(async () => {
    // Small bodies are written as lines otherwise, and this is about blocks.
    running = await run(engine(), { limits: { block_body_bytes_min: 0 } });
  });
  afterEach(() => running.close());

  const rejected = [
    { index: 2, code: 'EVENT_PATIENT_CHECK_DIGIT' },
    { index: 4, code: 'EVENT_FIELD_VALUE' },
  ];

  it('takes the same events as NDJSON, Arrow and CSV, and stores them once', async () => {
    const ndjson = await running.post(events);
    expect(ndjson.json).toMatchObject({ accepted: 4, stored: 4, rejected });
    const bytes = asArrow();
    const arrow = await running.post('', { type: arrow_type, bytes });
    expect(arrow.json).toMatchObject({ accepted: 4, duplicates: 4, conflicts: 0, rejected });
    const packed = { type: arrow_type, headers: { 'content-encoding': 'zstd' } };
    const again = await running.post('', { ...packed, bytes: zstdCompressSync(bytes) });
    expect(again.json).toMatchObject({ duplicates: 4, conflicts: 0 });
    const csv = await running.post('', { type: 'text/csv', bytes: asCsv() });
    expect(csv.json).toMatchObject({ accepted: 4, duplicates: 4, conflicts: 0, rejected });
    expect(
      await running.query(
        `SELECT event_id, staff_name, outcome, purpose, supplier_codes, search_results, reason
         FROM access_events ORDER BY event_id`,
      ),
    ).toEqual([
      { ...stored, event_id: 'a', staff_name: 'Zoë Ōkami' },
      { ...stored, event_id: 'b', supplier_codes: ['RAL', 'R1H'] },
      { ...stored, event_id: 'd', search_results: [patients[0], patients[2]] },
      { ...stored, event_id: 'f', reason: 'two\nlines; "quoted"' },
    ]);
    expect(
      await running.query(
        'SELECT code, count() AS n FROM ingest_rejects GROUP BY code ORDER BY code',
      ),
    ).toMatchObject([{ code: 'EVENT_FIELD_VALUE' }, { code: 'EVENT_PATIENT_CHECK_DIGIT' }]);
  });

  it('refuses the row of a CSV that is not UTF-8, and keeps its bytes', async () => {
    const row = (event_id: string, staff_name: string) =>
      `${event_id},2026-03-01T09:30:00Z,search,1,RX001,${staff_name}\n`;
    const header = '\ufeffevent_id,occurred_at,action,staff_id,organisation_code,staff_name\n';
    const bytes = Buffer.concat([
      Buffer.from(header + row('a', 'Zoë')),
      Buffer.from(row('b', 'M\u00fcller'), 'latin1'),
      Buffer.from(row('c', 'Ōkami')),
    ]);
    const { json } = await running.post('', { type: 'text/csv', bytes });
    expect(json).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'EVENT_NOT_UTF8' }] });
    expect(await running.query('SELECT staff_name FROM access_events ORDER BY event_id')).toEqual([
      { staff_name: 'Zoë' },
      { staff_name: 'Ōkami' },
    ]);
    expect(
      await running.query(
        `SELECT hex(base64Decode(raw)) LIKE '%4DFC6C6C6572%' AS is_kept FROM ingest_rejects`,
      ),
    ).toMatchObject([{ is_kept: 1 }]);
  });

  it('refuses a stream whose columns are not those of an event, and stores nothing of it', async () => {
    const post = async (columns: Record<string, unknown[]>) => {
      const vectors = Object.entries(columns).map(([name, values]) => [
        name,
        typeof values[0] === 'string'
          ? vectorFromArray(values, new Utf8())
          : vectorFromArray(values),
      ]);
      const table = new Table(Object.fromEntries(vectors) as never);
      const bytes = Buffer.from(tableToIPC(table, 'stream'));
      return (await running.post('', { type: arrow_type, bytes })).json['code'];
    };
    const whole = {
      event_id: ['a'],
      occurred_at: ['2026-03-01T09:30:00Z'],
      action: ['search'],
      staff_id: ['1'],
      organisation_code: ['RZZ01'],
    };
    expect(await post({ ...whole, load_seq: ['1'] })).toBe('EVENTS_COLUMN_UNKNOWN');
    expect(await post({ ...whole, staff_id: [1] })).toBe('EVENTS_COLUMN_TYPE');
    expect(await post({ event_id: ['a'] })).toBe('EVENTS_COLUMN_MISSING');
    const cut = asArrow().subarray(0, -200);
    const answer = await running.post('', { type: arrow_type, bytes: cut });
    expect([answer.status, answer.json['code']]).toEqual([400, 'EVENTS_ARROW_INVALID']);
    expect(await running.query('SELECT event_id FROM access_events')).toEqual([]);
  });
});

const stored = {
  staff_name: '',
  outcome: 'unknown',
  purpose: 'unknown',
  supplier_codes: [],
  search_results: [],
  reason: '',
};
