// Owns misuse among people who belong together: one's own record, household, kin, and former partners.

import { type Casting, type Draft, servesOwnArea } from '../casting.ts';
import type { Person } from '../people.ts';
import { isServed } from '../plan.ts';
import { isFamilyName } from '../surnames.ts';
import type { Post } from '../staff.ts';
import { canProveHousehold, canProveOwnRecord, hasLivedWith, isKin, isTied } from '../ties.ts';

export function planOwnRecords(casting: Casting, wanted: number): Draft[] {
  const able = (post: Post): boolean => canProveOwnRecord(post) && servesOwnArea(post);
  return withAliases(casting, wanted, able).flatMap((post) => {
    const self = post.employee?.person;
    return self === undefined ? [] : looks(casting, post, self, [1, 1, 1, 2, 3]);
  });
}

export function planHouseholds(casting: Casting, wanted: number): Draft[] {
  const able = (post: Post): boolean =>
    canProveHousehold(post) && servesOwnArea(post) && housemates(post).length > 0;
  return withAliases(casting, wanted, able).flatMap((post) => {
    // One in five looks up a second relative as well.
    const looked = casting.random
      .shuffle(housemates(post))
      .slice(0, casting.random.chance(0.2) ? 2 : 1);
    return looked.flatMap((person) => looks(casting, post, person, [1, 1, 2, 4]));
  });
}

/** A recorded contact, of either of the two, who lives at another address. */
export function planNextOfKin(casting: Casting, wanted: number): Draft[] {
  const named = contactsOf(casting);
  const kinOf = (post: Post): Person[] => {
    const self = post.employee?.person;
    return (self === undefined ? [] : (named.get(self) ?? [])).filter(
      (other) => other.address !== self?.address && isReachable(post, other),
    );
  };
  const able = (post: Post): boolean =>
    canProveOwnRecord(post) && post.has_details && servesOwnArea(post) && kinOf(post).length > 0;
  return casting
    .staff(wanted, able)
    .flatMap((post) => looks(casting, post, casting.random.pick(kinOf(post)), [1, 1, 2, 3]));
}

/** Someone who moved out of the home that the two shared, or whom one left there. */
export function planFormerTies(casting: Casting, wanted: number): Draft[] {
  const left = Map.groupBy(
    casting.world.population.people.filter((person) => person.former_address !== undefined),
    (person) => person.former_address,
  );
  const formerOf = (post: Post): Person[] => {
    const self = post.employee?.person;
    if (self === undefined) return [];
    const there = [...(self.former_address?.residents ?? []), ...(left.get(self.address) ?? [])];
    return there.filter(
      (other) =>
        other !== self &&
        other.address !== self.address &&
        hasLivedWith(self, other) &&
        !isKin(self, other) &&
        casting.world.last_day - other.born > 16 * 365 &&
        isReachable(post, other),
    );
  };
  const able = (post: Post): boolean =>
    canProveOwnRecord(post) && post.has_details && servesOwnArea(post) && formerOf(post).length > 0;
  return casting
    .staff(wanted, able)
    .flatMap((post) => looks(casting, post, casting.random.pick(formerOf(post)), [1, 2, 3, 6]));
}

/** Relatives whom no record names, looked up by the surname that they share. */
export function planSurnames(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const byName = Map.groupBy(world.population.people, (person) => person.surname);
  const namesakes = (post: Post): Person[] => {
    const self = post.employee?.person;
    return (byName.get(post.employee?.surname ?? '') ?? []).filter(
      (other) =>
        !other.is_staff &&
        other.address.postcode !== self?.address.postcode &&
        isServed(post.organisation, other.area) &&
        isReachable(post, other) &&
        !isTied(post, other),
    );
  };
  const able = (post: Post): boolean =>
    post.employee !== undefined &&
    post.role.duty === 'care' &&
    isFamilyName(post.employee.surname) &&
    // Of a common name so many are met by chance that it would prove nothing.
    (byName.get(post.employee.surname)?.length ?? 0) < world.population.people.length / 150 &&
    namesakes(post).length >= 6;
  return casting.staff(wanted, able).flatMap((post) => {
    const patients = random.shuffle(namesakes(post)).slice(0, random.between(6, 10));
    return patients.flatMap((patient) =>
      casting.days(post, 1).map((day) => ({ post, patient, day, manner: { searches: 1 } })),
    );
  });
}

/** As many people as there are cases, one in eight under an id that is not their first. */
function withAliases(casting: Casting, wanted: number, able: (post: Post) => boolean): Post[] {
  const aliases = casting.staff(
    Math.ceil(wanted / 8),
    (post) => post.person_key !== undefined && !post.has_details && able(post),
  );
  return [...aliases, ...casting.staff(wanted - aliases.length, able)];
}

function housemates(post: Post): Person[] {
  const self = post.employee?.person;
  return (self?.address.residents ?? []).filter(
    (other) => other !== self && isReachable(post, other),
  );
}

function isReachable(post: Post, other: Person): boolean {
  return other.died === undefined && other.is_area_known && isServed(post.organisation, other.area);
}

function contactsOf({ world }: Casting): Map<Person, Person[]> {
  const named = new Map<Person, Person[]>();
  const add = (one: Person, other: Person): void => {
    const list = named.get(one);
    if (list === undefined) named.set(one, [other]);
    else list.push(other);
  };
  for (const person of world.population.people) {
    if (person.contact === undefined) continue;
    add(person, person.contact.person);
    add(person.contact.person, person);
  }
  return named;
}

/**
 * Looks on as many days as one of `times`. Where the organisation treats the person, which excuses
 * nothing here, it is another team that does.
 */
function looks(casting: Casting, post: Post, patient: Person, times: readonly number[]): Draft[] {
  const link = casting.isInside() ? casting.linkBy(post) : undefined;
  return casting
    .days(post, casting.random.pick(times))
    .map((day, nth) => ({ post, patient, day, ...(nth === 0 && link && { link }) }));
}
