import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mapAuditMessage } from '../../../../ingest/formats/audit-message.ts';
import { documentField, identifiersOf } from '../../../../ingest/formats/audit-message/objects.ts';
import { parseMapping } from '../../../../ingest/mapping.ts';
import { auditMessage, type Told } from '../../../support/audit-message.ts';

const home = { default_organisation_code: 'RZZ01' };
const map = (told: Told | string = {}, mapping: object = home) =>
  mapAuditMessage(
    Buffer.from(typeof told === 'string' ? told : auditMessage(told)),
    parseMapping(mapping),
  );
const eventOf = (told: Told | string = {}, mapping: object = home) => {
  const { events, refusals } = map(told, mapping);
  expect(refusals).toEqual([]);
  return events[0];
};
const codesOf = (told: Told | string, mapping: object = home) =>
  map(told, mapping).refusals.map(({ code }) => code);
const base64 = (text: string, encoding: BufferEncoding = 'utf8') =>
  Buffer.from(text, encoding).toString('base64');
const object = (attributes: string, inner = '') =>
  `<ParticipantObjectIdentification ${attributes}>${inner}</ParticipantObjectIdentification>`;
const participant = (attributes: string, inner = '') =>
  `<ActiveParticipant ${attributes}>${inner}</ActiveParticipant>`;
/** A message whose only participants are those. */
const among = (...participants: string[]) =>
  auditMessage().replace(/<ActiveParticipant[^]*<\/ActiveParticipant>/, participants.join(''));
const role = (code: string, system = 'DCM') =>
  `<RoleIDCode csd-code="${code}" codeSystemName="${system}" originalText="a role"/>`;

const expected = {
  event_id: createHash('sha256').update(auditMessage()).digest('hex'),
  occurred_at: '2026-03-01T10:00:00.123Z',
  action: 'view',
  outcome: 'success',
  staff_id: '555000000001',
  staff_name: 'Synthetic Person',
  role_code: 'R8000',
  role_name: 'as coded',
  organisation_code: 'RZZ01',
  site_code: 'RZZ01',
  application: 'test-node',
  ip_address: '10.0.0.7',
  patient_id: '9990000018',
};

describe('a message', () => {
  it('becomes an event, field by field, from DICOM', () => {
    expect(map().format).toBe('dicom');
    expect(eventOf()).toEqual(expected);
  });

  it('becomes the same event from RFC 3881, but for its id', () => {
    const mapped = map({ dialect: 'rfc3881' });
    expect(mapped.format).toBe('rfc3881');
    expect(mapped.events).toEqual([
      { ...expected, event_id: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  it.each([' xmlns="http://example.org/audit"', ' xmlns:x="urn:x"'])(
    'is read whatever namespace is on its root: %s',
    (root) => {
      expect(eventOf({ root })).toMatchObject({ patient_id: '9990000018' });
    },
  );

  it('is read with a prefix on every element', () => {
    const prefixed = auditMessage()
      .replaceAll(/<(\/?)([A-Z])/g, '<$1au:$2')
      .replace('<au:AuditMessage', '<au:AuditMessage xmlns:au="urn:au"');
    expect(eventOf(prefixed)).toMatchObject({ patient_id: '9990000018' });
  });

  it('has the id of its bytes without a byte order mark', () => {
    expect(eventOf(`\ufeff${auditMessage()}`)).toEqual(expected);
  });

  it.each([
    ['what is not XML', 'nonsense', 'MESSAGE_XML_INVALID'],
    ['what is cut short', auditMessage().slice(0, -20), 'MESSAGE_XML_INVALID'],
    ['a DOCTYPE', '<!DOCTYPE a><AuditMessage/>', 'MESSAGE_XML_DOCTYPE'],
    ['what is too deep', '<a>'.repeat(40), 'MESSAGE_TOO_DEEP'],
    ['another root', '<AuditEvent xmlns="http://hl7.org/fhir"/>', 'MESSAGE_NOT_AUDIT'],
    ['a root with nothing in it', '<AuditMessage/>', 'MESSAGE_FIELD_MISSING'],
    [
      'two identifications',
      auditMessage().replace(/(<EventId[^]*<\/EventIdentification>)/, '$1$1'),
      'MESSAGE_FIELD_VALUE',
    ],
    ['no EventID', auditMessage().replace(/<EventID [^>]*>/, ''), 'MESSAGE_FIELD_MISSING'],
    ['no time', auditMessage({ time: '' }), 'MESSAGE_TIME_MISSING'],
    ['an outcome of its own', auditMessage({ outcome: '7' }), 'MESSAGE_FIELD_VALUE'],
    ['no patient', auditMessage({ patients: [] }), 'MESSAGE_PATIENT_MISSING'],
  ])('is refused: %s', (_title, text, code) => {
    expect(map(text)).toMatchObject({ events: [], refusals: [{ code }] });
  });

  it('is refused when it is not UTF-8', () => {
    const bytes = Buffer.from(auditMessage({ site: 'Hôpital' }), 'latin1');
    const { refusals } = mapAuditMessage(bytes, parseMapping(home));
    expect(refusals).toMatchObject([{ code: 'MESSAGE_NOT_UTF8' }]);
  });

  it('says all that is missing, and shows what could be read all the same', () => {
    const mapped = map({ action: 'C', patients: ['4711^^^MPI'] }, {});
    expect(mapped.refusals.map(({ code }) => code)).toEqual([
      'MESSAGE_ACTION_UNMAPPED',
      'MESSAGE_ORGANISATION_UNKNOWN',
      'MESSAGE_PATIENT_NOT_NHS_NUMBER',
    ]);
    expect(mapped.drafts).toMatchObject([{ staff_id: '555000000001', outcome: 'success' }]);
  });

  it('never quotes what stood in it', () => {
    const told = map({ patients: ['9434765870^^^SECRET'], staff: '', outcome: '9' }, {});
    expect(JSON.stringify(told.refusals)).not.toMatch(/9434765870|SECRET|Synthetic/);
  });
});

describe('what was done', () => {
  it.each([
    ['110110', 'R', 'view'],
    ['110103', 'R', 'view'],
    ['110111', 'R', 'view'],
    ['110112', 'E', 'search'],
    ['110112', '', 'search'],
    ['110106', 'R', 'export'],
    ['110106', '', 'export'],
  ])('EventID %s with action code "%s" is a %s', (kind, action, expectation) => {
    expect(eventOf({ kind, action })?.action).toBe(expectation);
  });

  it.each(['110100', '110101', '110108', '110113', '110114'])(
    'EventID %s is no look at a record, and that is all that is said of it',
    (kind) => {
      expect(codesOf({ kind, action: 'E', patients: [], staff: '' }, {})).toEqual([
        'MESSAGE_KIND_NOT_ACCESS',
      ]);
    },
  );

  it.each([
    ['110110', 'C'],
    ['110110', ''],
    ['110103', 'D'],
    ['110107', 'C'],
    ['110104', 'R'],
    ['110105', 'D'],
    ['999999', 'R'],
  ])('EventID %s with action code "%s" is unmapped', (kind, action) => {
    expect(codesOf({ kind, action })).toEqual(['MESSAGE_ACTION_UNMAPPED']);
  });

  it('the mapping of the source goes before the standards, its narrower codes first', () => {
    const actions = { 'DCM|ITI-43': 'export', '110107': 'view', C: 'print' };
    expect(eventOf({ kind: '110107', action: 'C' }, { ...home, actions })?.action).toBe('view');
    expect(eventOf({ kind: '110107', type: 'ITI-43' }, { ...home, actions })?.action).toBe(
      'export',
    );
    expect(eventOf({ kind: '110110', action: 'C' }, { ...home, actions })?.action).toBe('print');
    expect(codesOf({ kind: '110114', action: 'C' }, { ...home, actions })).toEqual([
      'MESSAGE_KIND_NOT_ACCESS',
    ]);
  });

  it('an emergency override is a view that broke the glass, with a patient', () => {
    const told = { kind: '110113', action: 'E', type: '110127' };
    expect(eventOf(told)).toMatchObject({ action: 'view', override: 'break_glass' });
    expect(codesOf({ ...told, patients: [] })).toEqual(['MESSAGE_PATIENT_MISSING']);
    expect(eventOf({ type: '110127' })).toMatchObject({ action: 'view', override: 'break_glass' });
  });

  it('the end of an emergency override is no look', () => {
    expect(codesOf({ kind: '110113', action: 'E', type: '110138' })).toEqual([
      'MESSAGE_KIND_NOT_ACCESS',
    ]);
  });

  it.each([
    ['0', 'success'],
    ['4', 'error'],
    ['8', 'error'],
    ['12', 'error'],
    ['', 'unknown'],
  ])('outcome indicator "%s" is %s', (outcome, expectation) => {
    expect(eventOf({ outcome })?.outcome).toBe(expectation);
  });

  it('takes the purpose, and an emergency among the purposes', () => {
    const purposes = (codes: string[]) =>
      auditMessage().replace(
        '</EventIdentification>',
        `${codes.map((code) => `<PurposeOfUse csd-code="${code}" codeSystemName="v3"/>`).join('')}</EventIdentification>`,
      );
    expect(eventOf(purposes(['TREAT']))).toMatchObject({ purpose: 'TREAT' });
    expect(eventOf(purposes(['TREAT']))).not.toHaveProperty('override');
    expect(eventOf(purposes(['ETREAT']))).toMatchObject({ override: 'break_glass' });
  });

  it('cuts the time to milliseconds, and takes one without a zone only where the mapping says which', () => {
    expect(eventOf({ time: '2026-07-01T10:00:00.123456789+01:00' })?.occurred_at).toBe(
      '2026-07-01T10:00:00.123+01:00',
    );
    const local = { time: '2026-07-01T10:00:00' };
    expect(map(local).events[0]?.occurred_at).toBe('2026-07-01T10:00:00.000');
    expect(eventOf(local, { ...home, time_zone: 'Europe/London' })?.occurred_at).toBe(
      '2026-07-01T10:00:00.000+01:00',
    );
  });
});

describe('the user', () => {
  const person = participant(
    'UserID="jbloggs" UserName="Joe Bloggs" UserIsRequestor="true"',
    role('doctor', 'local'),
  );
  const machine = participant(
    'UserID="https://node.example/soap" UserIsRequestor="true" NetworkAccessPointID="10.1.1.1"',
    role('110153'),
  );

  it('is the person where a machine calls itself requestor too, at the address of the machine', () => {
    expect(eventOf(among(machine, person))).toMatchObject({
      staff_id: 'jbloggs',
      staff_name: 'Joe Bloggs',
      role_code: 'doctor',
      ip_address: '10.1.1.1',
    });
  });

  it.each([
    ['is left out', 'UserID="jbloggs"'],
    ['is misspelt', 'UserID="jbloggs" IsRequestor="true"'],
    ['is misspelt otherwise', 'UserID="jbloggs" UserIsRequester="1"'],
    ['is false on everybody', 'UserID="jbloggs" UserTypeCode="1" UserIsRequestor="false"'],
  ])('is found where UserIsRequestor %s', (_title, attributes) => {
    expect(eventOf(among(participant(attributes)))?.staff_id).toBe('jbloggs');
  });

  it.each([
    ['an address of the web', 'UserID="http://www.w3.org/2005/08/addressing/anonymous"'],
    ['a path', 'UserID="/arc/rs/studies"'],
    ['an IP address', 'UserID="127.0.0.1" UserTypeCode="1"'],
    ['a computer account', 'UserID="LAPTOP-1$"'],
    ['a word for nobody', 'UserID="unknown"'],
    ['a process', 'UserID="" AlternativeUserID="6412@HOST"'],
    ['nothing', 'UserID=""'],
  ])('is not a participant whose id is %s', (_title, attributes) => {
    expect(codesOf(among(participant(`${attributes} UserIsRequestor="true"`)))).toEqual([
      'MESSAGE_USER_UNKNOWN',
    ]);
  });

  it.each(['110119', '110182', '113877', '12', 'HL7APP'])(
    'is not a participant whose type of id is a machine: %s',
    (code) => {
      const type = `<UserIDTypeCode csd-code="${code}" codeSystemName="x"/>`;
      expect(codesOf(among(participant('UserID="X" UserIsRequestor="true"', type)))).toEqual([
        'MESSAGE_USER_UNKNOWN',
      ]);
    },
  );

  it('is nobody where two people may be meant', () => {
    const other = participant('UserID="other" UserIsRequestor="true"', role('nurse', 'local'));
    expect(codesOf(among(person, other))).toEqual(['MESSAGE_USER_AMBIGUOUS']);
    const choice = { ...home, user_codes: ['local|nurse'] };
    expect(eventOf(among(person, other), choice)?.staff_id).toBe('other');
    expect(eventOf(among(person, other), { ...home, not_user_codes: ['nurse'] })?.staff_id).toBe(
      'jbloggs',
    );
  });

  it('is one where the same person stands there twice', () => {
    const bare = participant('UserID="jbloggs" UserIsRequestor="true"', role('doctor', 'local'));
    expect(eventOf(among(bare, person))).toMatchObject({ staff_name: 'Joe Bloggs' });
  });

  it('is not a person who is no requestor, beside a machine that is one', () => {
    const bystander = participant('UserID="author" UserTypeCode="1" UserIsRequestor="false"');
    expect(codesOf(among(machine, bystander))).toEqual(['MESSAGE_USER_UNKNOWN']);
  });

  it('is read out of alias<user@issuer>, which stands with the machine', () => {
    const told = participant(
      'UserID="https://node.example/soap" UserName="Dr Joe&lt;joe@x.example@https://idp.example&gt;" UserIsRequestor="true"',
      role('110153'),
    );
    expect(eventOf(among(told))).toMatchObject({
      staff_id: 'joe@x.example',
      staff_id_system: 'https://idp.example',
      staff_name: 'Dr Joe',
    });
    const staff_id_systems = { 'https://idp.example': 'urn:staff' };
    expect(eventOf(among(told), { ...home, staff_id_systems })?.staff_id_system).toBe('urn:staff');
  });

  it('has the alternative id where that is no process and the id is none', () => {
    const told = participant('UserID="unknown" AlternativeUserID="jbloggs" UserIsRequestor="true"');
    expect(eventOf(among(told))?.staff_id).toBe('jbloggs');
  });

  it('has the system that its id names, and the mapping may call it otherwise', () => {
    const sds = participant(
      'UserID="https://fhir.nhs.uk/Id/sds-user-id|555000000001" UserIsRequestor="true"',
    );
    expect(eventOf(among(sds))).toMatchObject({
      staff_id: '555000000001',
      staff_id_system: 'https://fhir.nhs.uk/Id/sds-user-id',
    });
    const staff_id_systems = { '': 'urn:node:staff' };
    expect(eventOf({}, { ...home, staff_id_systems })?.staff_id_system).toBe('urn:node:staff');
  });

  it('may be a machine role where the mapping says so', () => {
    const told = participant('UserID="jbloggs" UserIsRequestor="true"', role('110153'));
    expect(codesOf(among(told))).toEqual(['MESSAGE_USER_UNKNOWN']);
    expect(eventOf(among(told), { ...home, user_codes: ['DCM|110153'] })?.staff_id).toBe('jbloggs');
  });

  it.each([
    ['NetworkAccessPointID="10.0.0.9" NetworkAccessPointTypeCode="1"', { ip_address: '10.0.0.9' }],
    [
      'NetworkAccessPointID="fe80::1%11" NetworkAccessPointTypeCode="2"',
      { ip_address: 'fe80::1%11' },
    ],
    [
      'NetworkAccessPointID="10.0.0.999" NetworkAccessPointTypeCode="2"',
      { device_id: '10.0.0.999' },
    ],
    ['NetworkAccessPointID="ward-pc-7" NetworkAccessPointTypeCode="1"', { device_id: 'ward-pc-7' }],
  ])('sits at %s', (attributes, fields) => {
    const told = eventOf(
      among(participant(`UserID="jbloggs" UserIsRequestor="true" ${attributes}`)),
    );
    expect(told).toMatchObject(fields);
    expect(Object.keys(told ?? {}).filter((name) => /ip_address|device_id/.test(name))).toEqual(
      Object.keys(fields),
    );
  });
});

describe('the organisation', () => {
  const none = { default_organisation_code: '' };

  it('is not guessed from a site that is called like one', () => {
    expect(codesOf({ site: 'RIS' }, none)).toEqual(['MESSAGE_ORGANISATION_UNKNOWN']);
    expect(codesOf({ site: '' }, none)).toEqual(['MESSAGE_ORGANISATION_UNKNOWN']);
  });

  it.each([
    ['a table', { organisations: { 'Ward 7': 'RZZ07' } }, 'Ward 7', 'RZZ07'],
    ['a table by the system', { organisations: { 'test-node': 'RZZ08' } }, 'Ward 7', 'RZZ08'],
    ['all bare ones', { organisation_systems: ['AuditEnterpriseSiteID'] }, 'RZZ09', 'RZZ09'],
    ['a default', { default_organisation_code: 'RZZ10' }, 'Ward 7', 'RZZ10'],
    ['a system of its own', { organisation_systems: ['1.2.3'] }, 'urn:oid:1.2.3|RZZ11', 'RZZ11'],
    ['none', {}, 'https://fhir.nhs.uk/Id/ods-organization-code|RZZ12', 'RZZ12'],
  ])('comes from the mapping: %s', (_title, mapping, site, code) => {
    expect(eventOf({ site }, mapping)?.organisation_code).toBe(code);
  });
});

describe('the patient', () => {
  it.each([
    ['9990000018^^^&amp;2.16.840.1.113883.2.1.4.1&amp;ISO'],
    ['9990000018^^^NHS&amp;2.16.840.1.113883.2.1.4.1&amp;ISO^PI'],
    ['9990000018^^^NHS'],
    ['9990000018^^^&amp;amp;2.16.840.1.113883.2.1.4.1&amp;amp;ISO'],
    ['9990000018^^^&amp;amp;amp;2.16.840.1.113883.2.1.4.1&amp;amp;amp;ISO'],
    ['urn:oid:2.16.840.1.113883.2.1.4.1|9990000018'],
    ['https://fhir.nhs.uk/Id/nhs-number|999 000 0018'],
    ['4711^^^MPI&amp;1.2.3&amp;ISO^PI~9990000018^^^NHS'],
  ])('is known by %s', (id) => {
    expect(eventOf({ patients: [id] })?.patient_id).toBe('9990000018');
  });

  it('is not known by a number that nobody says is an NHS number', () => {
    for (const id of ['9990000018', '9990000018^^^MPI', '9990000018^^^&amp;1.2.3&amp;ISO'])
      expect(codesOf({ patients: [id] })).toEqual(['MESSAGE_PATIENT_NOT_NHS_NUMBER']);
    const bare = { ...home, is_bare_patient_id_nhs_number: true };
    expect(eventOf({ patients: ['9990000018'] }, bare)?.patient_id).toBe('9990000018');
    const mpi = { ...home, nhs_number_systems: ['urn:oid:1.2.3', 'MPI'] };
    expect(eventOf({ patients: ['9990000018^^^&amp;1.2.3&amp;ISO'] }, mpi)?.patient_id).toBe(
      '9990000018',
    );
    expect(eventOf({ patients: ['9990000018^^^MPI'] }, mpi)?.patient_id).toBe('9990000018');
  });

  it('makes an event of its own for each, once', () => {
    const patients = ['9990000018^^^NHS', '9990000026^^^NHS', '999 000 0018^^^NHS'];
    const { events } = map({ patients });
    const [first] = events;
    expect(events.map(({ event_id, patient_id }) => [event_id, patient_id])).toEqual([
      [first?.event_id, '9990000018'],
      [`${first?.event_id}#2`, '9990000026'],
    ]);
  });

  it('refuses what is unknown of several, and keeps the others', () => {
    const mapped = map({ patients: ['4711^^^MPI', '9990000018^^^NHS'] });
    expect(mapped.events).toMatchObject([{ patient_id: '9990000018' }]);
    expect(mapped.refusals).toMatchObject([
      {
        code: 'MESSAGE_PATIENT_NOT_NHS_NUMBER',
        expression: 'AuditMessage.ParticipantObjectIdentification[0].ParticipantObjectID',
      },
    ]);
  });

  it('is told without role or type where its code says so, and is no other person', () => {
    const patient = 'ParticipantObjectID="9990000018^^^NHS"';
    const number = '<ParticipantObjectIDTypeCode code="2" codeSystemName="RFC-3381"/>';
    expect(eventOf({ patients: [], more: object(patient, number) })?.patient_id).toBe('9990000018');
    const other = `${patient} ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="6"`;
    expect(codesOf({ patients: [], more: object(other, number) })).toEqual([
      'MESSAGE_PATIENT_MISSING',
    ]);
  });
});

describe('what was shown', () => {
  const document = (id: string, of = '3') =>
    object(
      `ParticipantObjectID="${id}" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="${of}"`,
      '<ParticipantObjectIDTypeCode csd-code="110180" codeSystemName="DCM"/>',
    );

  it('is the document, the report before the job', () => {
    expect(eventOf({ more: document('set', '20') })?.document_id).toBe('set');
    expect(eventOf({ more: document('set', '20') + document('report') })?.document_id).toBe(
      'report',
    );
  });

  it('is every document of the act, as many as the field holds, and how many more', () => {
    expect(documentField(['a', 'b'])).toBe('a b');
    const ids = Array.from({ length: 10 }, (_value, at) => `${at}`.repeat(60));
    expect(documentField(ids)).toBe(`${ids.slice(0, 4).join(' ')} +6`);
    expect(documentField(ids).length).toBeLessThanOrEqual(256);
  });

  it('is a section only where the mapping has one', () => {
    expect(eventOf({ more: document('study') })).not.toHaveProperty('section');
    const sections = { 'DCM|110180': 'imaging' };
    expect(eventOf({ more: document('study') }, { ...home, sections })?.section).toBe('imaging');
  });
});

describe('a search', () => {
  const query = (text: string, more = '') =>
    object(
      'ParticipantObjectID="q" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="24"',
      `<ParticipantObjectQuery>${text}</ParticipantObjectQuery>${more}`,
    );
  const search = (more: string) => eventOf({ kind: '110112', action: 'E', patients: [], more });

  it('needs no patient, and has its terms decoded', () => {
    const told = search(query(base64('name=Müller\rdob=1970')));
    expect(told).toMatchObject({ action: 'search', search_terms: 'name=Müller\rdob=1970' });
    expect(told).not.toHaveProperty('patient_id');
    expect(told).not.toHaveProperty('document_id');
  });

  it('is decoded from lines of base64, and in the encoding that it tells', () => {
    const text = base64('name=synthetic, and some more of it');
    expect(search(query(`\n ${text.slice(0, 20)}\n ${text.slice(20)}\n`))?.search_terms).toBe(
      'name=synthetic, and some more of it',
    );
    const encoding = `<ParticipantObjectDetail type="QueryEncoding" value="${base64('ISO-8859-1')}"/>`;
    expect(search(query(base64('Müller', 'latin1'), encoding))?.search_terms).toBe('Müller');
  });

  it('shows by a mark that its terms are longer than the field', () => {
    const told = search(query(base64('x'.repeat(5_000))))?.search_terms ?? '';
    expect([...told]).toHaveLength(1_000);
    expect(told.endsWith('x…')).toBe(true);
    expect(search(query(base64('x'.repeat(1_000))))?.search_terms).toBe('x'.repeat(1_000));
  });

  it('keeps terms that are no base64 as they stand, without what no field takes', () => {
    expect(search(query('name: a&amp;b'))?.search_terms).toBe('name:a&b');
    expect(search(query(base64('a\u0000b')))?.search_terms).toBe('a\ufffdb');
  });
});

it('reads identifiers in every spelling', () => {
  expect(identifiersOf('1^^^A&1.2&ISO~2')).toEqual([
    { system: '1.2', value: '1' },
    { system: 'A', value: '1' },
    { system: '', value: '2' },
  ]);
  expect(identifiersOf('urn:oid:1.2|3')).toEqual([{ system: 'urn:oid:1.2', value: '3' }]);
  expect(identifiersOf('A|B')).toEqual([{ system: '', value: 'A|B' }]);
  expect(identifiersOf(' ')).toEqual([]);
});
