import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fhirId } from '../../../ingest/formats/fhir/id.ts';
import { changeSource, addSource } from '../../../ingest/sources.ts';
import { system_clock } from '../../../sql/clock.ts';
import { onEachEngine } from '../../support/engines.ts';
import { event, run, type Running } from './fixture.ts';

interface Bundle {
  readonly resourceType: string;
  readonly total?: number;
  readonly link: readonly { relation: string; url: string }[];
  readonly entry?: readonly { resource: { id: string; resourceType: string } }[];
}

const patient = '9990000018';
const other_patient = '9990000026';
const range = 'date=ge2026-03-01&date=lt2026-03-04';
const nhs = 'https://fhir.nhs.uk/Id/nhs-number';
const ods = 'https://fhir.nhs.uk/Id/ods-organization-code';

onEachEngine('reading audit events back', (engine) => {
  let running: Running;
  let other_key: string;

  beforeAll(async () => {
    running = await run(engine(), { source: { reads: 'own' } });
    ({ key: other_key } = await addSource(engine().client, system_clock, {
      source: 'local-node',
      changed_by: 'test',
    }));
    await running.post([
      event('a'),
      event('b', {
        occurred_at: '2026-03-01T11:00:00.000Z',
        action: 'search',
        patient_id: '',
        search_terms: 'sm*th',
        outcome: 'success',
        staff_id_system: 'https://fhir.nhs.uk/Id/sds-user-id',
      }),
      event('c', {
        occurred_at: '2026-03-02T09:00:00.000Z',
        patient_id: other_patient,
        organisation_code: 'RZZ02',
        staff_id: '555000000002',
        ip_address: '192.0.2.7',
        document_id: 'doc-1',
        section: 'documents',
        outcome: 'denied',
      }),
      event('d', {
        occurred_at: '2026-03-03T09:00:00.000Z',
        action: 'print',
        device_id: 'ward-3',
      }),
    ]);
    await running.post([event('theirs', { occurred_at: '2026-03-02T10:00:00.000Z' })], {
      key: other_key,
    });
  });
  afterAll(() => running.close());

  async function allow(name: string, reads: 'none' | 'own' | 'all'): Promise<void> {
    await changeSource(engine().client, system_clock, name, { reads }, 'test', 'test');
    // The list of sources is kept for a second.
    await expect
      .poll(
        async () => (await fetchJson(`AuditEvent?${range}&_summary=count`, keyOf(name))).status,
        { timeout: 5_000 },
      )
      .toBe(reads === 'none' ? 403 : 200);
  }

  const keyOf = (name: string) => (name === 'exchange' ? running.key : other_key);

  async function fetchJson(path: string, key = running.key, init: RequestInit = {}) {
    const url = path.startsWith('http') ? path : `${running.ingest.address}/fhir/${path}`;
    const response = await fetch(url, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text,
      bundle: (text.startsWith('{') ? JSON.parse(text) : {}) as Bundle,
    };
  }

  const ids: Record<string, string> = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((id) => [fhirId('exchange', id), id]),
  );
  const found = (bundle: Bundle) =>
    (bundle.entry ?? [])
      .filter(({ resource }) => resource.resourceType === 'AuditEvent')
      .map(({ resource }) => ids[resource.id] ?? 'theirs')
      .join('');

  const searches: readonly (readonly [parameters: string, expected: string])[] = [
    ['', 'abcd'],
    ['_sort=-date', 'dcba'],
    [`_id=${fhirId('exchange', 'c')},${fhirId('exchange', 'a')}`, 'ac'],
    ['_lastUpdated=ge2026-03-01', 'abcd'],
    ['_lastUpdated=lt2026-03-01', ''],
    ['date=2026-03-01', 'ab'],
    ['date=2026-03', 'abcd'],
    ['date=eq2026-03-01T11:00', 'b'],
    ['date=le2026-03-02', 'abc'],
    ['date=gt2026-03-01', 'cd'],
    ['date=sa2026-03-02', 'd'],
    ['date=eb2026-03-02', 'ab'],
    ['date=lt2026-03-01T11:00:00.000Z', 'a'],
    ['date=ge2026-03-01T12:00:00+01:00', 'bcd'],
    ['address=192.0.2.7', 'c'],
    ['address=192.0.2.7,ward-3', 'cd'],
    ['address=192.0.2.7&address=ward-3', ''],
    ['agent.identifier=555000000002', 'c'],
    ['agent:identifier=555000000002', 'c'],
    ['agent.identifier=https://fhir.nhs.uk/Id/sds-user-id|555000000001', 'b'],
    ['agent.identifier=https://fhir.nhs.uk/Id/sds-user-id|', 'b'],
    [`agent.identifier=${ods}|RZZ02`, 'c'],
    ['agent.identifier=555000000001&agent.identifier=RZZ01', 'abd'],
    ['agent.identifier=urn:other|555000000002', ''],
    [`patient.identifier=${nhs}|${patient}`, 'ad'],
    [`patient.identifier=${patient},${other_patient}`, 'acd'],
    [`patient.identifier=${patient}&patient.identifier=${other_patient}`, ''],
    [`patient:identifier=urn:oid:2.16.840.1.113883.2.1.4.1|${patient}`, 'ad'],
    [`patient.identifier=urn:other|${patient}`, ''],
    [`entity.identifier=${nhs}|${other_patient}`, 'c'],
    ['entity.identifier=doc-1', 'c'],
    ['entity-type=2', 'bc'],
    ['entity-type=http://terminology.hl7.org/CodeSystem/audit-entity-type|1', 'acd'],
    ['entity-type=1&entity-type=2', 'c'],
    ['entity-role=24', 'b'],
    ['entity-role=1,24', 'abcd'],
    ['source.identifier=exchange', 'abcd'],
    ['source.identifier=urn:access-audit:source|local-node', ''],
    ['type=rest', 'abc'],
    ['type=http://dicom.nema.org/resources/ontology/DCM|110106', 'd'],
    ['subtype=search', 'b'],
    ['subtype=http://hl7.org/fhir/restful-interaction|read', 'ac'],
    ['subtype=read&type=110106', ''],
    ['action=E', 'b'],
    ['outcome=0', 'b'],
    ['outcome=4,8', 'c'],
  ];

  it.each(searches)('finds by %j what fits', async (parameters, expected) => {
    const answer = await fetchJson(`AuditEvent?${escaped(parameters)}`);
    expect(answer.status, answer.text).toBe(200);
    expect(found(answer.bundle)).toBe(expected);
    expect(answer.bundle.total).toBe(expected.length);
  });

  it.each(searches.filter((_, index) => index % 9 === 4))(
    'finds by %j the same when it is asked in a form, and counts it',
    async (parameters, expected) => {
      const form = await fetchJson('AuditEvent/_search', running.key, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: escaped(parameters),
      });
      expect(found(form.bundle)).toBe(expected);
      const counted = await fetchJson(`AuditEvent?${escaped(parameters)}&_summary=count`);
      expect(counted.bundle).toMatchObject({ total: expected.length });
      expect(counted.bundle.entry).toBeUndefined();
    },
  );

  const escaped = (parameters: string) => `${range}&${parameters}`.replaceAll('+', '%2B');

  it('pages in the state of its beginning, whatever is loaded meanwhile', async () => {
    const seen: string[] = [];
    let page = await fetchJson(`AuditEvent?${range}&_count=1&_total=accurate`);
    expect(page.bundle.total).toBe(4);
    for (let number = 0; ; number++) {
      seen.push(found(page.bundle));
      const next = page.bundle.link.find(({ relation }) => relation === 'next');
      if (!next) break;
      await running.post([
        event(`late-${number}`, { occurred_at: `2026-03-01T10:30:00.00${number}Z` }),
      ]);
      page = await fetchJson(next.url);
      expect(page.status).toBe(200);
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    const anew = await fetchJson(`AuditEvent?${range}&_summary=count`);
    expect(anew.bundle.total).toBe(7);
  });

  it('goes backwards over a page as it goes forwards', async () => {
    let page = await fetchJson(`AuditEvent?${range}&_count=3&_sort=-date&agent.identifier=RZZ01`);
    const seen = [...(page.bundle.entry ?? [])];
    for (let next = nextOf(page.bundle); next; next = nextOf(page.bundle)) {
      page = await fetchJson(next);
      seen.push(...(page.bundle.entry ?? []));
    }
    expect(new Set(seen.map(({ resource }) => resource.id)).size).toBe(6);
    expect(found({ entry: seen } as unknown as Bundle).replaceAll('theirs', '')).toBe('dba');
  });

  const nextOf = (bundle: Bundle) => bundle.link.find(({ relation }) => relation === 'next')?.url;

  it.each([
    ['AuditEvent', 400, 'SEARCH_DATE_MISSING'],
    ['AuditEvent?_id=abc', 400, 'SEARCH_DATE_MISSING'],
    ['AuditEvent?date=ne2026-03-01', 400, 'PARAMETER_INVALID'],
    ['AuditEvent?date=2026-02-30', 400, 'PARAMETER_INVALID'],
    [`AuditEvent?${range}&_count=many`, 400, 'PARAMETER_INVALID'],
    [`AuditEvent?${range}&_sort=patient`, 400, 'PARAMETER_INVALID'],
    [`AuditEvent?${range}&_format=text/turtle`, 406, 'FORMAT_UNKNOWN'],
    ['AuditEvent?_cursor=AAAA', 400, 'CURSOR_INVALID'],
    [`AuditEvent/${'0'.repeat(64)}`, 404, 'EVENT_UNKNOWN'],
    ['AuditEvent/none', 404, 'EVENT_UNKNOWN'],
    [`AuditEvent/${fhirId('exchange', 'a')}/$original`, 404, 'ORIGINAL_UNKNOWN'],
  ])('answers %s with %i and an OperationOutcome that says %s', async (path, status, code) => {
    const answer = await fetchJson(path);
    expect(answer.status).toBe(status);
    expect(answer.type).toContain('application/fhir+json');
    expect(answer.bundle).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', details: { coding: [{ code }] } }],
    });
  });

  it('passes an unknown parameter over and says so, or refuses it where that is asked for', async () => {
    const lenient = await fetchJson(`AuditEvent?${range}&altid=${patient}`);
    expect(lenient.status).toBe(200);
    expect(lenient.bundle.entry?.at(-1)).toMatchObject({
      resource: { resourceType: 'OperationOutcome' },
      search: { mode: 'outcome' },
    });
    const strict = await fetchJson(`AuditEvent?${range}&altid=${patient}`, running.key, {
      headers: { prefer: 'handling=strict' },
    });
    expect(strict.status).toBe(400);
    expect(strict.text).toContain('PARAMETER_UNKNOWN');
    expect(strict.text + lenient.text.split('PARAMETER_UNKNOWN')[1]).not.toContain(patient);
  });

  it('answers in XML where that is asked for', async () => {
    const asked = await fetchJson(`AuditEvent?${range}&agent.identifier=RZZ02`, running.key, {
      headers: { accept: 'application/fhir+xml' },
    });
    expect(asked.type).toContain('application/fhir+xml');
    expect(asked.text).toContain('<Bundle xmlns="http://hl7.org/fhir">');
    expect(asked.text).toContain(`<value value="${other_patient}"/>`);
    const named = await fetchJson(`AuditEvent/${fhirId('exchange', 'a')}?_format=xml`);
    expect(named.text).toContain('<AuditEvent xmlns="http://hl7.org/fhir">');
  });

  it('reads one event by its id', async () => {
    const read = await fetchJson(`AuditEvent/${fhirId('exchange', 'b')}`);
    expect(read.bundle).toMatchObject({
      resourceType: 'AuditEvent',
      recorded: '2026-03-01T11:00:00.000Z',
      outcome: '0',
      source: { observer: { identifier: { value: 'exchange' } } },
    });
    const theirs = await fetchJson(`AuditEvent/${fhirId('local-node', 'theirs')}`);
    expect(theirs.status).toBe(404);
  });

  it('puts a patient identifier into no link', async () => {
    const searched = await fetchJson(
      `AuditEvent?${range}&_count=1&patient.identifier=${nhs}|${patient}`,
    );
    expect(searched.bundle.link).toHaveLength(2);
    for (const { url } of searched.bundle.link) {
      expect(decodeURIComponent(url)).not.toContain(patient);
      const again = await fetchJson(url);
      expect(again.bundle.entry).toHaveLength(1);
      const stolen = await fetchJson(url, other_key);
      expect(stolen.status).toBe(403);
    }
  });

  describe('within its scope', () => {
    it('lets a key read nothing until it is allowed, and records that it tried', async () => {
      const before = await audited('refused');
      const answer = await fetchJson(`AuditEvent?${range}`, other_key);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('npm run source -- reads local-node own');
      expect(await audited('refused')).toBe(before + 1);
    });

    it('lets a key read what all sent, where that is allowed, and within its organisations', async () => {
      await allow('local-node', 'all');
      const all = await fetchJson(`AuditEvent?${range}&date=ge2026-03-02`, other_key);
      expect(found(all.bundle)).toBe('ctheirsd');
      const { key } = await addSource(engine().client, system_clock, {
        source: 'one-trust',
        changed_by: 'test',
        reads: 'all',
        organisation_codes: ['RZZ02'],
      });
      await expect
        .poll(async () => (await fetchJson(`AuditEvent?${range}`, key)).status, { timeout: 5_000 })
        .toBe(200);
      const one = await fetchJson(`AuditEvent?${range}`, key);
      expect(found(one.bundle)).toBe('c');
      const outside = await fetchJson(`AuditEvent/${fhirId('exchange', 'a')}`, key);
      expect(outside.status).toBe(404);
    });

    const audited = async (action: string) => {
      const [row] = await running.query<{ looks: number }>(
        `SELECT toUInt32(count()) AS looks FROM own_audit WHERE action = '${action}' AND role = 'source'`,
      );
      return row?.looks ?? 0;
    };
  });

  it('records each look with what was searched for and how much was shown, before it answers', async () => {
    await fetchJson(`AuditEvent?${range}&patient.identifier=${other_patient}`);
    const [row] = await running.query<{ detail: string; user_id: string; route: string }>(
      'SELECT detail, user_id, route FROM own_audit ORDER BY at DESC LIMIT 1',
    );
    expect(row).toMatchObject({ user_id: 'source:exchange', route: 'GET /fhir/AuditEvent' });
    expect(JSON.parse(row?.detail ?? '')).toMatchObject({
      reads: 'own',
      search: { patients: [other_patient] },
      shown: 1,
    });
  });

  it('says nothing about anybody in its log', async () => {
    const lines: string[] = [];
    const log = pino(
      { level: 'trace' },
      new Writable({
        write(chunk, _encoding, done) {
          lines.push(String(chunk));
          done();
        },
      }),
    );
    await running.close();
    running = await run(engine(), { log, source: { reads: 'own' } });
    await running.post([event('a')]);
    for (const path of [
      `AuditEvent?${range}&patient.identifier=${patient}`,
      `AuditEvent?${range}&date=${patient}`,
      `AuditEvent/${patient}`,
    ]) {
      await fetchJson(path);
    }
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain(patient);
  });
});
