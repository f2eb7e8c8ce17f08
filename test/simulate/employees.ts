// Owns what employers know of the people who work for them, and from when to when they do.

import { areaAt, postcodeIn } from './geography.ts';
import type { Organisation } from './organisations.ts';
import type { Person, Population } from './people.ts';
import type { Random } from './random.ts';
import { borneSurname, communityIn, surnameOf } from './surnames.ts';
import type { Surroundings } from './surroundings.ts';

/** What an employer's own records say of someone; each part may be missing. */
export interface Employee {
  surname: string;
  initial: string;
  /** Absent for those who live outside the region, whose records the exchange does not hold. */
  person?: Person;
  nhs_number?: string;
  /** Date of birth and address; known together or not at all. */
  home?: { born: number; address_key?: string; postcode: string };
  starts_on?: number;
  ends_on?: number;
  /** Days by which the person really began before the day on record, and stayed after it. */
  began_early?: number;
  stayed_late?: number;
  /** Local days, both included, of a long absence. */
  absence?: { from: number; to: number };
}

/** Somebody's employment in an organisation, with what its records say of it. */
export function employ(
  random: Random,
  population: Population,
  organisation: Organisation,
  person: Person | undefined,
  surroundings: Surroundings,
  { first_day, last_day }: { first_day: number; last_day: number },
): Employee {
  const sex = random.chance(0.72) ? 'female' : 'male';
  const employee: Employee = {
    surname:
      person?.surname ??
      borneSurname(surnameOf(random, communityIn(random, organisation.area)), sex),
    initial: random.pick([...'ABCDEFGHIJKLMNOPRSTVWYZ']),
  };
  if (person !== undefined) {
    employee.person = person;
    person.is_staff = true;
  }
  if (random.chance(surroundings.nhs_number_known_share))
    employee.nhs_number = person?.patient_id ?? population.nextNhsNumber();
  if (random.chance(surroundings.home_known_share)) {
    const elsewhere = random.pick(areaAt(organisation.area).localities);
    employee.home = {
      born: person?.born ?? last_day - random.between(8000, 22_000),
      postcode: person?.address.postcode ?? postcodeIn(random, elsewhere),
    };
    const key = person === undefined ? `9991${random.hex(8)}` : person.address.address_key;
    if (key !== undefined) employee.home.address_key = key;
  }
  setTerm(random, employee, first_day, last_day, surroundings);
  return employee;
}

/**
 * Some starting days are known; of the rest a few join during the period and a few leave. Records of
 * both lag: some began days or weeks before the recorded day, or stayed as long after it.
 */
function setTerm(
  random: Random,
  employee: Employee,
  first_day: number,
  last_day: number,
  { start_known_share, lag_share, lag_days_max }: Surroundings,
): void {
  const drawn = random.next();
  const span = last_day - first_day;
  const isKnown = random.chance(start_known_share);
  // Most are late by a few days, some by as much as is usual there.
  const drawLag = (): number =>
    random.chance(lag_share) ? Math.ceil(lag_days_max * random.next() ** 2) : 0;
  if (span > 10 && drawn < 0.02) {
    employee.starts_on = first_day + random.int(Math.ceil(span / 2));
    employee.began_early = drawLag();
  } else {
    if (isKnown) employee.starts_on = first_day - random.between(30, 4000);
    if (span <= 10) return;
    if (drawn < 0.04) {
      employee.ends_on = last_day - random.int(Math.ceil(span / 4));
      employee.stayed_late = drawLag();
    } else if (drawn < 0.06 && span > 20) {
      // Leave for a new child, a long illness or a sabbatical; the account stands still.
      const from = first_day + random.int(span - 14);
      employee.absence = { from, to: from + random.between(14, 150) };
    }
  }
}
