/** FHIR over HTTP, as a client meets it: what is answered, and what is on disk and in the store afterwards. */
import { gzipSync } from 'node:zlib';
import { Client } from 'fhir-kit-client';
import { afterEach, describe, expect, it } from 'vitest';
import { fhirId } from '../../../ingest/formats/fhir/id.ts';
import {
  bundleOf,
  organisationAgent,
  patientEntity,
  personAgent,
  readEvent,
  readEventR5,
  readEventXml,
  type Json,
} from '../../support/fhir-messages.ts';
import { onEachEngine } from '../../support/engines.ts';
import { run, type Running } from './fixture.ts';

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

interface Stored {
  event_id: string;
  patient_id: string;
  raw: string;
  format: string;
}

onEachEngine('FHIR', (engine) => {
  let running: Running;
  afterEach(() => running.close());

  async function send(
    path: string,
    body: string | Uint8Array,
    headers: Record<string, string> = {},
    key = running.key,
  ): Promise<Reply> {
    const response = await fetch(`${running.ingest.address}/fhir${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/fhir+json',
        authorization: `Bearer ${key}`,
        ...headers,
      },
      body: body as BodyInit,
    });
    const text = await response.text();
    const json = (text.startsWith('{') ? JSON.parse(text) : {}) as Json;
    return { status: response.status, headers: response.headers, text, json };
  }
  const create = (event: Json, headers: Record<string, string> = {}) =>
    send('/AuditEvent?wait=loaded', JSON.stringify(event), headers);
  const stored = () =>
    running.query<Stored>(
      `SELECT event_id, patient_id, raw, format FROM access_events AS e
       LEFT JOIN original_messages AS m ON m.message_id = e.message_id ORDER BY event_id`,
    );
  const issues = (reply: Reply) =>
    (reply.json['issue'] as Json[]).map((issue) => ({
      severity: issue['severity'],
      code: ((issue['details'] as Json | undefined)?.['coding'] as Json[] | undefined)?.[0]?.[
        'code'
      ],
      expression: (issue['expression'] as string[] | undefined)?.[0],
    }));

  describe('one event', () => {
    it('is created: 201, found under its Location, its bytes kept as they came', async () => {
      running = await run(engine());
      const body = JSON.stringify(readEvent('one'), null, 2);
      const reply = await send('/AuditEvent?wait=loaded', body);
      expect(reply.status).toBe(201);
      expect(reply.text).toBe('');
      const id = fhirId('exchange', 'one');
      expect(reply.headers.get('location')).toBe(`${running.ingest.address}/fhir/AuditEvent/${id}`);
      expect(await stored()).toEqual([
        { event_id: 'one', patient_id: '9990000018', raw: body, format: 'fhir_r4' },
      ]);
    });

    it('is taken twice and stored once; as compressed XML, and in R5; and told back if asked', async () => {
      running = await run(engine());
      expect((await create(readEvent('one'))).status).toBe(201);
      expect((await create(readEvent('one'))).status).toBe(201);
      expect(await stored()).toHaveLength(1);
      const xml = await send('/AuditEvent?wait=loaded', gzipSync(readEventXml('x')), {
        'content-type': 'application/fhir+xml; charset=utf-8',
        'content-encoding': 'gzip',
        prefer: 'return=representation',
      });
      expect(xml.status).toBe(201);
      expect(xml.headers.get('content-type')).toContain('application/fhir+xml');
      expect(xml.text).toContain('<AuditEvent xmlns="http://hl7.org/fhir">');
      expect((await stored())[1]?.raw).toBe(readEventXml('x'));
      const five = await create(readEventR5('five'), { prefer: 'return=representation' });
      expect(five.json).toMatchObject({
        resourceType: 'AuditEvent',
        id: fhirId('exchange', 'five'),
        recorded: '2026-03-01T10:00:00.123Z',
      });
    });

    it('is refused with an OperationOutcome that names the element, and kept', async () => {
      running = await run(engine());
      const event = readEvent('no-user', { agent: [organisationAgent('RZZ01')] });
      const reply = await create(event);
      expect(reply.status).toBe(422);
      expect(reply.json['resourceType']).toBe('OperationOutcome');
      expect(issues(reply)).toEqual([
        { severity: 'error', code: 'MESSAGE_USER_UNKNOWN', expression: 'AuditEvent.agent[0]' },
      ]);
      expect(await stored()).toEqual([]);
      expect(
        await running.query(
          `SELECT code, expression, m.raw AS raw FROM ingest_rejects AS r
           INNER JOIN original_messages AS m ON m.message_id = r.message_id`,
        ),
      ).toEqual([
        {
          code: 'MESSAGE_USER_UNKNOWN',
          expression: 'AuditEvent.agent[0]',
          raw: JSON.stringify(event),
        },
      ]);
    });

    it('with two patients, one of them unknown, stores the other and warns', async () => {
      running = await run(engine());
      const entity = [patientEntity('9990000018'), patientEntity('4711', 'urn:oid:1.2.3')];
      const reply = await create(readEvent('two', { entity }));
      expect(reply.status).toBe(201);
      expect(issues(reply)).toContainEqual({
        severity: 'warning',
        code: 'MESSAGE_PATIENT_NOT_NHS_NUMBER',
        expression: 'AuditEvent.entity[1].what',
      });
      expect((await stored()).map(({ event_id }) => event_id)).toEqual(['two']);
    });

    it('that cannot be read is refused with its code, and kept', async () => {
      running = await run(engine());
      const bad: [string, string, number, string][] = [
        ['{"resourceType":"AuditEvent",', 'application/fhir+json', 400, 'MESSAGE_JSON_INVALID'],
        ['<AuditEvent xmlns="http://hl7.org/fhir">', 'text/xml', 400, 'MESSAGE_XML_INVALID'],
        ['<!DOCTYPE x><AuditEvent/>', 'application/xml', 400, 'MESSAGE_XML_DOCTYPE'],
        ['{"resourceType":"Patient"}', 'application/json', 422, 'MESSAGE_NOT_AUDIT'],
        [JSON.stringify(bundleOf('batch', [])), 'text/json', 422, 'MESSAGE_NOT_AUDIT'],
        ['[]', 'application/json', 422, 'MESSAGE_NOT_AUDIT'],
      ];
      for (const [body, type, status, code] of bad) {
        const reply = await send('/AuditEvent?wait=loaded', body, {
          'content-type': type,
          accept: 'application/fhir+json',
        });
        expect([body, reply.status, issues(reply)[0]?.code]).toEqual([body, status, code]);
      }
      const kept = await running.query<{ raw: string; code: string }>(
        `SELECT m.raw AS raw, code FROM ingest_rejects AS r
         INNER JOIN original_messages AS m ON m.message_id = r.message_id`,
      );
      expect(new Map(kept.map(({ raw, code }) => [raw, code]))).toEqual(
        new Map(bad.map(([raw, , , code]) => [raw, code])),
      );
    });
  });

  describe('errors before the message', () => {
    it('answers as OperationOutcome, in XML where that is wanted', async () => {
      running = await run(engine());
      const body = JSON.stringify(readEvent('one'));
      const no_key = await send('/AuditEvent', body, {}, 'aak_wrong');
      expect([no_key.status, issues(no_key)[0]?.code]).toEqual([401, 'KEY_UNKNOWN']);
      const type = await send('/AuditEvent', body, { 'content-type': 'text/plain' });
      expect([type.status, issues(type)[0]?.code]).toEqual([415, 'CONTENT_TYPE_UNSUPPORTED']);
      const xml = await send('/AuditEvent', body, {
        'content-type': 'text/plain',
        accept: 'application/fhir+xml',
      });
      expect(xml.text).toContain('<OperationOutcome xmlns="http://hl7.org/fhir">');
      const broken = await send('/AuditEvent', body, { 'content-encoding': 'gzip' });
      expect([broken.status, issues(broken)[0]?.code]).toEqual([400, 'BODY_ENCODING_BROKEN']);
      const large = await send('/AuditEvent', ' '.repeat(8 * 1024 * 1024 + 1));
      expect([large.status, issues(large)[0]?.code]).toEqual([413, 'BODY_TOO_LARGE']);
      const nowhere = await send('/Patient', body);
      expect([nowhere.status, issues(nowhere)[0]?.code]).toEqual([404, 'ROUTE_UNKNOWN']);
    });

    it('says that the spool is full, and when to come back', async () => {
      const fault = (step: string) => {
        if (step === 'load.staged') throw new Error('Injected: ClickHouse is away.');
      };
      const limits = { spool_bytes_max: 20_000, room_wait_ms_max: 50, close_load_ms_max: 10 };
      running = await run(engine(), { limits, fault });
      let full: Reply | undefined;
      for (let i = 0; i < 60 && !full; i++) {
        const reply = await send('/AuditEvent', JSON.stringify(readEvent(`e${i}`)));
        if (reply.status !== 201) full = reply;
      }
      expect(full && [full.status, issues(full)[0]?.code]).toEqual([503, 'SPOOL_FULL']);
      expect(full?.headers.get('retry-after')).toBe('5');
    });
  });

  describe('a Bundle', () => {
    const good = (id: string) => readEvent(id);
    const bad = (id: string) => readEvent(id, { agent: [organisationAgent('RZZ01')] });

    it('of type batch, collection or searchset takes each entry for itself', async () => {
      running = await run(engine());
      for (const type of ['batch', 'collection', 'searchset']) {
        const [a, b, c] = ['a', 'b', 'c'].map((name) => `${type}-${name}`) as [
          string,
          string,
          string,
        ];
        const body = JSON.stringify(bundleOf(type, [good(a), bad(b), good(c)]), null, 1);
        const reply = await send('?wait=loaded', body);
        expect(reply.status).toBe(200);
        expect(reply.json).toMatchObject({ resourceType: 'Bundle', type: 'batch-response' });
        const entries = reply.json['entry'] as { response: Json }[];
        expect(entries.map(({ response }) => response['status'])).toEqual([
          '201 Created',
          '422 Unprocessable Entity',
          '201 Created',
        ]);
        expect(entries[0]?.response['location']).toContain(fhirId('exchange', a));
        expect(entries[1]?.response['outcome']).toMatchObject({
          issue: [{ expression: ['Bundle.entry[1].resource.agent[0]'] }],
        });
        const rows = (await stored()).filter(({ event_id }) => event_id.startsWith(type));
        expect(rows.map(({ event_id }) => event_id)).toEqual([a, c]);
        // The exact slice, with the white space that stood in it.
        expect(body).toContain(rows[1]?.raw);
        expect(JSON.parse(rows[1]?.raw ?? '')).toEqual(good(c));
      }
    });

    it('of type transaction takes all or nothing', async () => {
      running = await run(engine());
      const refused = await send(
        '?wait=loaded',
        JSON.stringify(bundleOf('transaction', [good('a'), bad('b')])),
      );
      expect(refused.status).toBe(400);
      expect(issues(refused)).toEqual([
        {
          severity: 'error',
          code: 'MESSAGE_USER_UNKNOWN',
          expression: 'Bundle.entry[1].resource.agent[0]',
        },
      ]);
      expect(await stored()).toEqual([]);
      expect(await running.query('SELECT code FROM ingest_rejects')).toHaveLength(1);
      const taken = await send(
        '?wait=loaded',
        JSON.stringify(bundleOf('transaction', [good('a'), good('c')])),
      );
      expect(taken.json['type']).toBe('transaction-response');
      expect(await stored()).toHaveLength(2);
    });

    it('refuses entries that are no creation of an AuditEvent, and takes the others', async () => {
      running = await run(engine());
      const bundle = bundleOf('batch', [good('a')]);
      const entries = bundle['entry'] as Json[];
      entries.push({ request: { method: 'GET', url: 'AuditEvent?date=ge2026' } });
      entries.push({ resource: good('put'), request: { method: 'PUT', url: 'AuditEvent/put' } });
      entries.push({
        resource: { resourceType: 'Patient' },
        request: { method: 'POST', url: 'Patient' },
      });
      const reply = await send('?wait=loaded', JSON.stringify(bundle));
      const statuses = (reply.json['entry'] as { response: Json }[]).map(({ response }) =>
        String(response['status']).slice(0, 3),
      );
      expect(statuses).toEqual(['201', '422', '422', '422']);
      expect(await stored()).toHaveLength(1);
      expect(await running.query('SELECT code FROM ingest_rejects')).toHaveLength(3);
    });

    it('is taken in XML, each entry cut out as it stands', async () => {
      running = await run(engine());
      const one = readEventXml('a', '');
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/><entry><resource>${one}</resource></entry><entry><resource>${readEventXml('b')}</resource></entry></Bundle>`;
      const reply = await send('?wait=loaded', body, { 'content-type': 'application/fhir+xml' });
      expect(reply.status).toBe(200);
      expect(reply.text).toContain('<status value="201 Created"/>');
      expect((await stored()).map(({ raw }) => raw)).toEqual([one, readEventXml('b')]);
    });

    it('of another type is refused, and kept', async () => {
      running = await run(engine());
      for (const type of ['message', 'document', 'history']) {
        const reply = await send('?wait=loaded', JSON.stringify(bundleOf(type, [good('a')])));
        expect([reply.status, issues(reply)[0]]).toEqual([
          422,
          { severity: 'error', code: 'MESSAGE_NOT_AUDIT', expression: 'Bundle.type' },
        ]);
      }
      expect(await running.query('SELECT code FROM ingest_rejects')).toHaveLength(3);
    });

    it('of some thousand events is taken as a whole', async () => {
      running = await run(engine());
      const events = Array.from({ length: 1_500 }, (_, index) => good(`e${index}`));
      const reply = await send('?wait=loaded', JSON.stringify(bundleOf('batch', events)));
      expect(reply.json['entry']).toHaveLength(1_500);
      expect(await stored()).toHaveLength(1_500);
    });
  });

  it('takes what a FHIR client from npm sends, and tells it what there is', async () => {
    running = await run(engine(), { source: { reads: 'own' } });
    const client = new Client({
      baseUrl: `${running.ingest.address}/fhir`,
      customHeaders: { authorization: `Bearer ${running.key}` },
    });
    const statement = await client.capabilityStatement();
    expect(statement['resourceType']).toBe('CapabilityStatement');
    const made = await client.create({
      resourceType: 'AuditEvent',
      body: readEvent('kit') as never,
      options: { headers: { prefer: 'return=representation' } },
    });
    expect(made['id']).toBe(fhirId('exchange', 'kit'));
    // What is on disk can be read once it is loaded.
    const again = () =>
      client.read({ resourceType: 'AuditEvent', id: String(made['id']) }).catch(() => ({}));
    await expect.poll(again, { timeout: 10_000 }).toMatchObject({ id: made['id'] });
    const batch = await client.batch({ body: bundleOf('batch', [readEvent('k1')]) as never });
    expect(batch['type']).toBe('batch-response');
    await expect(
      client.create({
        resourceType: 'AuditEvent',
        body: readEvent('bad', { agent: [personAgent('1')], source: undefined }) as never,
      }),
    ).rejects.toMatchObject({ response: { status: 422 } });
  });
});
