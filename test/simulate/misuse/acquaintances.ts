// Owns misuse among people who know each other: colleagues, neighbours, and one person watched for weeks.

import { type Casting, type Draft, servesOwnArea } from '../casting.ts';
import type { Person } from '../people.ts';
import { isServed } from '../plan.ts';
import type { Post } from '../staff.ts';
import { canProveOwnRecord, isTied } from '../ties.ts';

/** Someone who works in the same organisation, half of them in the same team. */
export function planColleagues(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const byOrganisation = Map.groupBy(
    world.posts.filter((post) => post.has_details && canProveOwnRecord(post)),
    (post) => post.organisation,
  );
  const colleaguesOf = (post: Post): Person[] => {
    const others = (byOrganisation.get(post.organisation) ?? []).flatMap((other) => {
      const person = other.employee?.person;
      const isOther = person !== undefined && other.employee !== post.employee;
      return isOther && isOrdinary(post, person) ? [{ person, team: other.team }] : [];
    });
    const same = others.filter(({ team }) => team !== undefined && team === post.team);
    return (same.length > 0 && random.chance(0.5) ? same : others).map(({ person }) => person);
  };
  const planned: Draft[] = [];
  for (const post of casting.staff(wanted * 3, () => true)) {
    const colleagues = planned.length < wanted * 4 ? colleaguesOf(post) : [];
    if (colleagues.length === 0 || new Set(planned.map((draft) => draft.post)).size >= wanted) {
      casting.release(post);
      continue;
    }
    planned.push(...looks(casting, post, random.pick(colleagues), [1, 1, 2, 3]));
  }
  return planned;
}

/** Someone who lives in the same street. */
export function planNeighbours(casting: Casting, wanted: number): Draft[] {
  const neighboursOf = (post: Post): Person[] => {
    const self = post.employee?.person;
    if (self === undefined) return [];
    return casting
      .neighbours(self)
      .filter(
        (other) =>
          !other.is_staff &&
          other.address.is_placed &&
          isOrdinary(post, other, self.address.postcode),
      );
  };
  const able = (post: Post): boolean =>
    post.has_details &&
    post.employee?.home?.address_key !== undefined &&
    post.employee.person?.address.dwelling === 'home' &&
    post.employee.person.address.is_placed &&
    servesOwnArea(post) &&
    neighboursOf(post).length > 0;
  return casting
    .staff(wanted, able)
    .flatMap((post) => looks(casting, post, casting.random.pick(neighboursOf(post)), [1, 1, 2, 3]));
}

/** The same stranger on five days or more within a month. */
export function planFixations(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const span = world.last_day - world.first_day;
  if (span < 12) return [];
  const window = Math.min(28, span);
  return casting
    .staff(wanted, (post) => post.rate > 0.1)
    .flatMap((post) => {
      const [patient] = casting.strangers(post, 1);
      const from = world.first_day + random.int(span - window + 1);
      const days = casting.days(post, random.between(5, 11), from, from + window - 1);
      if (patient === undefined || days.length < 5) {
        casting.release(post);
        return [];
      }
      const link = casting.isInside() ? casting.linkBy(post) : undefined;
      return days.map((day, nth) => ({ post, patient, day, ...(nth === 0 && link && { link }) }));
    });
}

function isOrdinary(post: Post, person: Person, postcode?: string): boolean {
  const self = post.employee?.person;
  return (
    person.died === undefined &&
    person.is_area_known &&
    person.flags.length === 0 &&
    isServed(post.organisation, person.area) &&
    !isTied(post, person) &&
    (person.address.postcode === self?.address.postcode) === (postcode !== undefined)
  );
}

function looks(casting: Casting, post: Post, patient: Person, times: readonly number[]): Draft[] {
  const link = casting.isInside() ? casting.linkBy(post) : undefined;
  return casting
    .days(post, casting.random.pick(times))
    .map((day, nth) => ({ post, patient, day, ...(nth === 0 && link && { link }) }));
}
