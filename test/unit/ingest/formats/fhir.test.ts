/** How FHIR AuditEvents become access events: every rule of the mapping, on synthetic messages. */
import { describe, expect, it } from 'vitest';
import { readFhir } from '../../../../ingest/formats/fhir.ts';
import { default_mapping, parseMapping } from '../../../../ingest/mapping.ts';
import {
  bundleOf,
  dicom,
  documentEntity,
  interaction,
  nhs_number,
  ods,
  organisationAgent,
  patientEntity,
  personAgent,
  queryEntity,
  readEvent,
  readEventR5,
  readEventXml,
  scrAlert,
  sds_user,
  type Json,
} from '../../../support/fhir-messages.ts';

function read(message: unknown, mapping: Json = {}) {
  const bytes = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  return readFhir(bytes, '', parseMapping(mapping));
}

const codes = (message: unknown, mapping: Json = {}) =>
  read(message, mapping).refusals.map(({ code }) => code);
/** The one event of a message that is taken as a whole. */
function eventOf(message: unknown, mapping: Json = {}) {
  const { events, refusals } = read(message, mapping);
  expect(refusals).toEqual([]);
  expect(events).toHaveLength(1);
  return events[0];
}

const read_event = {
  event_id: 'one',
  occurred_at: '2026-03-01T10:00:00.123+00:00',
  action: 'view',
  outcome: 'success',
  staff_id: '555000000001',
  staff_id_system: sds_user,
  staff_name: 'Test, A',
  organisation_code: 'RZZ01',
  patient_id: '9990000018',
};

describe('versions and encodings', () => {
  it('reads R4, in JSON and in XML, to the same event', () => {
    expect(read(readEvent('one'))).toEqual({
      format: 'fhir_r4',
      events: [read_event],
      refusals: [],
      drafts: [],
    });
    const { staff_name, ...unnamed } = read_event;
    expect(staff_name).toBe('Test, A');
    expect(eventOf(readEventXml('one'))).toEqual({
      ...unnamed,
      occurred_at: '2026-03-01T10:00:00.123Z',
    });
  });

  it('reads XML that was cut out of a Bundle, without its namespace or with an unbound prefix', () => {
    const bare = readEventXml('one', '');
    const prefixed = bare.replace(/<(\/?)(?!p>|\/p>)([A-Za-z])/g, '<$1f:$2');
    expect(eventOf(bare)).toMatchObject({ event_id: 'one' });
    expect(eventOf(prefixed)).toMatchObject({ event_id: 'one' });
  });

  it('reads R5: category, code, outcome.code, occurred[x], patient', () => {
    expect(read(readEventR5('one'))).toEqual({
      format: 'fhir_r5',
      events: [{ ...read_event, occurred_at: '2026-03-01T10:00:00.123Z', ip_address: '192.0.2.7' }],
      refusals: [],
      drafts: [],
    });
  });

  it('reads STU3: agent.userId and entity.identifier', () => {
    const event = {
      resourceType: 'AuditEvent',
      id: 'three',
      type: { system: 'http://hl7.org/fhir/audit-event-type', code: 'rest' },
      subtype: [{ system: interaction, code: 'read' }],
      action: 'R',
      recorded: '2026-03-01T10:00:00Z',
      agent: [
        { userId: { system: sds_user, value: '555000000001' }, name: 'Test, A', requestor: true },
        { userId: { system: ods, value: 'RZZ01' }, requestor: false },
      ],
      source: { identifier: { value: 'synthetic' } },
      entity: [
        { identifier: { system: nhs_number, value: '9990000018' }, role: { code: '1' } },
        { reference: { reference: 'DocumentReference/d1' }, role: { code: '3' } },
      ],
    };
    expect(read(event).format).toBe('fhir_stu3');
    expect(eventOf(event)).toMatchObject({
      staff_id: '555000000001',
      organisation_code: 'RZZ01',
      patient_id: '9990000018',
      document_id: 'DocumentReference/d1',
      outcome: 'unknown',
    });
  });

  it('reads DSTU2: event, participant, object', () => {
    const event = {
      resourceType: 'AuditEvent',
      id: 'two',
      event: {
        type: { code: 'rest' },
        action: 'R',
        dateTime: '2026-03-01T10:00:00Z',
        outcome: '8',
      },
      participant: [
        { userId: { value: 'u1' }, name: 'Test, A', requestor: true },
        { reference: { reference: 'Organization/o1' }, requestor: false },
      ],
      source: { identifier: { value: 'synthetic' } },
      object: [
        {
          identifier: { system: 'urn:oid:2.16.840.1.113883.2.1.4.1', value: '9990000018' },
          role: { code: '1' },
        },
      ],
    };
    expect(eventOf(event, { organisations: { 'Organization/o1': 'RZZ01' } })).toMatchObject({
      action: 'view',
      outcome: 'error',
      staff_id: 'u1',
      organisation_code: 'RZZ01',
    });
  });

  it('maps a Bundle to the events of its entries, with where in it a refusal is', () => {
    const bundle = bundleOf('collection', [
      readEvent('a'),
      readEvent('b', { agent: [organisationAgent('RZZ01')] }),
    ]);
    const { events, refusals } = read(bundle);
    expect(events.map(({ event_id }) => event_id)).toEqual(['a']);
    expect(refusals.map(({ expression }) => expression)).toEqual([
      'Bundle.entry[1].resource.agent[0]',
    ]);
  });

  it('takes the digest of the bytes where the sender set no id', () => {
    const { id, ...event } = readEvent('gone');
    expect(id).toBe('gone');
    expect(eventOf(event)?.event_id).toMatch(/^[0-9a-f]{64}$/);
    expect(eventOf(event)).toEqual(eventOf(event));
  });
});

describe('time', () => {
  it('is that of the period before that of the record', () => {
    const period = { start: '2026-03-01T09:00:00Z' };
    expect(eventOf(readEvent('one', { period }))?.occurred_at).toBe('2026-03-01T09:00:00.000Z');
    expect(
      eventOf(readEventR5('one', { occurredPeriod: period, occurredDateTime: undefined }))
        ?.occurred_at,
    ).toBe('2026-03-01T09:00:00.000Z');
  });

  it('is taken from the period where nothing is recorded, and missed where there is neither', () => {
    const period = { start: '2026-03-01T09:00:00Z' };
    expect(eventOf(readEvent('one', { period, recorded: undefined }))).toBeDefined();
    expect(codes(readEvent('one', { recorded: undefined }))).toEqual(['MESSAGE_TIME_MISSING']);
  });

  it('without a zone is refused, unless the mapping has one', () => {
    const event = readEvent('one', { recorded: '2026-07-01T10:00:00' });
    expect(codes(event)).toEqual(['EVENT_TIME_NO_OFFSET']);
    expect(eventOf(event, { time_zone: 'Europe/London' })?.occurred_at).toBe(
      '2026-07-01T10:00:00.000+01:00',
    );
  });

  it('that is a day only, or none of the calendar, is not guessed', () => {
    expect(codes(readEvent('one', { recorded: '2026-07-01' }))).toEqual(['EVENT_TIME_INVALID']);
    expect(codes(readEvent('one', { recorded: '2026-02-30T10:00:00Z' }))).toEqual([
      'EVENT_TIME_IMPOSSIBLE',
    ]);
  });
});

describe('outcome', () => {
  it.each([
    ['0', 'success'],
    ['4', 'error'],
    ['8', 'error'],
    ['12', 'error'],
    [undefined, 'unknown'],
  ])('%s is %s', (outcome, word) => {
    expect(eventOf(readEvent('one', { outcome }))?.outcome).toBe(word);
  });

  it('of R5 may be in the words of an issue, and say that it was denied', () => {
    const outcome = {
      code: { system: 'http://hl7.org/fhir/issue-severity', code: 'error' },
      detail: [{ coding: [{ system: 'http://hl7.org/fhir/issue-type', code: 'forbidden' }] }],
    };
    expect(eventOf(readEventR5('one', { outcome }))?.outcome).toBe('denied');
    expect(eventOf(readEventR5('one', { outcome: { code: outcome.code } }))?.outcome).toBe('error');
    const unknown = { code: { code: 'perhaps' } };
    expect(eventOf(readEventR5('one', { outcome: unknown }))?.outcome).toBe('unknown');
  });
});

describe('the user', () => {
  const machine = {
    type: { coding: [{ system: dicom, code: '110153' }] },
    who: { display: 'client.example.org' },
    network: { address: '192.0.2.9', type: '2' },
  };
  const agents = (...agent: Json[]) => readEvent('one', { agent });
  const typed = (system: string, code: string, fields: Json = {}): Json => ({
    type: { coding: [{ system, code }] },
    who: { identifier: { value: code } },
    requestor: true,
    ...fields,
  });
  const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
  const organisation = { ...organisationAgent('RZZ01'), requestor: false };

  it.each(['IRCP', 'AUT', 'INF', 'CST'])('is the requestor that takes part as %s', (code) => {
    const event = agents(typed(participation, code), { ...machine, requestor: true }, organisation);
    expect(eventOf(event)?.staff_id).toBe(code);
  });

  it.each(['UserSamlAgent', 'UserOauthAgent'])('is the %s', (code) => {
    const system = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes';
    expect(eventOf(agents(typed(system, code), organisation))?.staff_id).toBe(code);
  });

  it('is the person where organisation and person both asked', () => {
    expect(eventOf(readEvent('one'))?.staff_id).toBe('555000000001');
  });

  it('is nobody where only the organisation asked', () => {
    expect(codes(agents(organisationAgent('RZZ01')))).toEqual(['MESSAGE_USER_UNKNOWN']);
  });

  it('is nobody where only a machine asked, unless the mapping says otherwise', () => {
    const asking = { ...machine, who: { identifier: { value: 'm1' } }, requestor: true };
    expect(codes(agents(asking, organisation))).toEqual(['MESSAGE_USER_UNKNOWN']);
    expect(eventOf(agents(asking, organisation), { user_codes: ['110153'] })?.staff_id).toBe('m1');
  });

  it('is the person where a human and a machine are both marked', () => {
    const asking = { ...machine, who: { identifier: { value: 'm1' } }, requestor: true };
    const human = { who: { identifier: { value: 'h1' } }, requestor: true };
    expect(eventOf(agents(asking, human, organisation))?.staff_id).toBe('h1');
  });

  it('is the one that is known to be a person, before one of whom nothing is known', () => {
    const unknown = { who: { identifier: { value: 'u1' } }, requestor: true };
    expect(eventOf(agents(unknown, personAgent('1'), organisation))?.staff_id).toBe('1');
  });

  it('is nobody where a person is named who did not ask, and a machine did', () => {
    const asking = { ...machine, requestor: true };
    const other = personAgent('1', { requestor: false });
    expect(codes(agents(asking, other, organisation))).toEqual(['MESSAGE_USER_UNKNOWN']);
  });

  it('is not chosen between two, unless the mapping does', () => {
    const two = agents(
      personAgent('1'),
      personAgent('2', { role: [{ coding: [{ code: 'ASS' }] }] }),
      organisation,
    );
    expect(read(two).refusals).toEqual([
      expect.objectContaining({
        code: 'MESSAGE_USER_AMBIGUOUS',
        expression: 'AuditEvent.agent[1]',
      }),
    ]);
    expect(eventOf(two, { user_codes: ['ASS'] })).toMatchObject({
      staff_id: '2',
      role_code: 'ASS',
    });
    expect(eventOf(two, { not_user_codes: ['ASS'] })?.staff_id).toBe('1');
  });

  it('is one, though the same person stands there twice', () => {
    expect(eventOf(agents(personAgent('1'), personAgent('1'), organisation))?.staff_id).toBe('1');
  });

  it('is the person, where nobody is marked as the one who asked', () => {
    const human = typed(
      'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
      'humanuser',
      { requestor: false },
    );
    expect(eventOf(agents(human, { ...machine, requestor: false }, organisation))?.staff_id).toBe(
      'humanuser',
    );
  });

  it('is known by identifier, else reference, else alternative id, and not by a name', () => {
    const who = { reference: 'Practitioner/p1' };
    expect(eventOf(agents({ who, altId: 'a1', requestor: true }, organisation))?.staff_id).toBe(
      'Practitioner/p1',
    );
    expect(eventOf(agents({ altId: 'a1', requestor: true }, organisation))?.staff_id).toBe('a1');
    const named = read(agents({ who: { display: 'Test, A' }, requestor: true }, organisation));
    expect(named.refusals.map(({ code }) => code)).toEqual(['MESSAGE_USER_UNKNOWN']);
    expect(named.drafts?.[0]).toMatchObject({ staff_name: 'Test, A' });
  });

  it('is looked up in the resource that is contained', () => {
    const contained = [
      {
        resourceType: 'Practitioner',
        id: 'p',
        identifier: [{ value: 'x' }, { system: sds_user, value: '555' }],
      },
    ];
    const event = {
      ...agents({ who: { reference: '#p' }, requestor: true }, organisation),
      contained,
    };
    expect(eventOf(event)).toMatchObject({ staff_id: '555', staff_id_system: sds_user });
  });

  it('that is the patient is no member of staff', () => {
    const patient = {
      who: { type: 'Patient', identifier: { system: nhs_number, value: '9990000018' } },
      requestor: true,
    };
    expect(codes(agents(organisationAgent('RZZ01'), patient))).toEqual(['MESSAGE_USER_NOT_STAFF']);
  });

  it('has a system by the mapping', () => {
    const event = agents(
      { who: { identifier: { system: 'urn:x', value: '7' } }, requestor: true },
      organisation,
    );
    expect(eventOf(event, { staff_id_systems: { 'urn:x': sds_user } })?.staff_id_system).toBe(
      sds_user,
    );
    const bare = agents({ who: { identifier: { value: '7' } }, requestor: true }, organisation);
    expect(eventOf(bare, { staff_id_systems: { '': 'urn:y' } })?.staff_id_system).toBe('urn:y');
    expect(eventOf(bare)).not.toHaveProperty('staff_id_system');
  });

  it('has the role of their agent, at times told as its type', () => {
    const role = [{ coding: [{ code: 'R8000', display: 'Clinician' }] }];
    expect(eventOf(agents(personAgent('1', { role }), organisation))).toMatchObject({
      role_code: 'R8000',
      role_name: 'Clinician',
    });
    const type = {
      coding: [{ system: 'http://snomed.info/sct', code: '309343006', display: 'Physician' }],
    };
    expect(eventOf(agents(personAgent('1', { type }), organisation))?.role_code).toBe('309343006');
  });
});

describe('where from', () => {
  const end = (code: string, address: string, kind: string) => ({
    type: { coding: [{ system: dicom, code }] },
    requestor: false,
    network: { address, type: kind },
  });
  const both = [end('110153', '192.0.2.53', '2'), end('110152', 'server.example.org', '1')];
  const event = (fields: Json) =>
    readEvent('one', { agent: [organisationAgent('RZZ01'), personAgent('1'), ...both], ...fields });

  it('is the destination in a read, and the source in a query', () => {
    expect(eventOf(event({}))).toMatchObject({ device_id: 'server.example.org' });
    const query = event({
      action: 'E',
      subtype: [{ system: interaction, code: 'search' }],
      entity: [patientEntity('9990000018'), queryEntity('x=y')],
    });
    expect(eventOf(query)).toMatchObject({ action: 'search', ip_address: '192.0.2.53' });
  });

  it('is the source in an export, where the user is', () => {
    const type = { system: dicom, code: '110106' };
    expect(eventOf(event({ type, subtype: undefined }))).toMatchObject({
      action: 'export',
      ip_address: '192.0.2.53',
    });
  });

  it('may be a URI or a reference in R5', () => {
    const agent = (fields: Json) => [organisationAgent('RZZ01'), personAgent('1', fields)];
    const uri = agent({ networkUri: 'https://ward.example.org' });
    expect(eventOf(readEventR5('one', { agent: uri }))?.device_id).toBe('https://ward.example.org');
    const reference = agent({ networkReference: { reference: 'Endpoint/7' } });
    expect(eventOf(readEventR5('one', { agent: reference }))?.device_id).toBe('Endpoint/7');
  });

  it('is the application in a delete', () => {
    const agent = [
      organisationAgent('RZZ01'),
      personAgent('1'),
      end('110150', '192.0.2.50', '2'),
      ...both,
    ];
    const draft = read(readEvent('one', { agent, action: 'D', subtype: undefined })).drafts?.[0];
    expect(draft).toMatchObject({ ip_address: '192.0.2.50' });
  });

  it('is first of all what the user’s own agent says', () => {
    const agent = [
      organisationAgent('RZZ01'),
      personAgent('1', { network: { address: '2001:db8::1' } }),
      ...both,
    ];
    expect(eventOf(readEvent('one', { agent }))).toMatchObject({ ip_address: '2001:db8::1' });
  });

  it('keeps an address that is none as a device', () => {
    const agent = [
      organisationAgent('RZZ01'),
      personAgent('1', { network: { address: '22.21.213.352', type: '2' } }),
    ];
    expect(eventOf(readEvent('one', { agent }))).toMatchObject({ device_id: '22.21.213.352' });
  });
});

describe('the organisation', () => {
  const agents = (...agent: Json[]) => readEvent('one', { agent: [...agent, personAgent('1')] });
  const provider = {
    type: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass', code: 'PROV' }],
    },
    who: { identifier: { system: 'urn:local', value: 'o1' }, display: 'A Surgery' },
    requestor: false,
  };

  it('is mapped where it has no ODS code, by identifier or by name', () => {
    expect(codes(agents(provider))).toEqual(['MESSAGE_ORGANISATION_UNKNOWN']);
    for (const key of ['o1', 'urn:local|o1', 'A Surgery'])
      expect(
        eventOf(agents(provider), { organisations: { [key]: 'RZZ09' } })?.organisation_code,
      ).toBe('RZZ09');
    expect(
      eventOf(agents(provider), { organisation_systems: ['urn:local'] })?.organisation_code,
    ).toBe('o1');
  });

  it('is known by a reference to the national directory, or by one that is a search', () => {
    const by = (reference: string) =>
      eventOf(agents({ who: { reference }, requestor: false }))?.organisation_code;
    expect(by('https://directory.spineservices.nhs.uk/STU3/Organization/RZZ01')).toBe('RZZ01');
    expect(by(`Organization?identifier=${encodeURIComponent(ods)}%7CRZZ02`)).toBe('RZZ02');
  });

  it('is the default where none is named', () => {
    expect(codes(agents())).toEqual(['MESSAGE_ORGANISATION_UNKNOWN']);
    expect(eventOf(agents(), { default_organisation_code: 'RZZ02' })?.organisation_code).toBe(
      'RZZ02',
    );
  });

  it('is the one that asked, and not chosen between two that did not', () => {
    const other = { ...organisationAgent('RZZ02'), requestor: false };
    expect(eventOf(agents(organisationAgent('RZZ01'), other))?.organisation_code).toBe('RZZ01');
    const first = { ...organisationAgent('RZZ01'), requestor: false };
    expect(codes(agents(first, other))).toEqual(['MESSAGE_ORGANISATION_AMBIGUOUS']);
  });
});

describe('patients', () => {
  const of = (...entity: Json[]) => readEvent('one', { entity });
  const named = (value: string, fields: Json = {}) => ({
    ...patientEntity(value, null),
    ...fields,
  });
  const oid = '2.16.840.1.113883.2.1.4.1';

  it.each([
    [`9990000018^^^&${oid}&ISO`],
    [`9990000018^^^&${oid}&ISO^PI`],
    [`9990000018^^^&amp;${oid}&amp;ISO`],
    [`9990000018^^^&amp;amp;${oid}&amp;amp;ISO`],
    ['9990000018^^^NHS'],
    [`urn:oid:${oid}|9990000018`],
    [`${nhs_number}|9990000018`],
  ])('are known from %s', (value) => {
    expect(eventOf(of(named(value)))?.patient_id).toBe('9990000018');
  });

  it.each([
    ['https://fhir.nhs.uk/Id/nhs-number', '999 000 0018'],
    ['http://fhir.nhs.net/Id/nhs-number', '999-000-0018'],
    [`urn:oid:${oid}`, '9990000018'],
    [oid, '9990000018'],
  ])('are known by the system %s', (system, value) => {
    expect(eventOf(of(patientEntity(value, system)))?.patient_id).toBe('9990000018');
  });

  it('by a bare number are NHS numbers only where the mapping says so', () => {
    expect(codes(of(named('9990000018')))).toEqual(['MESSAGE_PATIENT_NOT_NHS_NUMBER']);
    expect(
      eventOf(of(named('9990000018')), { is_bare_patient_id_nhs_number: true })?.patient_id,
    ).toBe('9990000018');
  });

  it('by another number are refused with where it stands', () => {
    expect(read(of(patientEntity('4711', 'urn:oid:1.2.3'))).refusals).toEqual([
      expect.objectContaining({
        code: 'MESSAGE_PATIENT_NOT_NHS_NUMBER',
        expression: 'AuditEvent.entity[0].what',
      }),
    ]);
    expect(
      eventOf(of(patientEntity('9990000018', 'urn:oid:1.2.3')), { nhs_number_systems: ['1.2.3'] }),
    ).toBeDefined();
  });

  it('with a wrong check digit are refused', () => {
    expect(codes(of(patientEntity('9990000019')))).toEqual(['EVENT_PATIENT_CHECK_DIGIT']);
  });

  it('are known by a reference to the national registry, or to one that the mapping knows', () => {
    const by = (reference: string) => of({ what: { reference }, role: { code: '1' } });
    const pds = 'https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/9990000018';
    expect(eventOf(by(pds))?.patient_id).toBe('9990000018');
    const other = 'https://example.org/fhir/Patient/9990000018/_history/2';
    expect(codes(by(other))).toEqual(['MESSAGE_PATIENT_NOT_NHS_NUMBER']);
    expect(eventOf(by(other), { nhs_number_systems: ['https://example.org/fhir'] })).toBeDefined();
    expect(codes(by('Patient/9990000018'))).toEqual(['MESSAGE_PATIENT_NOT_NHS_NUMBER']);
    expect(
      eventOf(by('Patient/9990000018'), { is_bare_patient_id_nhs_number: true }),
    ).toBeDefined();
    expect(eventOf(by(`Patient?identifier=${nhs_number}|9990000018`))?.patient_id).toBe(
      '9990000018',
    );
  });

  it('are known by the type of resource where no role is told (UK Core)', () => {
    const entity = {
      what: { identifier: { system: nhs_number, value: '9990000018' } },
      type: { system: 'http://hl7.org/fhir/resource-types', code: 'Patient' },
    };
    expect(eventOf(of(entity))?.patient_id).toBe('9990000018');
  });

  it('are known by the name of the entity where it looks like an identifier', () => {
    const entity = (name: string) => of({ name, role: { code: '1' } });
    expect(eventOf(entity(`9990000018^^^&${oid}&ISO`))?.patient_id).toBe('9990000018');
    expect(codes(entity('Test, Patient'))).toEqual(['MESSAGE_PATIENT_MISSING']);
  });

  it('are one event each, in document order, and one alone where named twice', () => {
    const event = of(
      patientEntity('9990000018'),
      patientEntity('9990000026'),
      patientEntity('9990000018'),
    );
    const { events } = read(event);
    expect(events.map(({ event_id, patient_id }) => [event_id, patient_id])).toEqual([
      ['one', '9990000018'],
      ['one#2', '9990000026'],
    ]);
  });

  it('that are refused do not refuse the others, whose ids stay', () => {
    const { events, refusals } = read(
      of(patientEntity('4711', 'urn:x'), patientEntity('9990000026')),
    );
    expect(events.map(({ event_id }) => event_id)).toEqual(['one#2']);
    expect(refusals).toHaveLength(1);
  });

  it('are one where the same reference stands with a number and without', () => {
    const patient = { reference: 'Patient/p1/_history/2' };
    const entity = [
      {
        what: { reference: 'Patient/p1', identifier: { system: nhs_number, value: '9990000018' } },
        role: { coding: [{ code: '1' }] },
      },
    ];
    expect(eventOf(readEventR5('one', { patient, entity }))?.patient_id).toBe('9990000018');
  });

  it('are missed in a view, and not in a search', () => {
    expect(codes(of(documentEntity('d1')))).toEqual(['MESSAGE_PATIENT_MISSING']);
    const search = readEvent('one', {
      action: 'E',
      subtype: undefined,
      entity: [queryEntity('family=Test')],
    });
    expect(eventOf(search)).toMatchObject({ action: 'search', search_terms: 'family=Test' });
  });
});

describe('what was done', () => {
  const of = (fields: Json) => readEvent('one', fields);
  const kind = (code: string) => ({ type: { system: dicom, code }, subtype: undefined });

  it.each([
    ['110112', 'E', 'search'],
    ['110106', 'R', 'export'],
    ['110110', 'R', 'view'],
    ['110103', 'R', 'view'],
  ])('DICOM %s with %s is %s', (code, action, expected) => {
    expect(eventOf(of({ ...kind(code), action }))?.action).toBe(expected);
  });

  it.each(['110101', '110108', '110113', '110114', '110100'])(
    'DICOM %s is no look at a record',
    (code) => {
      expect(codes(of({ ...kind(code), action: 'E' }))).toEqual(['MESSAGE_KIND_NOT_ACCESS']);
    },
  );

  it('a login is no look at a record, whatever else it lacks', () => {
    const login = of({
      ...kind('110114'),
      subtype: [{ system: dicom, code: '110122' }],
      action: 'E',
      agent: [{ requestor: false }],
      entity: undefined,
    });
    expect(codes(login)).toEqual(['MESSAGE_KIND_NOT_ACCESS']);
  });

  it.each(['C', 'U', 'D'])('action %s is not guessed, and is what the mapping says', (action) => {
    const event = of({ action, subtype: undefined });
    expect(codes(event)).toEqual(['MESSAGE_ACTION_UNMAPPED']);
    expect(eventOf(event, { actions: { [action]: 'view' } })?.action).toBe('view');
  });

  it('is told by the interaction where no action is', () => {
    expect(eventOf(of({ action: undefined }))?.action).toBe('view');
    expect(codes(of({ action: undefined, subtype: undefined }))).toEqual([
      'MESSAGE_ACTION_UNMAPPED',
    ]);
    expect(
      codes(of({ action: undefined, subtype: [{ system: interaction, code: 'create' }] })),
    ).toEqual(['MESSAGE_ACTION_UNMAPPED']);
  });

  it.each(['110102', '110104', '110105', '110107'])(
    'DICOM %s moves data, and is no view',
    (code) => {
      expect(codes(of({ ...kind(code), action: 'R' }))).toEqual(['MESSAGE_ACTION_UNMAPPED']);
    },
  );

  it('that contradicts itself is not guessed', () => {
    expect(codes(of({ action: 'R', subtype: [{ system: interaction, code: 'delete' }] }))).toEqual([
      'MESSAGE_ACTION_UNMAPPED',
    ]);
  });

  it('is what the mapping says of the subtype before anything else', () => {
    const event = of({ ...kind('110106'), subtype: [{ system: 'urn:x', code: 'DOC_READ' }] });
    expect(eventOf(event, { actions: { DOC_READ: 'view', R: 'print' } })?.action).toBe('view');
    expect(eventOf(event, { actions: { 'urn:x|DOC_READ': 'print' } })?.action).toBe('print');
  });
});

describe('overrides and purposes', () => {
  const reason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
  const purpose = (...codes_: string[]) =>
    codes_.map((code) => ({ coding: [{ system: reason, code }] }));

  it.each(['BTG', 'ETREAT'])('%s is break_glass, wherever it stands', (code) => {
    expect(eventOf(readEvent('one', { purposeOfEvent: purpose('TREAT', code) }))).toMatchObject({
      purpose: 'TREAT',
      override: 'break_glass',
    });
    const agent = [organisationAgent('RZZ01'), personAgent('1', { purposeOfUse: purpose(code) })];
    expect(eventOf(readEvent('one', { agent }))).toMatchObject({
      purpose: code,
      override: 'break_glass',
    });
    expect(eventOf(readEventR5('one', { authorization: purpose(code) }))?.override).toBe(
      'break_glass',
    );
  });

  it('DICOM 110127 is a view that broke the glass, with or without its patient', () => {
    const event = (entity: Json[]) =>
      readEvent('one', {
        type: { system: dicom, code: '110113' },
        subtype: [{ system: dicom, code: '110127' }],
        action: 'E',
        entity,
      });
    expect(eventOf(event([patientEntity('9990000018')]))).toMatchObject({
      action: 'view',
      override: 'break_glass',
    });
    expect(codes(event([documentEntity('d')]))).toEqual(['MESSAGE_PATIENT_MISSING']);
  });

  it.each([
    ['1', '1', 'self_claimed'],
    ['1', '4', 'break_glass'],
    ['2', '5', 'break_glass'],
    ['2', '1', undefined],
  ])('an SCR alert of type %s for reason %s is %s', (type, why, override) => {
    const event = eventOf(scrAlert(type, why, { outcomeDesc: 'Collapsed' }));
    expect(event).toMatchObject({
      action: 'view',
      outcome: 'unknown',
      staff_id: '555000000001',
      role_name: 'General Practitioner',
      organisation_code: 'RZZ01',
      patient_id: '9990000018',
      reason: `Reason ${why}: Collapsed`,
    });
    expect(event?.override).toBe(override);
  });

  it.each([
    ['1', '5'],
    ['2', '4'],
    ['2', '6'],
    ['3', '1'],
    ['1', '7'],
  ])('an SCR alert of type %s for reason %s is refused', (type, why) => {
    expect(codes(scrAlert(type, why))).toContain('MESSAGE_FIELD_VALUE');
  });

  it('an SCR alert without its patient, or with two organisations, is refused', () => {
    const agents = scrAlert('1', '1')['agent'] as Json[];
    expect(codes(scrAlert('1', '1', { agent: agents.slice(1) }))).toEqual([
      'MESSAGE_PATIENT_MISSING',
    ]);
    const second = { ...organisationAgent('RZZ02'), requestor: false };
    expect(codes(scrAlert('1', '1', { agent: [...agents, second] }))).toEqual([
      'MESSAGE_ORGANISATION_AMBIGUOUS',
    ]);
  });
});

describe('what was shown', () => {
  const of = (...entity: Json[]) =>
    readEvent('one', { entity: [patientEntity('9990000018'), ...entity] });

  it('several documents stand in one field', () => {
    expect(eventOf(of(documentEntity('d1'), documentEntity('d2', '20')))?.document_id).toBe(
      'd1 d2',
    );
  });

  it('is a section by detail, label, type or display, where the mapping names it', () => {
    const detail = [{ type: 'productIdentifier', valueString: 'GP Summary' }];
    const label = [{ system: 'urn:s', code: 'PSY' }];
    const type = { system: 'http://hl7.org/fhir/resource-types', code: 'MedicationRequest' };
    const mapping = {
      sections: {
        'GP Summary': 'gp_record',
        PSY: 'mental_health',
        MedicationRequest: 'medications',
      },
    };
    expect(eventOf(of(documentEntity('d1', '3', { detail })), mapping)?.section).toBe('gp_record');
    expect(eventOf(of(documentEntity('d1', '3', { securityLabel: label })), mapping)?.section).toBe(
      'mental_health',
    );
    expect(
      eventOf(of({ what: { reference: 'MedicationRequest/1' }, type }), mapping),
    ).toMatchObject({
      section: 'medications',
      document_id: 'MedicationRequest/1',
    });
    expect(eventOf(of({ what: { reference: 'MedicationRequest/1' } }))?.section).toBe(
      'MedicationRequest',
    );
  });

  it('in several sections is one event each, so that none is lost', () => {
    const detail = (valueString: string) => [{ type: 'section', valueString }];
    const { events } = read(
      of(
        documentEntity('d1', '3', { detail: detail('results') }),
        documentEntity('d2', '3', { detail: detail('medications') }),
        documentEntity('d3', '3', { detail: detail('results') }),
      ),
    );
    expect(
      events.map(({ event_id, section, document_id }) => [event_id, section, document_id]),
    ).toEqual([
      ['one', 'results', 'd1 d3'],
      ['one#2', 'medications', 'd2'],
    ]);
  });

  it('leaves out request ids, machines and other parties', () => {
    const request = {
      what: { identifier: { value: 'r1' } },
      type: {
        system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
        code: 'XrequestId',
      },
    };
    const endpoint = { what: { reference: 'Endpoint/1' }, role: { code: '17' } };
    const trace = { what: { identifier: { value: '00-0a-0b-01' } }, role: { code: '26' } };
    expect(eventOf(of(request, endpoint, trace))).not.toHaveProperty('document_id');
  });
});

describe('a search', () => {
  const of = (...queries: string[]) =>
    readEvent('one', { action: 'E', subtype: undefined, entity: queries.map(queryEntity) });

  it.each([
    [`GET /Patient?identifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C9990000018`],
    [`GET /Observation?patient.identifier=${nhs_number}|9990000018&_count=10`],
    [`<value root="2.16.840.1.113883.2.1.4.1" extension="9990000018"/>`],
    [`<value extension="9990000018" root="2.16.840.1.113883.2.1.4.1"/>`],
    [`QPD|x|9990000018^^^&2.16.840.1.113883.2.1.4.1&ISO`],
  ])('that names one patient by NHS number is about them: %s', (query) => {
    expect(eventOf(of(query))).toMatchObject({ search_terms: query, patient_id: '9990000018' });
  });

  it.each([
    ['identifier=9990000018'],
    [`identifier=urn:oid:1.2.3|9990000018`],
    [`identifier=${nhs_number}|9990000019`],
    [`identifier=${nhs_number}|9990000018,${nhs_number}|9990000026`],
  ])('that names none, or several, is about nobody: %s', (query) => {
    expect(eventOf(of(query))).not.toHaveProperty('patient_id');
  });

  it('is cut with a mark where it is longer than the field', () => {
    const terms = eventOf(of('x'.repeat(3_000)))?.search_terms;
    expect([terms?.length, terms?.endsWith('…')]).toEqual([1_000, true]);
  });

  it('that is no text stays base64', () => {
    const query = Buffer.from([0, 255, 1]).toString('base64');
    const entity = [{ role: { code: '24' }, query }];
    expect(
      eventOf(readEvent('one', { action: 'E', subtype: undefined, entity }))?.search_terms,
    ).toBe(query);
  });
});

describe('what is not valid', () => {
  const fault = (fields: Json) => read(readEvent('one', fields)).refusals[0];

  it.each([
    [{ action: 'X' }, 'AuditEvent.action'],
    [{ action: 1 }, 'AuditEvent.action'],
    [{ outcome: '5' }, 'AuditEvent.outcome'],
    [{ outcome: null }, 'AuditEvent.outcome'],
    [{ outcome: '' }, 'AuditEvent.outcome'],
    [{ id: 'a b' }, 'AuditEvent.id'],
    [{ id: 'x'.repeat(65) }, 'AuditEvent.id'],
    [{ outcomeDesc: ' ' }, 'AuditEvent.outcomeDesc'],
    [{ agent: [] }, 'AuditEvent.agent'],
    [{ agent: {} }, 'AuditEvent.agent'],
    [{ agent: [{ ...personAgent('1'), requestor: 'true' }] }, 'AuditEvent.agent[0].requestor'],
    [{ entity: [{ ...patientEntity('9990000018'), query: '%%%' }] }, 'AuditEvent.entity[0].query'],
    [
      { entity: [{ ...patientEntity('9990000018'), nhsNumber: 'x' }] },
      'AuditEvent.entity[0].nhsNumber',
    ],
    [{ patient: { reference: 'Patient/1' } }, 'AuditEvent.patient'],
    [{ contained: ['nonsense'] }, 'AuditEvent.contained[0]'],
    [
      { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] },
      'AuditEvent.modifierExtension[0]',
    ],
    [{ implicitRules: 'urn:x' }, 'AuditEvent.implicitRules'],
    [
      {
        type: {
          system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
          code: 'unknown-code',
        },
      },
      'AuditEvent.type.code',
    ],
    [{ subtype: [{ system: interaction, code: 'look' }] }, 'AuditEvent.subtype[0].code'],
  ])('%j is refused at %s', (fields, expression) => {
    expect(fault(fields)).toMatchObject({ code: 'MESSAGE_FIELD_VALUE', expression });
    expect(read(readEvent('one', fields)).events).toEqual([]);
  });

  it.each([
    [{ source: undefined }, 'AuditEvent.source'],
    [{ source: { site: 'x' } }, 'AuditEvent.source.observer'],
    [{ agent: undefined }, 'AuditEvent.agent'],
    [{ agent: [{ ...personAgent('1'), requestor: undefined }] }, 'AuditEvent.agent[0].requestor'],
  ])('%j is missed at %s', (fields, expression) => {
    expect(fault(fields)).toMatchObject({ code: 'MESSAGE_FIELD_MISSING', expression });
  });

  it.each([
    ['{"resourceType":"AuditEvent","id":"a","id":"b"}', 'MESSAGE_JSON_INVALID'],
    ['{"resourceType":"AuditEvent","id":"a","\\u0069d":"b"}', 'MESSAGE_JSON_INVALID'],
    ['{"resourceType":"AuditEvent"', 'MESSAGE_JSON_INVALID'],
    ['', 'MESSAGE_JSON_INVALID'],
    ['[]', 'MESSAGE_NOT_AUDIT'],
    ['null', 'MESSAGE_NOT_AUDIT'],
    ['{"resourceType":"Patient"}', 'MESSAGE_NOT_AUDIT'],
    ['{"resourceType":"AuditEvent"}', 'MESSAGE_VERSION_UNKNOWN'],
    [`{"resourceType":"AuditEvent","x":${'['.repeat(100)}${']'.repeat(100)}}`, 'MESSAGE_TOO_DEEP'],
    ['['.repeat(1_000_000), 'MESSAGE_TOO_DEEP'],
    ['<AuditEvent xmlns="urn:other"/>', 'MESSAGE_XML_INVALID'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><AuditEvent>&b;</AuditEvent>', 'MESSAGE_XML_DOCTYPE'],
    ['<AuditEvent>&b;</AuditEvent>', 'MESSAGE_XML_INVALID'],
    ['<a>'.repeat(1_000), 'MESSAGE_TOO_DEEP'],
    ['<?xml version="1.0" encoding="ISO-8859-1"?><AuditEvent>ü</AuditEvent>', 'MESSAGE_NOT_UTF8'],
  ])('%.60s is refused with %s', (text, code) => {
    expect(codes(text)).toEqual([code]);
  });

  it('is refused in XML at the same places', () => {
    const xml = readEventXml('one');
    const expression = (from: string, to: string) =>
      read(xml.replace(from, to)).refusals.map((refusal) => refusal.expression)[0];
    expect(expression('<action value="R"/>', '<action value="X"/>')).toBe('AuditEvent.action');
    expect(expression('<action value="R"/>', '<action value="R"/><action value="U"/>')).toBe(
      'AuditEvent.action',
    );
    expect(expression('<action value="R"/>', '<action/>')).toBe('AuditEvent.action');
    expect(expression('<action value="R"/>', '<seen value="R"/>')).toBe('AuditEvent.seen');
    expect(expression('<requestor value="true"/>', '<requestor value="yes"/>')).toBe(
      'AuditEvent.agent[0].requestor',
    );
    expect(expression('<action value="R"/>', '<action value="R"/>text')).toBe('AuditEvent');
    expect(expression('<action value="R"/>', '<x:action xmlns:x="urn:x" value="R"/>')).toBe(
      'AuditEvent',
    );
  });

  it('is not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(readFhir(bytes, '', default_mapping).refusals[0]?.code).toBe('MESSAGE_NOT_UTF8');
  });

  it('never quotes what stood in the message', () => {
    const secret = 'secret-9990000018';
    const event = readEvent('one', {
      action: secret,
      [secret]: secret,
      entity: [patientEntity(secret), { [secret]: secret, role: { code: secret } }],
      agent: [{ ...personAgent(secret), requestor: secret }, personAgent(`${secret}2`)],
    });
    const { refusals } = read(event);
    expect(refusals.length).toBeGreaterThan(3);
    expect(JSON.stringify(refusals)).not.toContain(secret);
  });
});

describe('an event of very many patients and sections', () => {
  it('is refused before they are multiplied', () => {
    const patients = Array.from({ length: 1_500 }, (_, index) => ({
      what: { reference: `Patient/${index}` },
      role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' },
    }));
    const sections = Array.from({ length: 2_500 }, (_, index) => ({
      detail: [{ type: 'section', valueString: `section ${index}` }],
    }));
    const { events, refusals, drafts } = read(
      readEvent('many', { entity: [...patients, ...sections] }),
    );
    expect(events).toEqual([]);
    expect(refusals.map(({ code }) => code)).toContain('MESSAGE_TOO_LARGE');
    expect(drafts).toHaveLength(1_000);
  });
});
