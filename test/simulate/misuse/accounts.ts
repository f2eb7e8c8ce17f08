// Owns misuse of accounts: at the wrong hour, in two places, after the end, or far more than is usual.

import { type Casting, type Draft, inTurn } from '../casting.ts';
import { sitesOf } from '../networks.ts';
import { isEmployed } from '../shifts.ts';
import type { Post } from '../staff.ts';

/** Far more patients in one day than the member of staff, or anybody like them, ever sees. */
export function planVolumes(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const late = world.first_day + Math.floor((world.last_day - world.first_day) / 2);
  const isAble = (post: Post): boolean =>
    post.role.pattern === 'weekdays' &&
    post.role.duty === 'care' &&
    post.rate > 0.5 &&
    post.rate < 5;
  return casting.staff(wanted, isAble).flatMap((post) => {
    const patients = casting.strangers(post, random.between(40, 80));
    const [day] = casting.days(post, 1, late);
    if (day === undefined) return [];
    return inTurn({ post, day, part: 0.06 }, patients, () => random.between(120, 460));
  });
}

/** Looks in the night by people who are at home then, on two to four nights. */
export function planOffShift(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const late = world.first_day + Math.floor((world.last_day - world.first_day) / 3);
  const isAble = (post: Post): boolean =>
    post.role.pattern === 'weekdays' && !post.is_on_call && post.rate > 0.4;
  return casting.staff(wanted, isAble).flatMap((post) =>
    casting.days(post, random.between(2, 4), late).flatMap((day) => {
      const patients = casting.strangers(post, random.between(1, 4));
      const night = {
        minute: random.between(75, 280),
        is_off_duty: true,
        session: `night ${day}`,
        manner: { place: 'home' as const },
      };
      return inTurn({ post, day, ...night }, patients, () => random.between(60, 500));
    }),
  );
}

/** An account that goes on being used weeks after its owner left. */
export function planLeavers(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const { first_day, last_day } = world;
  if (last_day - first_day < 14) return [];
  const held = Map.groupBy(world.posts, (post) => post.employee);
  const isAble = (post: Post): boolean =>
    post.employee?.ends_on === undefined &&
    post.employee?.absence === undefined &&
    post.has_details &&
    held.get(post.employee)?.length === 1 &&
    isEmployed(post, first_day);
  return casting.staff(wanted, isAble).flatMap((post) => {
    const since = random.between(4, Math.min(30, last_day - first_day - 5));
    const ends_on = last_day - since;
    if (post.employee !== undefined) post.employee.ends_on = ends_on;
    const patients = casting.strangers(post, random.between(1, 5));
    return patients.map((patient) => ({
      post,
      patient,
      day: ends_on + random.between(Math.min(3, since), since),
      minute: random.between(480, 1290),
      is_off_duty: true,
      session: 'after the end',
    }));
  });
}

/** An account that nobody used for more than three months, and then somebody does. */
export function planDormantAccounts(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const { first_day, last_day } = world;
  if (last_day - first_day < 97) return [];
  const isAble = (post: Post): boolean =>
    post.role.duty === 'care' &&
    post.rate > 0.6 &&
    post.employee?.absence === undefined &&
    isEmployed(post, first_day) &&
    isEmployed(post, last_day);
  return casting.staff(wanted, isAble).flatMap((post) => {
    const from = first_day + random.between(4, Math.max(4, last_day - first_day - 95));
    if (post.employee !== undefined) post.employee.absence = { from, to: last_day };
    const day = random.between(from + 91, last_day);
    const patients = casting.strangers(post, random.between(3, 7));
    const use = { minute: random.between(500, 1200), is_off_duty: true, session: 'dormant' };
    return inTurn({ post, day, ...use }, patients, () => random.between(90, 900));
  });
}

/** A login that others use as well, so that it is at work from early morning until late at night. */
export function planLongDays(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  return casting.staff(wanted, worksOnWard).flatMap((post) => {
    const [day] = casting.days(post, 1);
    const patients = casting.strangers(post, random.between(9, 16));
    if (day === undefined) return [];
    // From half past five to half past eleven at night, without a long pause.
    const length_s = 17.6 * 3600;
    return patients.map((patient, nth) => ({
      post,
      patient,
      day,
      minute: 330,
      after_s: Math.round((length_s * nth) / (patients.length - 1)) + random.int(240),
      care: 'any' as const,
      is_care_certain: false,
      session: `turn ${Math.floor((nth * 3) / patients.length)}`,
    }));
  });
}

/** A login in use at two sites at once. */
export function planTwoPlaces(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const isAble = (post: Post): boolean => {
    const { feed } = post.organisation;
    return (
      worksOnWard(post) &&
      sitesOf(post.organisation) > 1 &&
      feed.network === 'desks' &&
      feed.has_session
    );
  };
  return casting.staff(wanted, isAble).flatMap((post) => {
    const [day] = casting.days(post, 1);
    const patients = casting.strangers(post, random.between(6, 12));
    if (day === undefined) return [];
    const minute = random.between(600, 840);
    return patients.map((patient, nth) => ({
      post,
      patient,
      day,
      minute,
      after_s: nth * random.between(200, 420),
      care: 'any' as const,
      is_care_certain: false,
      session: nth % 2 === 0 ? 'here' : 'there',
      manner: { place: nth % 2 },
    }));
  });
}

function worksOnWard(post: Post): boolean {
  const types = ['acute', 'mental_health', 'community'];
  return types.includes(post.organisation.type) && post.role.duty === 'care' && post.rate > 0.3;
}
