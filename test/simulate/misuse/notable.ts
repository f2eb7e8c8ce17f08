// Owns curiosity about records that are remarkable: protected addresses, the famous, a talked-of patient, the dead.

import type { Casting, Draft } from '../casting.ts';
import type { Person } from '../people.ts';
import { isServed } from '../plan.ts';
import type { Post } from '../staff.ts';
import { isTied } from '../ties.ts';

/** Someone whose address is protected, sought by somebody without a part in their care. */
export function planProtected(casting: Casting, wanted: number): Draft[] {
  return planFlagged(casting, wanted, 'protected_address', [1, 1, 2]);
}

/** Someone of whom one has heard, looked up by somebody without a part in their care. */
export function planWatchlist(casting: Casting, wanted: number): Draft[] {
  return planFlagged(casting, wanted, 'watchlist', [1, 1, 1, 2]);
}

function planFlagged(
  casting: Casting,
  wanted: number,
  flag: string,
  times: readonly number[],
): Draft[] {
  const { random, world } = casting;
  const flagged = world.population.people.filter(
    (person) =>
      person.flags.includes(flag) &&
      person.flags.length === 1 &&
      person.died === undefined &&
      person.is_area_known &&
      !person.is_staff,
  );
  const near = (post: Post): Person[] =>
    flagged.filter(
      (person) =>
        isServed(post.organisation, person.area) &&
        person.practice !== post.organisation &&
        !isTied(post, person) &&
        person.address.postcode !== post.employee?.person?.address.postcode,
    );
  return casting
    .staff(wanted, (post) => post.role.duty === 'care' && near(post).length > 0)
    .flatMap((post) => {
      const patient = random.pick(near(post));
      const searches = random.pick([0, 1, 1, 2]);
      const sections = flag === 'protected_address' ? { sections: ['demographics'] as const } : {};
      // A ward of the same house may be treating them, which is no business of this one.
      const link =
        flag === 'protected_address' && casting.isInside() ? casting.linkBy(post) : undefined;
      return casting.days(post, random.pick(times)).map((day, nth) => ({
        post,
        patient,
        day,
        manner: { searches, ...sections },
        ...(nth === 0 && link && { link }),
      }));
    });
}

/** A patient who is the talk of the house: a dozen people or more of other teams look within a day. */
export function planSurges(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const people = Map.groupBy(casting.posts, (post) => post.organisation);
  const houses = [...people]
    .filter(([organisation, posts]) => organisation.type === 'acute' && posts.length >= 40)
    .map(([organisation]) => organisation);
  const planned: Draft[] = [];
  for (let attempt = 0, surges = 0; attempt < wanted * 6 && surges < wanted; attempt += 1) {
    if (houses.length === 0) break;
    const house = random.pick(houses);
    const day = random.between(world.first_day + 2, world.last_day - 1);
    const crowd = casting.staff(
      random.between(12, 22),
      (post) =>
        post.organisation === house &&
        post.role.duty === 'care' &&
        post.team?.startsWith('Emergency') !== true &&
        casting.days(post, 1, day, day).length > 0,
    );
    const [first] = crowd;
    const [patient] = first === undefined ? [] : casting.strangers(first, 1);
    // On a weekend there are too few at work.
    if (patient === undefined || crowd.length < 12 || crowd.some((post) => isTied(post, patient))) {
      crowd.forEach((post) => casting.release(post));
      continue;
    }
    surges += 1;
    // Admitted under one team; the crowd is of the others.
    const link = { kind: 'admission' as const, team: 'Emergency department', days_before: 1 };
    crowd.forEach((post, index) =>
      planned.push({ post, patient, day, ...(index === 0 && { link }) }),
    );
  }
  return planned;
}

/** Someone who died months ago, or weeks ago without ever having been treated here. */
export function planDeceased(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const { first_day, last_day } = world;
  const dead = world.population.people.filter(
    ({ died, flags, is_area_known }) =>
      died !== undefined && died < last_day - 35 && flags.length === 0 && is_area_known,
  );
  const near = (post: Post): Person[] =>
    dead.filter(
      (person) =>
        isServed(post.organisation, person.area) &&
        person.practice !== post.organisation &&
        !isTied(post, person) &&
        person.address.postcode !== post.employee?.person?.address.postcode,
    );
  return casting
    .staff(wanted, (post) => post.role.duty === 'care' && near(post).length > 0)
    .flatMap((post) => {
      const patient = random.pick(near(post));
      const { died = 0 } = patient;
      // Long enough after the death that neither a certificate nor a letter is still to be written.
      const from = Math.max(first_day, died < first_day - 185 ? first_day : died + 35);
      return casting
        .days(post, random.pick([1, 1, 2]), from, last_day)
        .map((day) => ({ post, patient, day }));
    });
}
