/** What published AuditEvents say, field by field, by the name of their file: facts about them, written down by reading. */

export interface Expected {
  readonly file: string;
  readonly format: string;
  /** Codes of the refusals, without `MESSAGE_`. */
  readonly codes: readonly string[];
  /** What could be read of each act. */
  readonly drafts: readonly Record<string, unknown>[];
}

const balp = 'fhir-balp/IHE_ITI.BasicAudit__AuditEvent-';
const mhd = 'fhir-balp/IHE_ITI.MHD__AuditEvent-';
const pdqm = 'fhir-balp/IHE_ITI.PDQm__AuditEvent-';
const ip_address = '2001:0db8:85a3:0000:0000:8a2e:0370:7334';
const recorded = '2020-04-29T09:49:00.000Z';
const foreign = ['USER_UNKNOWN', 'ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'];
const list = { document_id: 'List/ex-list', section: 'List' };
const report = {
  document_id: 'DocumentReference/ex-documentreference',
  section: 'DocumentReference',
};
const measure = { document_id: 'MeasureReport/ex-measurereport', section: 'MeasureReport' };

function balpCase(
  name: string,
  codes: readonly string[],
  fields: Record<string, unknown>,
  prefix = balp,
): Expected {
  const common = { event_id: name, occurred_at: recorded, outcome: 'success', ip_address };
  const drafts = [{ ...common, ...fields }];
  return { file: `${prefix}${name}.json`, format: 'fhir_r4', codes, drafts };
}

const writes = ['ACTION_UNMAPPED', ...foreign];
const no_patient = ['ACTION_UNMAPPED', 'USER_UNKNOWN', 'ORGANISATION_UNKNOWN', 'PATIENT_MISSING'];
const query = (request_id: string) =>
  `GET test.fhir.org/r4/Observation?patient=ex-patient&_lastUpdated=gt2020-11-06T21:52:30.300Z&_sort=_lastUpdated&_count=10\nAccept: application/fhir+json; fhirVersion=4.0\nX-Request-Id: ${request_id}`;
/** In a delete the client is the application, and has its name. */
const deleting = { application: 'myMachine.example.org' };

const basic: Expected[] = [
  balpCase('ex-auditBasicCreate1', writes, { staff_name: 'Betty Jones', ...list }),
  balpCase('ex-auditBasicCreate2', writes, { staff_name: 'Charley Miller', ...list }),
  balpCase('ex-auditBasicCreateClient', writes, { staff_name: 'John Smith', ...list }),
  balpCase('ex-auditBasicCreateServer', writes, { staff_name: 'John Smith', ...list }),
  balpCase('ex-auditBasicCreateNoPatient', no_patient, { staff_name: 'John Smith', ...measure }),
  balpCase('ex-auditBasicCreateNoUser', writes, list),
  balpCase('ex-auditBasicCreateNoUserJob', writes, report),
  balpCase('ex-auditBasicCreateNoUserReport', writes, report),
  balpCase('ex-auditBasicUpdate1', writes, { staff_name: 'Betty Jones', ...list }),
  balpCase('ex-auditBasicUpdate2', writes, { staff_name: 'Charley Miller', ...list }),
  balpCase('ex-auditBasicUpdateNoPatient', no_patient, report),
  balpCase('ex-auditBasicUpdateNoUser', writes, list),
  balpCase('ex-auditBasicUpdateNoUserJob', writes, report),
  balpCase('ex-auditBasicUpdateNoUserReport', writes, report),
  balpCase('ex-auditBasicPatch', writes, { staff_name: 'John Smith', ...list }),
  balpCase('ex-auditBasicDelete2', writes, { staff_name: 'Charley Miller', ...list, ...deleting }),
  balpCase('ex-auditBasicDeleteClient', writes, {
    staff_name: 'John Smith',
    ...list,
    ...deleting,
  }),
  balpCase('ex-auditBasicDeleteInformant', writes, {
    staff_name: 'Betty Jones',
    ...list,
    ...deleting,
  }),
  balpCase('ex-auditBasicDeleteServer', writes, {
    staff_name: 'John Smith',
    ...list,
    ...deleting,
  }),
  balpCase('ex-auditBasicDeleteNoPatient', no_patient, {
    occurred_at: '2020-04-06T09:49:00.000Z',
    staff_name: 'John Smith',
    ...measure,
    ...deleting,
  }),
  balpCase('ex-auditBasicDeleteNoUser', writes, { ...list, ...deleting }),
  balpCase('ex-auditBasicDeleteNoUserJob', writes, { ...report, ...deleting }),
  balpCase('ex-auditBasicReadClient', foreign, {
    action: 'view',
    staff_name: 'John Smith',
    ...list,
  }),
  balpCase('ex-auditBasicReadServer', foreign, {
    action: 'view',
    staff_name: 'John Smith',
    ...list,
  }),
  balpCase('ex-auditBasicReadNoUser', foreign, { action: 'view', ...list }),
  balpCase(
    'ex-auditBasicReadNoPatient',
    ['USER_UNKNOWN', 'ORGANISATION_UNKNOWN', 'PATIENT_MISSING'],
    { action: 'view', staff_name: 'John Smith', ...measure },
  ),
  balpCase('ex-auditBasicReadOClient', foreign, {
    action: 'view',
    staff_name: 'JohnSmith',
    ...list,
  }),
  balpCase('ex-auditBasicReadOServer', ['ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'], {
    action: 'view',
    staff_id: '35fb1058-7f36-415b-b862-677a37c95f35',
    staff_id_system: 'http://localhost:5100',
    staff_name: 'JohnSmith',
    application: 'SampleApp',
    ...list,
  }),
  balpCase('ex-auditBasicReadOServerMin', foreign, { action: 'view', ...list }),
  balpCase('ex-auditBasicQueryGetClient', foreign, {
    action: 'search',
    staff_name: 'John Smith',
    search_terms: query('cc6d168e-5871-11ec-bf63-0242ac130002'),
  }),
  balpCase('ex-auditBasicQueryGetServer', foreign, {
    action: 'search',
    staff_name: 'John Smith',
    search_terms: query('cc6d168e-5871-11ec-bf63-0242ac130002'),
  }),
  balpCase('ex-auditBasicQueryGetNoPatient', ['USER_UNKNOWN', 'ORGANISATION_UNKNOWN'], {
    action: 'search',
    staff_name: 'John Smith',
    search_terms:
      'GET test.fhir.org/r4/MeasureReport?_lastUpdated=gt2020-11-06T21:52:30.300Z&_sort=_lastUpdated&_count=10\nAccept: application/fhir+json; fhirVersion=4.0\nX-Request-Id: 4a8dca3c-2205-4dc7-90e1-db877781d7cc',
  }),
  balpCase('ex-auditBasicQueryPost', foreign, {
    action: 'search',
    staff_name: 'John Smith',
    search_terms:
      'POST /r4/Observation/_search HTTP/1.1\nHost: test.fhir.org\nContent-Type: application/x-www-form-urlencoded\nAccept: application/fhir+json; fhirVersion=4.0\nContent-Length: 87\n\npatient=ex-patient&_lastUpdated=gt2020-11-06T21:52:30.300Z&_sort=_lastUpdated&_count=10',
  }),
  balpCase('ex-auditAuthZconsent-deny', ['KIND_NOT_ACCESS'], {
    occurred_at: '2021-12-27T09:49:00.000Z',
    outcome: 'error',
    staff_id: 'Practitioner/ex-practitioner',
    purpose: 'PATRQT',
    ip_address: undefined,
  }),
  balpCase('ex-auditPoke-SAML-Min2', ['KIND_NOT_ACCESS'], {
    occurred_at: '2021-12-03T09:49:00.000Z',
    staff_id: 'JoeL',
    staff_id_system: 'https://carequality.org',
    purpose: 'TREAT',
    override: 'break_glass',
    ip_address: undefined,
  }),
  balpCase('ex-auditPoke-SAML-QDI-Comp', ['KIND_NOT_ACCESS'], {
    occurred_at: '2021-12-03T09:49:00.000Z',
    staff_id: 'UID=kskagerb',
    staff_id_system:
      'ldap:///CN%3DSAML%20User%2COU%3DHarris%2CO%3DHITS%2CL%3DMelbourne%2CST%3DFL%2CC%3DUS',
    role_code: '307969004',
    role_name: 'Public health officier',
    purpose: 'PUBLICHEALTH',
    ip_address: undefined,
  }),
  balpCase(
    'ex-auditPrivacyDisclosure-source',
    ['USER_NOT_STAFF', 'ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    {
      action: 'export',
      staff_id: 'Patient/ex-patient',
      role_code: '429577009',
      role_name: 'Patient Advocate',
      purpose: 'PATRQT',
      device_id: 'myDevice.example.com',
      ip_address: undefined,
      ...report,
    },
  ),
];

const sharing: Expected[] = [
  ...['consumer', 'responder'].map((side) =>
    balpCase(
      `ex-auditFindDocumentLists-${side}`,
      foreign,
      {
        action: 'search',
        search_terms:
          'GET test.fhir.net/R4/fhir/List?patient=9876&code=submissionset&status=current&designationType=http://loinc.org|1234-5',
      },
      mhd,
    ),
  ),
  ...['consumer', 'responder'].map((side) =>
    balpCase(
      `ex-auditFindDocumentReferences-${side}`,
      foreign,
      {
        action: 'search',
        search_terms:
          'GET test.fhir.net/R4/fhir/DocumentReference?patient=9876&status=current&type=http://loinc.org|1234-5',
      },
      mhd,
    ),
  ),
  balpCase(
    'ex-auditRetrieveDocument-consumer',
    foreign,
    { action: 'view', document_id: 'http://example.org/blah/blah.pdf' },
    mhd,
  ),
  balpCase(
    'ex-auditRetrieveDocument-responder',
    foreign,
    {
      action: 'view',
      document_id: 'http://example.org/blah/blah.pdf',
      device_id: 'myDevice.example.com',
      ip_address: undefined,
    },
    mhd,
  ),
  balpCase(
    'ex-auditProvideBundle-source',
    foreign,
    {
      action: 'export',
      document_id: 'List/ex-minimalSubmissionSet',
      section: 'List',
      device_id: 'myDevice.example.com',
      ip_address: undefined,
    },
    mhd,
  ),
  balpCase(
    'ex-auditProvideBundle-recipient',
    writes,
    { document_id: 'List/ex-minimalSubmissionSet', section: 'List' },
    mhd,
  ),
  balpCase(
    'ex-auditPdqmQuery-consumer',
    ['USER_UNKNOWN', 'ORGANISATION_UNKNOWN'],
    {
      occurred_at: '2021-07-13T19:17:32.000Z',
      action: 'search',
      search_terms:
        'GET https://server.example.com/fhir/Patient?family=MOHR&given=ALICE&active=true&gender=female\nAccept: application/fhir+json; fhirVersion=4.0',
    },
    pdqm,
  ),
];

const nhi = 'https://standards.digital.health.nz/ns/nhi-id';

function hiraCase(
  name: string,
  codes: readonly string[],
  fields: Record<string, unknown>,
): Expected {
  return {
    file: `fhir-nz-hira/tewhatuora_fhir-auditevents__AuditEvent-HiraAuditEventExample${name}.json`,
    format: 'fhir_r4',
    codes: [...codes, 'ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: [
      {
        event_id: `HiraAuditEventExample${name}`,
        occurred_at: '2024-04-27T08:04:27.434+00:00',
        action: 'view',
        outcome: 'success',
        search_terms: '?patient=1234',
        section: 'CarePlan',
        ...fields,
      },
    ],
  };
}

const self = {
  staff_id: 'NHI123',
  staff_id_system: nhi,
  role_code: 'PAT',
  purpose: 'PATRQT',
  // It is no IP address.
  device_id: '22.21.213.352',
};
const hira: Expected[] = [
  hiraCase('UC1A', ['USER_NOT_STAFF'], self),
  hiraCase('UC1B', ['USER_NOT_STAFF'], { ...self, outcome: 'error' }),
  hiraCase('UC1C', ['USER_NOT_STAFF'], {
    ...self,
    search_terms: '{\\"patient\\":\\"NHI123\\"}',
    section: 'Immunization',
  }),
  hiraCase('UC2', [], {
    staff_id: 'NHI456',
    staff_id_system: nhi,
    role_code: 'CAREGIVER',
    purpose: 'FAMRQT',
    ip_address: '12.21.213.213',
  }),
  hiraCase('UC4', [], {
    staff_id: 'cpn-123',
    staff_id_system: 'https://standards.digital.health.nz/ns/hpi-person-id',
    staff_name: 'John Doe',
    role_code: 'PROV',
    purpose: 'PUBHLTH',
    ip_address: '12.21.213.213',
  }),
];

const swiss_persons = 'urn:oid:2.51.1.3';
const grieve = { staff_id: '95', staff_name: 'Grahame Grieve' };
const practice = {
  event_id: '9361863d-fec0-4ba9-8776-7905cf1b0cfa',
  occurred_at: '2022-04-27T08:04:27.434+00:00',
  outcome: 'success',
  staff_id: '1-SMC-B-Testkarte-883110000095957',
  staff_id_system: 'https://gematik.de/fhir/sid/telematik-id',
  staff_name: 'Praxis Dr. Müller',
  document_id: '160.123.456.789.123.58',
  section: 'Task',
};
const encounter_search = 'http://fhir-dev.healthintersections.com.au/open/Encounter?participant=13';
const sds_user = 'https://fhir.nhs.uk/Id/sds-user-id';

const others: Expected[] = [
  {
    file: 'fhir-r4/IHE_ACDC__AuditEvent-ACDCExampleQueryArtifactAuditEvent.json',
    format: 'fhir_r4',
    codes: ['ORGANISATION_UNKNOWN'],
    drafts: [
      {
        event_id: 'ACDCExampleQueryArtifactAuditEvent',
        occurred_at: '2020-02-25T02:16:06.012-05:00',
        action: 'search',
        outcome: 'unknown',
        staff_id: 'fred',
        staff_name: 'Fred Jones',
        role_code: 'admin',
        search_terms: 'url=http://example.com/PHQ-2',
      },
    ],
  },
  {
    file: 'fhir-r4/gematik_lib-bbriccs__9361863d-fec0-4ba9-8776-7905cf1b0cfa.json',
    format: 'fhir_r4',
    codes: ['ACTION_UNMAPPED', 'ORGANISATION_UNKNOWN', 'PATIENT_MISSING'],
    drafts: [practice],
  },
  {
    file: 'fhir-r4-xml/gematik_app-referencevalidator__GEM_ERP_PR_AuditEvent-1.2-valid-GEM_ERP_PR_AuditEvent-test.xml',
    format: 'fhir_r4',
    codes: ['ACTION_UNMAPPED', 'ORGANISATION_UNKNOWN', 'PATIENT_MISSING'],
    drafts: [practice],
  },
  {
    file: 'fhir-r4-xml/gematik_app-referencevalidator__GEM_ERP_PR_AuditEvent-1.5-valid-AuditEvent-9361863d-fec0-4ba9-8776-7905cf1b0cfa.xml',
    format: 'fhir_r4',
    codes: ['ACTION_UNMAPPED', 'ORGANISATION_UNKNOWN', 'PATIENT_MISSING'],
    drafts: [{ ...practice, occurred_at: '2025-10-01T15:29:00.434+00:00' }],
  },
  {
    file: 'fhir-r4/google_fhir__AuditEvent-example-media.json',
    format: 'fhir_r4',
    codes: ['ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: ['example-media', 'example-media#2'].map((event_id, index) => ({
      event_id,
      occurred_at: '2015-08-27T23:42:24.000Z',
      action: 'export',
      outcome: 'success',
      ...grieve,
      ...(index === 0
        ? { document_id: 'e3cdfc81a0d24bd' }
        : { document_id: 'DocumentManifest/example', section: 'DocumentManifest' }),
    })),
  },
  {
    file: 'fhir-r4/google_fhir__AuditEvent-example-logout.json',
    format: 'fhir_r4',
    codes: ['KIND_NOT_ACCESS'],
    drafts: [
      {
        event_id: 'example-logout',
        occurred_at: '2013-06-20T23:46:41.000Z',
        outcome: 'success',
        ...grieve,
        ip_address: '127.0.0.1',
      },
    ],
  },
  {
    file: 'fhir-r4-xml/fhir-ru_fhir-ru.github.io__audit-event-example-search.xml',
    format: 'fhir_r4',
    codes: ['ORGANISATION_UNKNOWN'],
    drafts: [
      {
        event_id: 'example-search',
        occurred_at: '2015-08-22T23:42:24.000Z',
        action: 'search',
        outcome: 'success',
        ...grieve,
        device_id: 'Workstation1.ehr.familyclinic.com',
        search_terms: encounter_search,
      },
    ],
  },
  {
    file: 'fhir-r4-xml/ehealthsuisse_ch-epr-fhir__atc-doc-read-ass-hpc.xml',
    format: 'fhir_r4',
    codes: ['ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: [
      {
        event_id: 'atc-doc-read-ass-hpc',
        occurred_at: '2020-10-20T12:29:00.000Z',
        action: 'export',
        outcome: 'success',
        staff_id: '7601003336382',
        staff_id_system: swiss_persons,
        staff_name: 'Regula Fischer',
        role_code: 'ASS',
        role_name: 'Assistant',
        purpose: 'EMER',
        document_id: '1.2.3.4.5',
      },
    ],
  },
  {
    file: 'fhir-r4-xml/ehealthsuisse_ch-epr-fhir__atc-doc-search.xml',
    format: 'fhir_r4',
    codes: ['ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: [
      {
        event_id: 'atc-doc-search',
        occurred_at: '2022-10-10T18:49:00.000Z',
        action: 'search',
        outcome: 'success',
        staff_id: '7601000050717',
        staff_id_system: swiss_persons,
        staff_name: 'Dr. med. Sabine Musterfrau',
        role_code: 'HCP',
        role_name: 'Healthcare professional',
        purpose: 'EMER',
      },
    ],
  },
  {
    file: 'fhir-r4-xml/ehealthsuisse_ch-atc__atc-doc-create-rep-pat.xml',
    format: 'fhir_r4',
    codes: ['ACTION_UNMAPPED', 'ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: [
      {
        event_id: 'atc-doc-create-rep-pat',
        occurred_at: '2020-10-10T16:29:00.000Z',
        outcome: 'success',
        staff_id: '761322222222222222',
        staff_id_system: 'urn:oid:2.16.756.5.30.1.127.3.10.3',
        staff_name: 'Julia Helfe-Gern',
        role_code: 'REP',
        role_name: 'Representative',
        purpose: 'NORM',
        document_id: '1.2.3.4.5',
      },
    ],
  },
  {
    file: 'fhir-r5/erpuno_hl7__AuditEvent-example-disclosure.json',
    format: 'fhir_r5',
    codes: ['USER_UNKNOWN', 'ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: [
      {
        event_id: 'example-disclosure',
        occurred_at: '2013-09-22T00:08:00.000Z',
        action: 'export',
        outcome: 'success',
        purpose: 'HMARKT',
        device_id: 'custodian.net',
      },
    ],
  },
  {
    file: 'fhir-r5/erpuno_hl7__AuditEvent-example-search.json',
    format: 'fhir_r5',
    codes: ['ORGANISATION_UNKNOWN'],
    drafts: [
      {
        event_id: 'example-search',
        occurred_at: '2015-08-22T23:42:24.000Z',
        action: 'search',
        outcome: 'success',
        ...grieve,
        device_id: 'Workstation1.ehr.familyclinic.com',
        search_terms: encounter_search,
      },
    ],
  },
  {
    file: 'fhir-r5/erpuno_hl7__AuditEvent-example-error.json',
    format: 'fhir_r5',
    codes: ['ACTION_UNMAPPED', 'ORGANISATION_UNKNOWN', 'PATIENT_MISSING'],
    drafts: [
      {
        event_id: 'example-error',
        occurred_at: '2017-09-07T23:42:24.000Z',
        outcome: 'error',
        ...grieve,
        device_id: 'Workstation1.ehr.familyclinic.com',
      },
    ],
  },
  {
    file: 'fhir-stu3/google_fhir__AuditEvent-example-search.json',
    format: 'fhir_stu3',
    codes: ['ORGANISATION_UNKNOWN'],
    drafts: [
      {
        event_id: 'example-search',
        occurred_at: '2015-08-22T23:42:24.000Z',
        action: 'search',
        outcome: 'success',
        ...grieve,
        device_id: 'Workstation1.ehr.familyclinic.com',
        search_terms: encounter_search,
      },
    ],
  },
  {
    file: 'fhir-dstu2/google_fhir__AuditEvent-example-search.json',
    format: 'fhir_dstu2',
    codes: ['ORGANISATION_UNKNOWN'],
    drafts: [
      {
        event_id: 'example-search',
        occurred_at: '2015-08-22T23:42:24.000Z',
        action: 'search',
        outcome: 'success',
        ...grieve,
        search_terms: encounter_search,
      },
    ],
  },
  {
    file: 'fhir-dstu2/google_fhir__AuditEvent-example-rest.json',
    format: 'fhir_dstu2',
    codes: ['ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: [
      {
        event_id: 'example-rest',
        occurred_at: '2013-06-20T23:42:24.000Z',
        action: 'view',
        outcome: 'success',
        ...grieve,
      },
    ],
  },
  {
    file: 'fhir-dstu2-xml/DSrcl_FRHI-Genomics-Docs__audit-event-example-logout.xml',
    format: 'fhir_dstu2',
    codes: ['KIND_NOT_ACCESS'],
    drafts: [
      {
        event_id: 'example-logout',
        occurred_at: '2013-06-20T23:46:41.000Z',
        outcome: 'success',
        ...grieve,
        ip_address: '127.0.0.1',
      },
    ],
  },
  {
    file: 'nhs-fhir/NHSDigital_IOPS-FHIR-Simplifier-Backup__AuditEvent-ServiceRequestUpdate-Example.json',
    format: 'fhir_r4',
    codes: ['ACTION_UNMAPPED', 'ORGANISATION_UNKNOWN', 'PATIENT_MISSING'],
    drafts: [
      {
        event_id: 'AuditEvent-ServiceRequestUpdate-Example',
        occurred_at: '2023-08-10T11:10:00.000Z',
        outcome: 'success',
        staff_id: '9999999997',
        staff_id_system: sds_user,
        staff_name: 'Test Clinical Scientist',
        document_id: 'ServiceRequest/ServiceRequest-SavedTestOrderUpdated-Example',
        section: 'ServiceRequest',
      },
    ],
  },
  {
    file: 'nhs-fhir/NHSDigital_IOPS-FHIR-Simplifier-Backup__PARS-AuditEvent-app-restricted-fhir-pds-read-Example.json',
    format: 'fhir_r4',
    codes: ['USER_UNKNOWN', 'EVENT_PATIENT_CHECK_DIGIT'],
    drafts: [
      {
        event_id: 'PARS-AuditEvent-app-restricted-fhir-pds-read-Example',
        occurred_at: '2024-07-01T09:49:00.000+00:00',
        action: 'view',
        outcome: 'unknown',
        organisation_code: 'ABC',
        patient_id: '9999999991',
      },
    ],
  },
  {
    file: 'nhs-fhir/NHSDigital_IOPS-FHIR-Simplifier-Backup__PARS-AuditEvent-user-restricted-hl7v3-gpsummary-read-Example.json',
    format: 'fhir_r4',
    codes: ['EVENT_PATIENT_CHECK_DIGIT'],
    drafts: [
      {
        event_id: 'PARS-AuditEvent-user-restricted-hl7v3-gpsummary-read-Example',
        occurred_at: '2024-07-01T09:49:00.000+00:00',
        action: 'view',
        outcome: 'unknown',
        staff_id: '123456',
        staff_id_system: sds_user,
        staff_name: 'John Smith',
        organisation_code: 'ABC',
        patient_id: '9999999991',
      },
    ],
  },
  {
    file: 'nhs-fhir/NHSDigital_IOPS-FHIR-Simplifier-Backup__PARS-AuditEvent-patient-restricted-fhir-pds-update-Example.json',
    format: 'fhir_r4',
    codes: ['ACTION_UNMAPPED', 'USER_NOT_STAFF', 'EVENT_PATIENT_CHECK_DIGIT'],
    drafts: [
      {
        event_id: 'PARS-AuditEvent-patient-restricted-fhir-pds-update-Example',
        occurred_at: '2024-07-01T09:49:00.000+00:00',
        outcome: 'unknown',
        staff_id: '9999999991',
        staff_id_system: 'https://fhir.nhs.uk/Id/nhs-number',
        organisation_code: 'X26',
        patient_id: '9999999991',
      },
    ],
  },
  {
    file: 'nhs-fhir/NHSDigital_IOPS-FHIR-Simplifier-Backup__UKCore-AuditEvent-Query-Example.xml',
    format: 'fhir_r4',
    codes: ['ORGANISATION_UNKNOWN', 'PATIENT_NOT_NHS_NUMBER'],
    drafts: [
      {
        event_id: 'UKCore-AuditEvent-Query-Example',
        occurred_at: '2020-12-10T13:10:00.000+00:00',
        action: 'search',
        outcome: 'unknown',
        staff_id: 'Practitioner/UKCore-Practitioner-DoctorPaulRastall-Example',
        role_code: 'RESPRSN',
        role_name: 'responsible party',
      },
    ],
  },
  {
    file: 'nhs-fhir/NHSDigital_summary-care-record-api__test_data-audit_event.json',
    format: 'fhir_r4',
    codes: ['EVENT_PATIENT_CHECK_DIGIT'],
    drafts: [
      {
        event_id: 'example',
        occurred_at: '2020-11-13T00:00:00.000+00:00',
        action: 'view',
        outcome: 'unknown',
        override: 'self_claimed',
        reason: 'Access made in the public interest: a test alert',
        staff_id: 'T10101',
        staff_id_system: sds_user,
        role_name: 'General Practitioner',
        organisation_code: 'T10101',
        patient_id: '{{PATIENT_NHS_NUMBER}}',
      },
    ],
  },
];

/** What is refused for what it is, and not for what it lacks. */
const invalid: Expected[] = [
  'NHSDigital_summary-care-record-api__alert-subtype_range.json',
  'NHSDigital_summary-care-record-api__alert-type_subtype_combination_26.json',
].map((name) => ({
  file: `nhs-fhir-invalid/${name}`,
  format: 'fhir_r4',
  codes: ['FIELD_VALUE'],
  drafts: [],
}));

export const expected_samples: readonly Expected[] = [
  ...basic,
  ...sharing,
  ...hira,
  ...others,
  ...invalid,
];

/** Files that become events with a default organisation alone, and the fields of those events. */
export const expected_events: Readonly<Record<string, Record<string, unknown>>> = {
  'fhir-r4/IHE_ACDC__AuditEvent-ACDCExampleRequestAssessmentAuditEvent.json': {
    event_id: 'ACDCExampleRequestAssessmentAuditEvent',
    occurred_at: '2020-02-25T02:16:06.012-05:00',
    action: 'search',
    outcome: 'unknown',
    staff_id: 'fred',
    staff_name: 'Fred Jones',
    role_code: 'admin',
    organisation_code: 'RZZ01',
    search_terms: 'url=http://example.com/PHQ-2',
  },
  'fhir-stu3/google_fhir__AuditEvent-example-search.json': {
    event_id: 'example-search',
    occurred_at: '2015-08-22T23:42:24.000Z',
    action: 'search',
    outcome: 'success',
    ...grieve,
    organisation_code: 'RZZ01',
    device_id: 'Workstation1.ehr.familyclinic.com',
    search_terms: encounter_search,
  },
};
