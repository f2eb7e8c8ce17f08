// Owns misuse with an interest behind it: young women, troubles of the mind, research, a patient a week.

import type { Casting, Draft } from '../casting.ts';
import type { Person } from '../people.ts';
import type { Post } from '../staff.ts';

const DAYS_PER_YEAR = 365.25;

/** Young women, over weeks; of one's own practice where the practice has enough of them. */
export function planTargets(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const isTarget = ({ sex, born }: Person): boolean => {
    const years = (world.last_day - born) / DAYS_PER_YEAR;
    return sex === 'female' && years >= 16 && years < 32;
  };
  const young = new Map(
    [...world.population.by_practice].map(([practice, list]) => [
      practice,
      list.filter(isTarget).length,
    ]),
  );
  const isAble = (post: Post): boolean => {
    if (post.role.duty !== 'care' || post.team === 'Maternity') return false;
    return post.organisation.type === 'gp'
      ? (young.get(post.organisation) ?? 0) >= 24
      : post.organisation.type === 'acute';
  };
  return casting.staff(wanted, isAble).flatMap((post) => {
    const patients = casting.strangers(post, random.between(18, 28), isTarget);
    const isLinked = post.organisation.type !== 'gp' && casting.isInside();
    return patients.flatMap((patient) => {
      const link = isLinked ? casting.linkBy(post) : undefined;
      return casting.days(post, 1).map((day) => ({ post, patient, day, ...(link && { link }) }));
    });
  });
}

/** What nobody outside the care of a mind, or of a family, has any business to read. */
export function planSensitiveSections(casting: Casting, wanted: number): Draft[] {
  const { random } = casting;
  const types = ['acute', 'community', 'pharmacy', 'hospice'];
  const isAble = (post: Post): boolean =>
    types.includes(post.organisation.type) &&
    post.organisation.feed.has_section &&
    post.role.duty === 'care';
  return casting.staff(wanted, isAble).flatMap((post) => {
    const link = casting.isInside() ? casting.linkBy(post) : undefined;
    return casting.strangers(post, random.between(2, 4)).flatMap((patient) => {
      const section = random.pick([
        'mental_health',
        'mental_health',
        'social_care',
        'safeguarding',
      ] as const);
      const sections = Array.from({ length: random.between(1, 3) }, () => section);
      return casting
        .days(post, 1)
        .map((day) => ({ post, patient, day, manner: { sections }, ...(link && { link }) }));
    });
  });
}

/** Records read by the dozen for research, benefits or insurance, without a task that asks for it. */
export function planSecondaryUse(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const week = Math.min(6, world.last_day - world.first_day);
  return casting
    .staff(wanted, (post) => post.role.duty === 'none')
    .flatMap((post) => {
      const from = random.between(world.first_day, world.last_day - week);
      const days = casting.days(post, 4, from, from + week);
      if (days.length === 0) return [];
      return casting.strangers(post, random.between(26, 60)).map((patient) => ({
        post,
        patient,
        day: random.pick(days),
        part: 0.03 + random.next() * 0.22,
      }));
    });
}

/** One look a week, each at somebody else, for as long as the period lasts. */
export function planSlowSnooping(casting: Casting, wanted: number): Draft[] {
  const { random, world } = casting;
  const weeks = Math.floor((world.last_day - world.first_day + 1) / 7);
  if (weeks < 4) return [];
  const isAble = (post: Post): boolean => post.organisation.type !== 'gp' && post.rate > 0.2;
  return casting.staff(wanted, isAble).flatMap((post) => {
    const patients = casting.strangers(post, weeks);
    return patients.flatMap((patient, nth) => {
      const from = world.first_day + nth * 7;
      const link = random.chance(0.5) && casting.isInside() ? casting.linkBy(post) : undefined;
      return casting
        .days(post, 1, from, from + 6)
        .map((day) => ({ post, patient, day, ...(link && { link }) }));
    });
  });
}
