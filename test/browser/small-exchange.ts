/** A small exchange, written straight into the tables: what pages are tested on. Every person in it is invented. */
import { refreshQueue } from '../../analytics/ranking/build.ts';
import type { SqlClient } from '../../sql/client.ts';
import { addDays, fixedClock, localDay } from '../../sql/clock.ts';

/** Ids that tests look for. */
export const trust = 'RTA01';
export const other_trust = 'RTB02';
export const own_alert_id = 'a000000000000001';
export const other_alert_id = 'b000000000000001';
export const patient_id = '9990001014';
export const long_name = 'Bartholomew-Featherstonehaugh Wolfeschlegelsteinhausenbergerdorff';
export const withdrawn_alert_id = 'd000000000000001';
/** Of a patient whose address is protected, so that it is told to nobody. */
export const withheld_alert_id = 'd000000000000002';
export const alerts_of_trust = 48;

const hour_ms = 3_600_000;

/** Fills empty tables as of `now` (epoch milliseconds). */
export async function fillSmallExchange(client: SqlClient, now: number): Promise<void> {
  const today = localDay(now);
  const day = addDays(today, -2);
  const at = Date.parse(`${day}T10:00:00Z`);
  await client.insert('areas_versions', areas());
  await client.insert('organisations_versions', organisations());
  await client.insert('staff_versions', staff());
  await client.insert('patients_versions', patients());
  await client.insert('care_relationships_versions', [
    {
      ...version(1),
      relationship_id: 'r1',
      patient_id,
      organisation_code: trust,
      kind: 'appointment',
      starts_at: at - 96 * hour_ms,
      ends_at: at - 95 * hour_ms,
    },
  ]);
  await client.insert('declared_ties_versions', [
    { ...version(1), staff_id: 's1', staff_id_system: '', patient_id, relation: 'spouse' },
  ]);
  await client.insert('source_versions', [
    source('north-hub', now),
    source('a-second-source-with-a-very-long-name-indeed', now),
    // What a demonstration leaves of the source that a first start makes: it ended before it sent anything.
    { ...source('local', now), is_ended: true },
  ]);
  await client.insert('access_events', events(at));
  await client.insert('segments', [
    segment(1, now - hour_ms, at),
    segment(2, now - 30 * hour_ms, at),
  ]);
  await client.insert('receipts', [
    {
      receipt: 'p1',
      source: 'north-hub',
      load_seq: 1,
      stored: 1_204_311,
      duplicates: 318,
      conflicts: 2,
    },
    {
      receipt: 'p2',
      source: 'a-second-source-with-a-very-long-name-indeed',
      load_seq: 2,
      stored: 12,
      duplicates: 0,
      conflicts: 0,
    },
  ]);
  await client.insert('reference_loads', references(now));
  await client.insert('ingest_rejects', rejects(now));
  await client.insert('day_builds', [
    { day, build: 1, load_seq: 2, built_at: now, events: 5, accesses: 3, views: 5 },
    ...months(today).map((month) => ({
      day: month,
      build: 1,
      load_seq: 2,
      built_at: now,
      events: 1,
      accesses: 1,
      views: 1,
    })),
  ]);
  await client.insert('access_builds', accesses(day, at));
  await client.insert('access_explanation_builds', [
    {
      build: 1,
      day,
      staff_id_system: '',
      staff_id: 's1',
      organisation_code: trust,
      patient_id,
      explanation_id: 'appointment',
      strength: 'organisation',
      evidence: 'r1',
    },
  ]);
  await client.insert('staff_day_builds', staffDays(today));
  await client.insert('link_coverage_builds', linkCoverage(today));
  await client.insert('detector_versions', detectors(now));
  await client.insert('detector_runs', [
    run('household', 'succeeded', now),
    run('own_record', 'succeeded', now),
    run('out_of_area', 'blind', now),
  ]);
  await client.insert('alert_versions', alerts(day, at, now));
  await refreshQueue(client, fixedClock(now));
}

function version(load_seq: number) {
  return { ended_at: null, source: 'north-hub', load_seq, line: 0, content_hash: 1 };
}

function areas() {
  return [
    'North Central London',
    'North East London',
    'North West London',
    'Hertfordshire and West Essex',
  ].map((name, line) => ({ ...version(1), line, area_code: `A${line}`, name }));
}

const organisation_names = [
  [trust, 'Northgate University Hospitals NHS Foundation Trust', 'acute', 'A0'],
  [other_trust, 'Southmere Hospitals', 'acute', 'A1'],
  ['F80001', 'The Green Lane Surgery', 'gp', 'A0'],
  ['F80002', 'Orchard Practice', 'gp', 'A2'],
  ['RMH01', 'Riverside Mental Health', 'mental_health', 'A3'],
  ['HOS01', 'Saint Hilda’s Hospice', 'hospice', 'A2'],
] as const;

function organisations() {
  return organisation_names.map(([organisation_code, name, type, area_code], line) => ({
    ...version(1),
    line,
    organisation_code,
    name,
    type,
    area_code,
  }));
}

function staff() {
  return [
    {
      ...version(1),
      staff_id: 's1',
      organisation_code: trust,
      staff_id_system: '',
      name: 'Alex Example',
      surname: 'Example',
      role_name: 'Ward clerk',
      team: 'Ward 7',
      nhs_number: '9990001049',
      address_key: 'SECRET-UPRN-1',
      postcode: 'ZZ99 9ZZ',
    },
    {
      ...version(1),
      line: 1,
      staff_id: 's2',
      organisation_code: trust,
      staff_id_system: '',
      name: long_name,
      surname: 'W',
      role_name: 'Consultant in emergency medicine and pre-hospital care',
    },
  ];
}

function patients() {
  return [
    {
      ...version(1),
      patient_id,
      surname: 'Testerson',
      date_of_birth: '1961-04-02',
      gp_practice_code: 'F80001',
      address_key: 'SECRET-UPRN-1',
      postcode: 'ZZ99 9ZZ',
      flags: [],
    },
    {
      ...version(1),
      line: 1,
      patient_id: '9990001022',
      surname: 'Guarded',
      gp_practice_code: 'F80002',
      address_key: 'SECRET-UPRN-2',
      postcode: 'ZZ99 1ZZ',
      flags: ['protected_address'],
    },
  ];
}

function source(name: string, now: number) {
  return {
    source: name,
    version: 1,
    key_hash: 'x',
    is_simulated: true,
    is_loopback_only: false,
    organisation_codes: [],
    default_staff_id_system: '',
    opening_rule: 'launch',
    changed_at: now - 1000 * hour_ms,
    changed_by: 'test',
    is_ended: false,
  };
}

function events(at: number) {
  const sections = ['gp_record', 'medications', 'results', 'documents', 'demographics'];
  const mine = sections.map((section, index) =>
    event(`e${index}`, trust, 's1', patient_id, at + index * 41_000, section),
  );
  return [
    ...mine,
    event('f1', trust, 's2', patient_id, at + hour_ms, 'results'),
    event('x1', other_trust, 's9', patient_id, at, 'gp_record'),
  ];
}

function event(
  event_id: string,
  organisation_code: string,
  staff_id: string,
  patient: string,
  occurred_at: number,
  section: string,
) {
  return {
    source: 'north-hub',
    event_id,
    occurred_at,
    day: localDay(occurred_at),
    action: 'view',
    outcome: 'success',
    trigger: 'user',
    staff_id,
    staff_id_system: '',
    staff_name: staff_id === 's1' ? 'Alex Example' : '',
    role_name: staff_id === 's1' ? 'Ward clerk' : '',
    organisation_code,
    application: 'Hospital EPR',
    device_id: 'WS-0417',
    ip_address: '10.1.2.3',
    patient_id: patient,
    section,
    purpose: 'TREAT',
    received_at: occurred_at + 5000,
    load_seq: 1,
    segment_id: 'g1',
    segment_position: 0,
    salt: '0123456789abcdef',
  };
}

function segment(load_seq: number, loaded_at: number, at: number) {
  return {
    load_seq,
    segment_id: `g${load_seq}`,
    format_version: 1,
    fencing_token: 1,
    loaded_at,
    sources: [load_seq === 1 ? 'north-hub' : 'a-second-source-with-a-very-long-name-indeed'],
    received: 7,
    stored: 7,
    duplicates: 0,
    conflicts: 0,
    rejects: 0,
    first_occurred_at: at,
    last_occurred_at: at + hour_ms,
    days: load_seq === 1 ? [localDay(at)] : [],
    bytes: 1,
    digest: '',
  };
}

function references(now: number) {
  return ['areas', 'organisations', 'staff', 'patients', 'declared_ties', 'care_relationships'].map(
    (dataset, index) => ({
      load_seq: 10 + index,
      dataset,
      source: 'north-hub',
      mode: 'full',
      segment_id: `h${index}`,
      receipt: `q${index}`,
      fencing_token: 1,
      received_at: now - 20 * hour_ms,
      loaded_at: now - 20 * hour_ms,
      received: 12_345 * (index + 1),
      changed: 17 * index,
      unchanged: 0,
      ended: 0,
      rejects: 0,
      digest: '',
    }),
  );
}

function rejects(now: number) {
  return [
    'EVENT_PATIENT_CHECK_DIGIT',
    'EVENT_PATIENT_CHECK_DIGIT',
    'EVENT_TIME_NO_OFFSET',
    'EVENT_CONFLICT',
  ].map((code, position) => ({
    source: 'north-hub',
    dataset: 'access_events',
    received_at: now - hour_ms,
    load_seq: 1,
    segment_id: 'g1',
    segment_position: position,
    receipt: 'p1',
    position,
    code,
    message: 'The field patient_id fails its check digit.',
    event_id: `bad-${position}`,
    raw: `{"event_id":"bad-${position}","patient_id":"9990001011"}`,
    raw_encoding: 'utf8',
  }));
}

function accesses(day: string, at: number) {
  const row = {
    build: 1,
    day,
    staff_id_system: '',
    organisation_code: trust,
    patient_id,
    first_at: at,
    last_at: at + 1000,
    events: 5,
    views: 5,
    openings: 1,
    user_events: 5,
    role_code: '',
    role_name: 'Ward clerk',
    sections: [],
    overrides: [],
  };
  return [
    { ...row, staff_id: 's1' },
    { ...row, staff_id: 's2', role_name: 'Consultant' },
    { ...row, staff_id: 's9', organisation_code: other_trust },
  ];
}

function months(today: string): string[] {
  return Array.from({ length: 5 }, (_, back) =>
    addDays(`${today.slice(0, 7)}-15`, -back * 30.4).slice(0, 7),
  ).flatMap((month) => [`${month}-01`, `${month}-28`]);
}

/** Fourteen months are not needed to see a chart; five are, one of them in part, with one area of very few staff. */
function staffDays(today: string) {
  return months(today).flatMap((day, month) =>
    organisation_names.flatMap(([organisation_code, , type], organisation) =>
      Array.from({ length: type === 'hospice' ? 3 : 40 - organisation * 4 }, (_, person) => ({
        build: 1,
        day,
        staff_id_system: '',
        staff_id: `${organisation_code}-${person}`,
        organisation_code,
        role_code: '',
        role_name: 'Nurse',
        first_at: Date.parse(`${day}T09:00:00Z`),
        last_at: Date.parse(`${day}T17:00:00Z`),
        events: 30,
        views: 20 + month,
        openings: 6 + month,
        searches: 0,
        patients: 5,
      })),
    ),
  );
}

/** By month, organisation and role; the second organisation lacks most of its feeds. */
function linkCoverage(today: string) {
  return months(today).flatMap((day, month) =>
    organisation_names.map(([organisation_code], place) => ({
      build: 1,
      day,
      organisation_code,
      role: 'nurse',
      accesses: 2000,
      inferred: 30,
      organisation: place === 1 ? 200 : 900,
      team: 600 + 8 * month,
      person: 300,
      explanations: { appointment: 700 + month, registered_practice: 800, team_cluster: 90 },
    })),
  );
}

const readme = `# A detector

## Rationale

Looking up the people one lives with is the commonest misuse. **It is not always misuse**: see \`declared_ties\`.

## What to check first

1. Whether the member of staff told of it beforehand.
2. Whether the appointment was with their own team,
   and on that day.

## Common false positives

- Staff accommodation.
- Care homes.
`;

function detectors(now: number) {
  const card = (detector_id: string, title: string, severity: string, needs: string[]) => ({
    detector_id,
    version: 1,
    title,
    status: 'active',
    severity,
    mode: 'live',
    needs,
    silenced_by: 'none',
    params: '{}',
    readme,
    content_hash: detector_id,
    recorded_at: now,
  });
  return [
    card('household', 'Someone at the same address', 'high', ['staff', 'patients']),
    card('own_record', 'Their own record', 'medium', ['staff', 'patients']),
    card('watchlist', 'A flagged record', 'high', ['patients']),
    card('out_of_area', 'A patient from outside the catchment', 'medium', [
      'patients',
      'patient_contacts',
    ]),
  ];
}

function run(detector_id: string, status: string, now: number) {
  return {
    run_id: `run-${detector_id}`,
    detector_id,
    detector_version: '1.0',
    started_at: now,
    elapsed_ms: 10,
    days: [],
    load_seq: 2,
    read_rows: 3,
    alerts: 1,
    raised: 1,
    changed: 0,
    withdrawn: 0,
    is_dry_run: false,
    status,
    detail: '',
  };
}

function alerts(day: string, at: number, now: number) {
  const base = {
    version: 1,
    change: 'raised',
    change_reason: '',
    detector_version: '1.0',
    staff_id_system: '',
    organisation_code: trust,
    patient_id,
    day,
    first_at: at,
    last_at: at + 164_000,
    score: 0.9,
    event_ids: ['e0', 'e1', 'e2', 'e3', 'e4'],
    sources: Array.from({ length: 5 }, () => 'north-hub'),
    content_hash: 'c',
    load_seq: 1,
    run_id: 'run-household',
    recorded_at: now - hour_ms,
    facts: {},
    severity: 'medium',
    staff_id: 's2',
  };
  const own = {
    ...base,
    alert_id: own_alert_id,
    detector_id: 'household',
    severity: 'high',
    staff_id: 's1',
    facts: { occupants: '3', records: '1' },
    reason: 'Alex Example opened the record of someone registered at their own address.',
  };
  const many = Array.from({ length: alerts_of_trust - 3 }, (_, index) => ({
    ...base,
    alert_id: `c${String(index).padStart(15, '0')}`,
    detector_id: index % 2 ? 'own_record' : 'out_of_area',
    severity: index % 3 ? 'medium' : 'low',
    patient_id: index === 0 ? '9990001022' : patient_id,
    last_at: at - index * 60_000,
    reason:
      index === 1
        ? `${long_name} opened a record that appears to be their own, on verified NHS number, surname, date of birth and address, and did so in eleven sections.`
        : 'A member of staff opened the record of a patient from an area that the organisation hardly ever serves (0.03% of its explained accesses).',
  }));
  const withdrawn = {
    ...base,
    alert_id: withdrawn_alert_id,
    detector_id: 'household',
    reason: 'Alex Example opened the record of someone at their own address.',
  };
  return [
    own,
    {
      ...own,
      version: 2,
      change: 'changed',
      change_reason: 'Two more events arrived late.',
      recorded_at: now - hour_ms / 2,
    },
    ...many,
    withdrawn,
    {
      ...withdrawn,
      version: 2,
      change: 'withdrawn',
      change_reason: 'A relationship that explains it was received later.',
      recorded_at: now - 1000,
    },
    {
      ...withdrawn,
      alert_id: withheld_alert_id,
      patient_id: '9990001022',
      version: 2,
      change: 'withdrawn',
      change_reason: 'The reference data that it relied on was corrected.',
      recorded_at: now - 1000,
    },
    {
      ...base,
      alert_id: other_alert_id,
      detector_id: 'household',
      severity: 'high',
      organisation_code: other_trust,
      staff_id: 's9',
      event_ids: ['x1'],
      sources: ['north-hub'],
      reason: 'Another organisation’s alert.',
    },
  ];
}
