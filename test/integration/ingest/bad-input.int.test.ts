import { request as httpRequest } from 'node:http';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startIngest } from '../../../ingest/service.ts';
import { endSource } from '../../../ingest/sources.ts';
import { system_clock } from '../../../sql/clock.ts';
import { pino } from 'pino';
import { onEachEngine } from '../../support/engines.ts';
import { event, run, type Running } from './fixture.ts';

onEachEngine('bad input', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine(), { source: { organisation_codes: ['RZZ01', 'RZZ02'] } });
  });
  afterEach(() => running.close());

  const line = (id: string, fields = {}) => `${JSON.stringify(event(id, fields))}\n`;
  const kept = () =>
    running.query<{ code: string; raw: string; raw_encoding: string; position: number }>(
      'SELECT code, raw, raw_encoding, position FROM ingest_rejects ORDER BY received_at, position',
    );

  it('stores the good events of a batch, and lists and keeps the bad ones, each with its code', async () => {
    const bad: [string, string][] = [
      [line('f', { foo: 1 }), 'EVENT_FIELD_UNKNOWN'],
      [line('g', { load_seq: 1 }), 'EVENT_FIELD_OURS'],
      [line('h', { patient_id: '9990000019' }), 'EVENT_PATIENT_CHECK_DIGIT'],
      [line('i', { occurred_at: '2026-03-01T10:00:00' }), 'EVENT_TIME_NO_OFFSET'],
      [line('j', { occurred_at: '2099-03-01T10:00:00Z' }), 'EVENT_TIME_FUTURE'],
      [line('k', { occurred_at: '2026-02-30T10:00:00Z' }), 'EVENT_TIME_IMPOSSIBLE'],
      [line('l', { organisation_code: 'RZZ99' }), 'EVENT_ORGANISATION_NOT_ALLOWED'],
      ['[1]\n', 'EVENT_NOT_OBJECT'],
      ['nonsense\n', 'EVENT_JSON_INVALID'],
    ];
    const answer = await running.post(
      `${line('a')}${bad.map(([text]) => text).join('')}\n${line('b')}`,
    );
    expect(answer.json).toMatchObject({ accepted: 2, stored: 2, rejected_count: bad.length });
    const rejected = answer.json['rejected'] as { index: number; code: string; message: string }[];
    expect(rejected.map(({ index, code }) => [index, code])).toEqual(
      bad.map(([, code], index) => [index + 1, code]),
    );
    expect(rejected.map(({ message }) => message).join()).not.toMatch(/99900000/);
    expect((await kept()).map(({ code, raw }) => [`${raw}\n`, code])).toEqual(bad);
  });

  it('keeps the complete lines of NDJSON that was cut short, and quarantines the last', async () => {
    const answer = await running.post(line('a') + line('b').slice(0, 40));
    expect(answer.json).toMatchObject({
      stored: 1,
      rejected: [{ index: 1, code: 'EVENT_JSON_INVALID' }],
    });
    expect(await kept()).toMatchObject([{ raw: line('b').slice(0, 40) }]);
  });

  it('refuses a broken JSON array whole, and keeps that it came', async () => {
    const answer = await running.post(`[${line('a')},${line('b').slice(0, 40)}`, {
      type: 'application/json',
    });
    expect([answer.status, answer.json['code']]).toEqual([400, 'BODY_JSON_INVALID']);
    await expect.poll(kept).toMatchObject([{ code: 'EVENT_JSON_INVALID' }]);
    expect(await running.query('SELECT 1 FROM access_events')).toEqual([]);
  });

  it('takes a JSON array, and one event alone', async () => {
    const two = await running.post(`[${line('a')},${line('b', { foo: 1 })}]`, {
      type: 'application/json; charset=utf-8',
    });
    expect(two.json).toMatchObject({ stored: 1, rejected: [{ index: 1 }] });
    expect((await running.post(line('c'), { type: 'application/json' })).json).toMatchObject({
      stored: 1,
    });
  });

  it('refuses a line of 10 MB as one line, and takes its neighbours', async () => {
    const long = `{"reason":"${'x'.repeat(10_000_000)}"}\n`;
    const answer = await running.post(line('a') + long + line('b'));
    expect(answer.json).toMatchObject({
      stored: 2,
      rejected: [{ index: 1, code: 'EVENT_LINE_TOO_LONG' }],
    });
    expect(await kept()).toMatchObject([
      { raw: long.slice(0, 65_536), raw_encoding: 'truncated_utf8' },
    ]);
  });

  it('refuses what is nested too deeply on its own, and takes its neighbours', async () => {
    const deep = (levels: number) =>
      `{"event_id":"x]\\"[","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    for (const levels of [9, 5_000, 400_000]) {
      const answer = await running.post(
        `[${line(`a${levels}`)},${deep(levels)},${line(`b${levels}`)}]`,
        {
          type: 'application/json',
        },
      );
      expect(answer.json).toMatchObject({
        stored: 2,
        rejected: [{ index: 1, code: 'EVENT_TOO_DEEP' }],
      });
    }
    const lines = await running.post(`${line('c')}${deep(400_000)}\n${line('d')}`);
    expect(lines.json).toMatchObject({
      stored: 2,
      rejected: [{ index: 1, code: 'EVENT_TOO_DEEP' }],
    });
    const open = await running.post('['.repeat(10_000_000), { type: 'application/json' });
    expect([open.status, open.json['code']]).toEqual([400, 'BODY_JSON_INVALID']);
  });

  it('lets two slow uploads of arrays block nobody, and ends them', async () => {
    await running.close();
    running = await run(engine(), { limits: { array_grace_ms: 400 } });
    const slow = [1, 2, 3].map(
      () =>
        new Promise<number | undefined>((resolve, reject) => {
          const sent = httpRequest(`${running.ingest.address}/events`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${running.key}`,
              'content-type': 'application/json',
              'content-length': 33_000_000,
            },
          });
          sent.on('error', reject);
          sent.on('response', (response) => {
            resolve(response.statusCode);
            sent.destroy();
          });
          sent.write('[');
        }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    const answer = await running.post(`[${line('a')}]`, { type: 'application/json' });
    expect(answer.json).toMatchObject({ stored: 1 });
    expect(await Promise.all(slow)).toEqual([408, 408, 408]);
  });

  it('refuses a key that is limited to organisations what belongs to none', async () => {
    const answer = await running.put('patients', [{ patient_id: '9990000018' }]);
    expect([answer.status, answer.json['code']]).toEqual([403, 'DATASET_NOT_ALLOWED']);
  });

  it('refuses a full file without rows, and an end in the future', async () => {
    const empty = await running.put('staff', [], { query: '?mode=full' });
    expect([empty.status, empty.json['code']]).toEqual([400, 'REFERENCE_FULL_EMPTY']);
    for (const as_of of ['2099-01-01T00:00:00Z', '1800-01-01T00:00:00Z']) {
      const answer = await running.put('staff', [], { query: `?mode=full&as_of=${as_of}` });
      expect([answer.status, answer.json['code']]).toEqual([400, 'PARAMETER_INVALID']);
    }
  });

  it('passes over the mark at the start of UTF-8', async () => {
    expect((await running.post(`\ufeff${line('a')}`)).json).toMatchObject({ stored: 1 });
    const array = await running.post(`\ufeff[${line('b')}]`, { type: 'application/json' });
    expect(array.json).toMatchObject({ stored: 1 });
  });

  it('keeps what is not UTF-8 as base64', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"event_id":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}\n'),
    ]);
    const answer = await running.post('', { bytes });
    expect(answer.json).toMatchObject({ rejected: [{ code: 'EVENT_NOT_UTF8' }] });
    expect(await kept()).toMatchObject([
      { raw: bytes.subarray(0, -1).toString('base64'), raw_encoding: 'base64' },
    ]);
  });

  it('takes gzip and zstd bodies, and refuses damaged and unknown ones', async () => {
    const send = (encoding: string, bytes: Buffer) =>
      running.post('', { bytes, headers: { 'content-encoding': encoding } });
    expect((await send('gzip', gzipSync(line('a')))).json).toMatchObject({ stored: 1 });
    expect((await send('zstd', zstdCompressSync(line('b')))).json).toMatchObject({ stored: 1 });
    const cut = await send('gzip', gzipSync(line('c').repeat(100)).subarray(0, 60));
    expect([cut.status, cut.json['code']]).toEqual([400, 'BODY_ENCODING_BROKEN']);
    const two = Buffer.concat([zstdCompressSync(line('d')), zstdCompressSync(line('e'))]);
    const garbage = Buffer.concat([zstdCompressSync(line('d')), Buffer.from('garbage')]);
    const row = zstdCompressSync('{"staff_id":"1","organisation_code":"RZZ01"}\n');
    const put = (bytes: Buffer) =>
      running.put('staff', '', {
        bytes,
        headers: { 'content-encoding': 'zstd' },
        query: '?mode=full',
      });
    for (const answer of [
      await send('zstd', two),
      await send('zstd', garbage),
      await put(Buffer.concat([row, row])),
      await put(Buffer.concat([row, Buffer.from('garbage')])),
    ])
      expect([answer.status, answer.json['code']]).toEqual([400, 'BODY_ENCODING_BROKEN']);
    expect(await running.query('SELECT 1 FROM reference_loads')).toEqual([]);
    const unknown = await send('br', Buffer.from('x'));
    expect([unknown.status, unknown.json['code']]).toEqual([415, 'CONTENT_ENCODING_UNSUPPORTED']);
  });

  it('answers a wrong key, no key, another type, dataset, address and parameter with their own codes', async () => {
    const cases: [Promise<{ status: number; json: Record<string, unknown> }>, number, string][] = [
      [running.post(line('a'), { key: 'aak_wrong' }), 401, 'KEY_UNKNOWN'],
      [running.post(line('a'), { key: null }), 401, 'KEY_MISSING'],
      [running.post(line('a'), { type: 'text/plain' }), 415, 'CONTENT_TYPE_UNSUPPORTED'],
      [running.post(line('a'), { query: '?wait=yes' }), 400, 'PARAMETER_INVALID'],
      [running.put('wards', []), 404, 'DATASET_UNKNOWN'],
      [running.put('staff', [], { query: '?mode=half' }), 400, 'PARAMETER_INVALID'],
      [running.put('staff', [], { query: '?as_of=2026-03-01' }), 400, 'PARAMETER_INVALID'],
      [running.get('receipts/r_unknown'), 404, 'RECEIPT_UNKNOWN'],
      [running.get('nowhere'), 404, 'ROUTE_UNKNOWN'],
    ];
    for (const [answer, status, code] of cases) {
      const { status: given, json } = await answer;
      expect([given, json['code']]).toEqual([status, code]);
      expect(String(json['message']).length).toBeGreaterThan(10);
    }
    expect((await running.put('wards', [])).json['message']).toContain('care_relationships');
  });

  it('refuses the key of a source that has ended, within a second', async () => {
    expect((await running.post(line('a'))).status).toBe(200);
    await endSource(engine().client, system_clock, 'exchange', 'test');
    await expect
      .poll(async () => (await running.post(line('b'))).status, { timeout: 3_000 })
      .toBe(401);
  });

  it('slows down whoever tries keys', async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < 62; i++) statuses.add((await running.post('', { key: `aak_${i}` })).status);
    expect([...statuses]).toEqual([401, 429]);
    // Senders behind the same address do not answer for it.
    expect((await running.post(line('a'))).status).toBe(200);
  });

  it('tells a second service on its port which variable to set', async () => {
    const port = Number(new URL(running.ingest.address).port);
    const second = startIngest({
      engine: engine().engine,
      data_dir: `${running.data_dir}/second`,
      host: '127.0.0.1',
      port,
      clock: system_clock,
      log: pino({ level: 'silent' }),
    });
    await expect(second).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('INGEST_PORT'),
    });
  });

  it('gives no receipt to a sender that hangs up, and goes on', async () => {
    const sent = httpRequest(`${running.ingest.address}/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/x-ndjson' },
    });
    const ended = new Promise((resolve) => sent.on('error', resolve));
    sent.write(line('a'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    sent.destroy();
    await ended;
    expect((await running.post(line('b'))).json).toMatchObject({ stored: 1 });
    const upload = httpRequest(`${running.ingest.address}/reference/staff?mode=full`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/x-ndjson' },
    });
    const upload_ended = new Promise((resolve) => upload.on('error', resolve));
    upload.write('{"staff_id":"1","organisation_code":"RZZ01"}\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    upload.destroy();
    await upload_ended;
    await running.post(line('c'));
    expect(await running.query('SELECT 1 FROM reference_loads')).toEqual([]);
  });

  it('says 503 and when to come back while the spool is full, and takes everything afterwards', async () => {
    await running.close();
    let is_away = true;
    const fault = (step: string) => {
      if (step === 'load.staged' && is_away) throw new Error('Injected: ClickHouse is away.');
    };
    running = await run(engine(), {
      limits: { spool_bytes_max: 20_000, room_wait_ms_max: 50 },
      fault,
    });
    const statuses: number[] = [];
    let acknowledged = 0;
    for (let i = 0; i < 60; i++) {
      const answer = await running.post(line(`e${i}`), { query: '' });
      statuses.push(answer.status);
      if (answer.status === 200) acknowledged += 1;
      else
        expect([answer.json['code'], Number(answer.headers.get('retry-after')) > 0]).toEqual([
          'SPOOL_FULL',
          true,
        ]);
    }
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    is_away = false;
    await expect
      .poll(async () => (await running.post(line('last'), { query: '' })).status, {
        timeout: 5_000,
      })
      .toBe(200);
    await expect
      .poll(async () => running.query('SELECT toUInt32(count()) AS stored FROM access_events'), {
        timeout: 10_000,
      })
      .toEqual([{ stored: acknowledged + 1 }]);
  });

  it('never acknowledges what the disk did not take, and keeps what it did', async () => {
    await running.close();
    let failing = '';
    running = await run(engine(), {
      fault: (step) => {
        if (step === failing)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
    });
    for (const step of ['spool.write', 'spool.sync']) {
      expect((await running.post(line(`before ${step}`), { query: '' })).status).toBe(200);
      failing = step;
      const refused = await running.post(line(`during ${step}`), { query: '' });
      expect([refused.status, refused.json['code']]).toEqual([503, 'SPOOL_FAILED']);
      expect((await running.get('health/ready')).status).toBe(503);
      failing = '';
      // Without anybody sending: a balancer sends nothing to a service that is not ready.
      await expect
        .poll(async () => (await running.get('health/ready')).status, { timeout: 5_000 })
        .toBe(200);
      expect((await running.post(line(`after ${step}`))).json).toMatchObject({ stored: 1 });
    }
    const ids = await running.query<{ event_id: string }>(
      'SELECT event_id FROM access_events ORDER BY event_id',
    );
    expect(ids.map((row) => row.event_id)).toEqual([
      'after spool.sync',
      'after spool.write',
      'before spool.sync',
      'before spool.write',
    ]);
  });
});
