/** A small made-up exchange, the same for the same seed: what metamorphic tests load in one order and another. */
import { addDays } from '../../../sql/clock.ts';
import type { Row } from './given.ts';

/**
 * A practice in the north and a hospital in the south, their staff with homes, and four days of care with some
 * misuse. The hospital's feed tells of a part of its care.
 */
export function makeWorld(seed: number): { reference: Record<string, Row[]>; days: Row[][] } {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const patients = Array.from({ length: 180 }, (_, i) => ({
    patient_id: `p${i}`,
    surname: `Name${i % 7}`,
    date_of_birth: `19${50 + (i % 40)}-01-01`,
    address_key: `home-${Math.floor(i / 3)}`,
    area_code: i < 120 ? 'north' : 'south',
    gp_practice_code: i < 120 ? 'ORG1' : '',
    flags: i % 19 === 5 ? ['protected_address'] : [],
  }));
  const staff = Array.from({ length: 12 }, (_, i) => ({
    staff_id: `s${i}`,
    organisation_code: i < 8 ? 'ORG1' : 'ORG2',
    surname: `Name${i % 7}`,
    date_of_birth: `19${50 + (i % 40)}-01-01`,
    address_key: `home-${Math.floor(i / 3)}`,
    nhs_number: i % 3 === 0 ? '' : `p${i}`,
    team: `team-${i % 2}`,
  }));
  const days = Array.from({ length: 4 }, (_, index) => {
    const day = addDays('2026-03-27', index);
    return Array.from({ length: 180 }, (_event, i) => {
      const member = pick(staff);
      const patient = pick(
        i % 10 === 9
          ? patients
          : patients.filter(
              (one) => (one.gp_practice_code === 'ORG1') === (member.organisation_code === 'ORG1'),
            ),
      );
      return {
        event_id: `e-${index}-${i}`,
        source: pick(['a', 'b']),
        staff_id: member.staff_id,
        organisation_code: member.organisation_code,
        patient_id: i % 15 === 14 ? member.staff_id.replace('s', 'p') : patient.patient_id,
        occurred_at: `${day}T${String(8 + Math.floor(random() * 15)).padStart(2, '0')}:30:00Z`,
        trigger: random() < 0.1 ? 'system' : 'user',
      };
    });
  });
  return {
    reference: {
      areas: [
        { area_code: 'north', name: 'North' },
        { area_code: 'south', name: 'South' },
      ],
      organisations: [
        { organisation_code: 'ORG1', name: 'North Practice', type: 'gp', area_code: 'north' },
        { organisation_code: 'ORG2', name: 'South Hospital', type: 'acute', area_code: 'south' },
      ],
      staff,
      staff_identities: [
        { staff_id: 's1', person_key: 'one' },
        { staff_id: 's9', person_key: 'one' },
      ],
      patients,
      care_relationships: [
        {
          relationship_id: 'r1',
          patient_id: 'p150',
          organisation_code: 'ORG1',
          starts_at: '2026-03-28T10:00:00Z',
          team: 'team-1',
        },
        ...patients.slice(120).flatMap(({ patient_id }, i) =>
          i % 4 === 3
            ? []
            : [
                {
                  relationship_id: `care-${i}`,
                  patient_id,
                  organisation_code: 'ORG2',
                  kind: 'caseload',
                  starts_at: `2026-03-${27 + (i % 3)}T00:00:00Z`,
                  ends_at: `2026-03-${27 + (i % 3)}T10:00:00Z`,
                  staff_id: i % 2 === 0 ? `s${8 + (i % 4)}` : '',
                },
              ],
        ),
      ],
    },
    days,
  };
}

/** A small generator (mulberry32), so that a seed always makes the same world. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function shuffled<T>(random: () => number, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
