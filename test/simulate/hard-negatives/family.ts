// Owns look-alikes of misuse among people who belong together.

import { type Casting, type Draft } from '../casting.ts';
import type { Person } from '../people.ts';
import { isServed } from '../plan.ts';
import type { Post } from '../staff.ts';
import { isTied } from '../ties.ts';

/** Someone whose address is their own too, but houses far more than a household, and who is in care. */
export function fellowResidents(
  casting: Casting,
  wanted: number,
  dwellings: readonly string[],
): Draft[] {
  const residents = (post: Post): Person[] => {
    const self = post.employee?.person;
    if (self === undefined || !dwellings.includes(self.address.dwelling)) return [];
    return self.address.residents.filter((other) => isSuitable(post, other));
  };
  return casting
    .staff(wanted, (post) => residents(post).length > 0)
    .flatMap((post) => once(casting, post, casting.random.pick(residents(post))));
}

/** Staff who are treated where they work, and whom a colleague looks at for that. */
export function treatedColleagues(casting: Casting, wanted: number): Draft[] {
  const treated = Map.groupBy(
    casting.posts.filter((post) => post.employee?.person !== undefined),
    (post) => post.organisation,
  );
  const patientsOf = (post: Post): Person[] =>
    (treated.get(post.organisation) ?? []).flatMap(({ employee }) => {
      const patient = employee?.person;
      return patient !== undefined && employee !== post.employee && isSuitable(post, patient)
        ? [patient]
        : [];
    });
  const types = ['acute', 'mental_health', 'community'];
  return casting
    .staff(
      wanted,
      (post) =>
        types.includes(post.organisation.type) &&
        post.role.duty === 'care' &&
        (treated.get(post.organisation)?.length ?? 0) > 1,
    )
    .flatMap((post) => {
      const patients = patientsOf(post);
      return patients.length === 0 ? [] : once(casting, post, casting.random.pick(patients));
    });
}

/** A patient who is given the surname and the date of birth of the member of staff, but lives elsewhere. */
export function namesakes(casting: Casting, wanted: number): Draft[] {
  const byName = Map.groupBy(casting.world.population.people, (person) => person.surname);
  const planned: Draft[] = [];
  for (const post of casting.staff(wanted * 3, (item) => item.employee?.person !== undefined)) {
    const self = post.employee?.person;
    const patient = (byName.get(self?.surname ?? '') ?? []).find(
      (other) =>
        self !== undefined &&
        other.area === self.area &&
        other.address.dwelling === 'home' &&
        other.address !== self.address &&
        !other.address.residents.some((item) => item.is_staff || item.born === self.born) &&
        isSuitable(post, other),
    );
    if (self === undefined || patient === undefined || planned.length >= wanted) {
      casting.release(post);
      continue;
    }
    patient.born = self.born;
    planned.push(...once(casting, post, patient));
  }
  return planned;
}

/** One's own record, fetched by the local system or refused by it. */
export function ownRecords(
  casting: Casting,
  wanted: number,
  conduct: 'preload' | 'denied',
): Draft[] {
  return casting
    .staff(wanted, (post) => post.employee?.person?.is_area_known === true)
    .flatMap((post) => {
      const patient = post.employee?.person;
      return patient === undefined
        ? []
        : casting.days(post, 1).map((day) => ({ post, patient, day, conduct }));
    });
}

function once(casting: Casting, post: Post, patient: Person): Draft[] {
  return casting.days(post, 1).map((day) => ({ post, patient, day, care: 'any' as const }));
}

function isSuitable(post: Post, patient: Person): boolean {
  return (
    patient.died === undefined &&
    patient.is_area_known &&
    !isTied(post, patient) &&
    isServed(post.organisation, patient.area)
  );
}
