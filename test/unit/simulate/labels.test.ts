// Holds the labels to the reference data: no misuse unlabelled, nothing innocent labelled misuse.

import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '../../simulate/events.ts';
import { ORDINARY, isLook, runExchange } from './run.ts';

const { events, truth, hard_negatives, reference } = runExchange(ORDINARY);
const patients = new Map(reference('patients').map((row) => [row['patient_id'], row]));
const looks = [...events.values()].filter(isLook);

/** Rows of the staff feed for each person, whatever the id, as `staff_identities` ties them. */
const people = new Map<
  string,
  { nhs_numbers: Set<string>; homes: Set<string>; address_keys: Set<string> }
>();
const person_keys = new Map(
  reference('staff_identities').map((row) => [
    `${row['staff_id_system']} ${row['staff_id']}`,
    row['person_key'] ?? '',
  ]),
);
for (const row of reference('staff')) {
  const key = personOf(row);
  const person = people.get(key) ?? {
    nhs_numbers: new Set(),
    homes: new Set(),
    address_keys: new Set(),
  };
  people.set(key, person);
  if (row['nhs_number'] !== undefined) person.nhs_numbers.add(row['nhs_number']);
  if (row['address_key'] !== undefined) {
    person.address_keys.add(row['address_key']);
    person.homes.add(`${row['surname']} ${row['date_of_birth']} ${row['address_key']}`);
  }
}
const occupants = new Map<string | undefined, number>();
for (const { address_key } of patients.values())
  occupants.set(address_key, (occupants.get(address_key) ?? 0) + 1);

describe('the truth', () => {
  it('lists exactly the looks at own records', () => {
    expect(idsOf('own_record')).toEqual(idsWhere(isOwnRecord));
  });

  it('lists exactly the looks at households of at most eight', () => {
    expect(idsOf('household')).toEqual(
      idsWhere((event) => !isOwnRecord(event) && isHousehold(event)),
    );
  });

  it('lists looks from afar, in the last third, that nothing explains and that resemble no flow', () => {
    const areas = new Map(
      reference('organisations').map((row) => [row['organisation_code'], row['area_code']]),
    );
    const explained = new Set(
      reference('care_relationships').flatMap((row) => [
        `${row['organisation_code']} ${row['patient_id']}`,
        `${row['related_organisation_code']} ${row['patient_id']}`,
      ]),
    );
    const ids = new Set(idsOf('out_of_area'));
    const pairOf = (event: AccessEvent): string =>
      `${event.organisation_code} ${patients.get(event.patient_id)?.['area_code']}`;
    const others = new Set(looks.filter((event) => !ids.has(event.event_id)).map(pairOf));
    const wrong = [...ids].filter((id) => {
      const event = events.get(id) as AccessEvent;
      const patient = patients.get(event.patient_id);
      return (
        areas.get(event.organisation_code) === patient?.['area_code'] ||
        patient?.['gp_practice_code'] === event.organisation_code ||
        explained.has(`${event.organisation_code} ${event.patient_id}`) ||
        others.has(pairOf(event)) ||
        Date.parse(event.occurred_at) < Date.parse('2026-09-17T00:00:00+01:00')
      );
    });
    expect(ids.size).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  it('belongs to one scenario an event, and to a row of its own staff member and organisation', () => {
    const rows = [...truth, ...hard_negatives];
    const wrong = rows.filter((row) =>
      row.event_ids.some((id) => {
        const event = events.get(id);
        return (
          event?.staff_id !== row.staff_id ||
          event.organisation_code !== row.organisation_code ||
          !row.patient_ids.includes(event.patient_id ?? '')
        );
      }),
    );
    expect(wrong).toEqual([]);
    const ids = truth.flatMap((row) => row.event_ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has someone under an id that only the identities tie to the record', () => {
    const known = new Set(
      reference('staff')
        .filter((row) => row['nhs_number'] ?? row['address_key'])
        .map((row) => `${row['staff_id']} ${row['organisation_code']}`),
    );
    const aliases = truth.filter(
      (row) =>
        ['own_record', 'household'].includes(row.scenario) &&
        !known.has(`${row.staff_id} ${row.organisation_code}`),
    );
    expect(aliases).not.toEqual([]);
  });
});

describe('the hard negatives', () => {
  it('share no event with the truth, and none is a look at an own record or household', () => {
    const misuse = new Set(truth.flatMap((row) => row.event_ids));
    const negatives = hard_negatives.flatMap((row) =>
      row.event_ids.map((id) => events.get(id) as AccessEvent),
    );
    expect(negatives.filter((event) => misuse.has(event.event_id))).toEqual([]);
    expect(
      negatives.filter((event) => isLook(event) && (isOwnRecord(event) || isHousehold(event))),
    ).toEqual([]);
  });

  it('put a member of staff and the patient at one address that is no household', () => {
    const neighbours = eventsOf('hall_of_residence').concat(eventsOf('shared_house'));
    for (const event of neighbours) {
      const { address_key } = patients.get(event.patient_id) ?? {};
      expect(occupants.get(address_key)).toBeGreaterThan(8);
    }
    expect(neighbours.length).toBeGreaterThan(0);
  });

  it('preload and refuse looks at own records that are the staff member’s own', () => {
    const [preloads, refusals] = [
      eventsOf('system_preload_of_own_record'),
      eventsOf('denied_own_record'),
    ];
    expect(preloads.every((event) => event.trigger === 'system')).toBe(true);
    expect(refusals.every((event) => event.outcome === 'denied')).toBe(true);
    expect([...preloads, ...refusals].some(isOwnRecord)).toBe(true);
  });
});

function personOf(row: {
  staff_id_system?: string | undefined;
  staff_id?: string | undefined;
}): string {
  const id = `${row.staff_id_system ?? 'urn:access-audit:local'} ${row.staff_id}`;
  return person_keys.get(id) ?? id;
}

function isOwnRecord(event: AccessEvent): boolean {
  const person = people.get(personOf(event));
  const patient = patients.get(event.patient_id);
  if (person === undefined || patient === undefined) return false;
  if (person.nhs_numbers.size > 0) return person.nhs_numbers.has(event.patient_id ?? '');
  return person.homes.has(
    `${patient['surname']} ${patient['date_of_birth']} ${patient['address_key']}`,
  );
}

function isHousehold(event: AccessEvent): boolean {
  const address_key = patients.get(event.patient_id)?.['address_key'];
  if (address_key === undefined || (occupants.get(address_key) ?? 0) > 8) return false;
  return people.get(personOf(event))?.address_keys.has(address_key) === true;
}

function idsOf(scenario: string): string[] {
  return truth
    .filter((row) => row.scenario === scenario)
    .flatMap((row) => row.event_ids)
    .sort();
}

function idsWhere(holds: (event: AccessEvent) => boolean): string[] {
  return looks
    .filter(holds)
    .map((event) => event.event_id)
    .sort();
}

function eventsOf(scenario: string): AccessEvent[] {
  const rows = hard_negatives.filter((row) => row.scenario === scenario);
  return rows.flatMap((row) => row.event_ids.map((id) => events.get(id) as AccessEvent));
}
