// Owns look-alikes of crowds: many staff on one record, or one member of staff on many, all of them caring.

import { type Casting, type Draft, inTurn } from '../casting.ts';
import type { Organisation } from '../organisations.ts';
import type { Post } from '../staff.ts';
import { isTied } from '../ties.ts';

/** A crash or a fire: a score of patients arrive at once, and everybody in the house lends a hand. */
export function majorIncidents(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  return crowds(casting, Math.ceil(wanted / 6), ['acute'], [14, 30]).flatMap(({ day, posts }) => {
    const [first] = posts;
    const injured = first === undefined ? [] : casting.strangers(first, random.between(6, 16));
    return posts.flatMap((post) =>
      random
        .shuffle([...injured])
        .slice(0, random.between(2, 5))
        .filter((patient) => !isTied(post, patient))
        .map((patient) => ({
          post,
          patient,
          day,
          care: 'emergency_attendance' as const,
          part: 0.05 + random.next() * 0.2,
        })),
    );
  });
}

/** A dozen people of several trades who meet about one patient, and have read up on them. */
export function teamMeetings(casting: Casting, wanted: number): Draft[] {
  const types: Organisation['type'][] = ['acute', 'mental_health', 'community'];
  return crowds(casting, Math.ceil(wanted / 3), types, [10, 16]).flatMap(({ day, posts }) => {
    const [first] = posts;
    const [patient] = first === undefined ? [] : casting.strangers(first, 1);
    if (patient === undefined) return [];
    return posts
      .filter((post) => !isTied(post, patient))
      .map((post, nth) => ({
        post,
        patient,
        day,
        // One course of care that everybody at the table has a part in; half of the feeds name each team.
        ...(nth === 0 || nth % 2 === 1 ? { care: 'referral' as const } : {}),
      }));
  });
}

/** Someone whose name is known, and who is in care like anybody else. */
export function famousPatients(casting: Casting, wanted: number): Draft[] {
  const famous = casting.world.population.people.filter(
    (person) => person.flags.includes('watchlist') && person.died === undefined,
  );
  const planned: Draft[] = [];
  for (const patient of casting.random.shuffle(famous)) {
    if (planned.length >= wanted) break;
    const carers = casting.staff(
      2,
      (post) =>
        ['acute', 'community'].includes(post.organisation.type) &&
        post.organisation.area === patient.area &&
        post.role.duty === 'care' &&
        !isTied(post, patient),
    );
    for (const post of carers)
      planned.push(
        ...casting.days(post, 1).map((day) => ({ post, patient, day, care: 'any' as const })),
      );
  }
  return planned;
}

/** A health visitor or a practice that sees a whole family in one morning: one address, one surname. */
export function familyClinics(casting: Casting, wanted: number): Draft[] {
  const types = ['gp', 'community'];
  return casting
    .staff(wanted, (post) => types.includes(post.organisation.type) && post.role.duty === 'care')
    .flatMap((post) => {
      const [parent] = casting.strangers(
        post,
        1,
        ({ address }) => address.dwelling === 'home' && address.residents.length >= 3,
      );
      const [day] = casting.days(post, 1);
      if (parent === undefined || day === undefined) return [];
      const family = parent.address.residents.filter(
        (person) => person.died === undefined && !isTied(post, person),
      );
      const visit = { post, day, part: 0.1, care: 'appointment' as const };
      return inTurn(visit, family, () => 420);
    });
}

/** Staff of one organisation who are all at work on one day. */
function crowds(
  casting: Casting,
  wanted: number,
  types: readonly Organisation['type'][],
  [low, high]: readonly [number, number],
): { day: number; posts: Post[] }[] {
  const { random, world } = casting;
  const people = Map.groupBy(casting.posts, (post) => post.organisation);
  const houses = [...people.keys()].filter(
    (house) => types.includes(house.type) && (people.get(house)?.length ?? 0) >= high + 6,
  );
  if (houses.length === 0) return [];
  const found: { day: number; posts: Post[] }[] = [];
  // On a weekend there are too few at work for a crowd.
  for (let attempt = 0; attempt < wanted * 4 && found.length < wanted; attempt += 1) {
    const house = random.pick(houses);
    const day = random.between(world.first_day, world.last_day - 1);
    const posts = casting.staff(
      random.between(low, high),
      (post) =>
        post.organisation === house &&
        post.role.duty === 'care' &&
        casting.days(post, 1, day, day).length > 0,
    );
    if (posts.length >= low) found.push({ day, posts });
    else posts.forEach((post) => casting.release(post));
  }
  return found;
}
