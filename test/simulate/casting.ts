// Owns who is cast in planned accesses: staff who play one part only, and patients nothing else ties to them.

import type { CareKind } from './episodes.ts';
import type { Organisation } from './organisations.ts';
import type { Person } from './people.ts';
import { type PlannedAccess, type PlannedLink, isServed, workableDay } from './plan.ts';
import type { Random } from './random.ts';
import { type Post } from './staff.ts';
import { isTied } from './ties.ts';
import type { World } from './world.ts';

export interface Casting {
  random: Random;
  world: World;
  /** Posts of people, in random order. */
  posts: readonly Post[];
  /** Up to `count` posts of different people who were not cast before. */
  staff(count: number, isAble: (post: Post) => boolean): Post[];
  /** Gives back someone for whom no access could be planned. */
  release(post: Post): void;
  /** Different workable days from `from` to `to`, in order; fewer where there are not enough. */
  days(post: Post, count: number, from?: number, to?: number): number[];
  /** Different people of whom the organisation sees the like, and with whom nothing connects the member of staff. */
  strangers(post: Post, count: number, isWanted?: (patient: Person) => boolean): Person[];
  /** Those who live in the same street, at other addresses. */
  neighbours(person: Person): readonly Person[];
  /** The care by another team that gives the organisation a link to the patient. */
  linkBy(post: Post): PlannedLink | undefined;
  /** Whether a case is to happen where the organisation has a link to the patient. */
  isInside(): boolean;
}

/** What a planner says of an access; the rest is as usual. */
export type Draft = Partial<PlannedAccess> & { post: Post; patient: Person; day: number };

export function createCasting(random: Random, world: World): Casting {
  const { population, first_day, last_day } = world;
  const posts = random.shuffle(world.posts.filter((post) => post.kind === 'person'));
  const cast = new Set<unknown>();
  const byPostcode = Map.groupBy(population.people, (person) => person.address.postcode);
  const teams = new Map<Organisation, string[]>();
  for (const { organisation, team, role } of world.posts) {
    if (team === undefined || role.duty !== 'care') continue;
    const known = teams.get(organisation);
    if (known === undefined) teams.set(organisation, [team]);
    else if (!known.includes(team)) known.push(team);
  }

  function poolOf({ organisation }: Post): readonly Person[] {
    const own = organisation.type === 'gp' ? population.by_practice.get(organisation) : undefined;
    return own ?? population.by_area[organisation.area] ?? [];
  }

  return {
    random,
    world,
    posts,
    staff(count, isAble) {
      const found: Post[] = [];
      for (const post of posts) {
        if (found.length >= count) break;
        const who = post.employee ?? post;
        if (cast.has(who) || !isAble(post)) continue;
        cast.add(who);
        found.push(post);
      }
      return found;
    },
    release: (post) => cast.delete(post.employee ?? post),
    days(post, count, from = first_day, to = last_day) {
      const days = new Set<number>();
      for (let attempt = 0; attempt < count * 6 && days.size < count; attempt += 1) {
        const day = workableDay(random, post, Math.max(from, first_day), Math.min(to, last_day));
        if (day === undefined) break;
        days.add(day);
      }
      return [...days].sort((a, b) => a - b);
    },
    strangers(post, count, isWanted = () => true) {
      const pool = poolOf(post);
      const found = new Set<Person>();
      for (let attempt = 0; attempt < count * 60 && found.size < count; attempt += 1) {
        const patient = pool.length === 0 ? undefined : random.pick(pool);
        if (patient !== undefined && isStranger(post, patient, last_day) && isWanted(patient))
          found.add(patient);
      }
      return [...found];
    },
    neighbours: (person) =>
      (byPostcode.get(person.address.postcode) ?? []).filter(
        (other) => other.address !== person.address && other.address.dwelling === 'home',
      ),
    linkBy(post) {
      const kind = LINKS[post.organisation.type];
      if (kind === undefined) return undefined;
      const others = (teams.get(post.organisation) ?? []).filter((team) => team !== post.team);
      const link = { kind, days_before: 1 + random.int(3) };
      return others.length === 0 ? link : { ...link, team: random.pick(others) };
    },
    isInside: () => random.chance(world.surroundings.inside_share),
  };
}

/** The care by which an organisation is linked to someone whom most of its staff do not treat. */
const LINKS: Partial<Record<Organisation['type'], CareKind>> = {
  acute: 'admission',
  mental_health: 'caseload',
  community: 'caseload',
  hospice: 'caseload',
  social_care: 'caseload',
};

/** Whether nothing in the data connects the two, and nothing about the patient is remarkable. */
export function isStranger(post: Post, patient: Person, last_day: number): boolean {
  const self = post.employee?.person;
  return (
    patient.died === undefined &&
    patient.is_area_known &&
    patient.flags.length === 0 &&
    patient.objects_to === undefined &&
    !patient.is_staff &&
    patient.born < last_day &&
    isServed(post.organisation, patient.area) &&
    !isTied(post, patient) &&
    patient.address.postcode !== self?.address.postcode &&
    patient.surname !== post.employee?.surname
  );
}

/** Whether the organisation serves the area where the member of staff lives, and their record shows it. */
export function servesOwnArea({ employee, organisation }: Post): boolean {
  const self = employee?.person;
  return self?.is_area_known === true && isServed(organisation, self.area);
}

/** Looks of one member of staff at each patient in turn, at a steady pace from one moment on. */
export function inTurn(
  draft: Omit<Draft, 'patient'>,
  patients: readonly Person[],
  gap_s: (nth: number) => number,
): Draft[] {
  let after_s = draft.after_s ?? 0;
  return patients.map((patient, nth) => {
    const planned = { ...draft, patient, after_s };
    after_s += gap_s(nth);
    return planned;
  });
}
