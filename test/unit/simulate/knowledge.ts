// Owns what the written files of a run tell of staff, patients and care, for the tests to prove labels by.

import type { AccessEvent } from '../../simulate/events.ts';
import type { LabelRow } from '../../simulate/labels.ts';
import { londonDay } from '../../simulate/london-time.ts';
import type { Run } from './run.ts';

type Fields = Record<string, string | undefined>;

export interface Knowledge {
  /** Labelled events of a row, in order of time. */
  eventsOf: (row: LabelRow) => AccessEvent[];
  /** Rows of the truth of a scenario, which must not be none. */
  cases: (scenario: string) => LabelRow[];
  innocents: (scenario: string) => LabelRow[];
  staffRow: (of: { staff_id: string; organisation_code: string }) => Fields;
  patient: (patient_id: string | undefined) => Fields;
  /** The patient that the member of staff is, as far as the employer's data prove it. */
  selfOf: (event: AccessEvent) => string | undefined;
  /** Recorded care of a patient by an organisation. */
  careOf: (organisation_code: string, patient_id: string | undefined) => Fields[];
  /** Both ways. */
  areContacts: (one: string, other: string) => boolean;
  /** Whether the two lived at one address before, and no longer do. */
  livedTogether: (one: string, other: string) => boolean;
}

export function learn(run: Run): Knowledge {
  const { events, reference } = run;
  const staff = new Map(
    reference('staff').map((row) => [`${row['staff_id']} ${row['organisation_code']}`, row]),
  );
  const patients = new Map(reference('patients').map((row) => [row['patient_id'], row]));
  const byDescription = new Map([...patients].map(([id, row]) => [descriptionOf(row), id ?? '']));
  const care = Map.groupBy(
    reference('care_relationships').flatMap((row): Fields[] => {
      const other = row['related_organisation_code'];
      const isReferral = row['kind'] === 'referral';
      return other === undefined || isReferral
        ? [row]
        : [row, { ...row, organisation_code: other }];
    }),
    (row) => `${row['organisation_code']} ${row['patient_id']}`,
  );
  const contacts = new Set(
    reference('patient_contacts').flatMap(({ patient_id, contact_patient_id }) => [
      `${patient_id} ${contact_patient_id}`,
      `${contact_patient_id} ${patient_id}`,
    ]),
  );
  const before = new Map(
    run.earlier('patients').map((row) => [row['patient_id'], row['address_key']]),
  );
  const now = (id: string): string | undefined => patients.get(id)?.['address_key'];
  const then = (id: string): string | undefined => before.get(id) ?? now(id);
  return {
    eventsOf: (row) =>
      row.event_ids.flatMap((id) => events.get(id) ?? []).sort((a, b) => timeOf(a) - timeOf(b)),
    cases: (scenario) => run.truth.filter((row) => row.scenario === scenario),
    innocents: (scenario) => run.hard_negatives.filter((row) => row.scenario === scenario),
    staffRow: ({ staff_id, organisation_code }) =>
      staff.get(`${staff_id} ${organisation_code}`) ?? {},
    patient: (id) => patients.get(id) ?? {},
    selfOf: ({ staff_id, organisation_code }) => {
      const row = staff.get(`${staff_id} ${organisation_code}`);
      if (row?.['nhs_number'] !== undefined) return row['nhs_number'];
      return row?.['address_key'] === undefined ? undefined : byDescription.get(descriptionOf(row));
    },
    careOf: (organisation_code, id) => care.get(`${organisation_code} ${id}`) ?? [],
    areContacts: (one, other) => contacts.has(`${one} ${other}`),
    livedTogether: (one, other) =>
      then(one) !== undefined && then(one) === then(other) && now(one) !== now(other),
  };
}

export function timeOf(event: AccessEvent): number {
  return Date.parse(event.occurred_at);
}

/** The local days of the events, each once, in order. */
export function daysOf(events: readonly AccessEvent[]): number[] {
  return [...new Set(events.map((event) => londonDay(timeOf(event))))].sort((a, b) => a - b);
}

/** The patients in the order in which they were first looked at. */
export function patientsInOrder(events: readonly AccessEvent[]): string[] {
  return [...new Set(events.map(({ patient_id }) => patient_id ?? ''))];
}

function descriptionOf(row: Fields): string {
  return `${row['surname']} ${row['date_of_birth']} ${row['address_key']}`;
}
