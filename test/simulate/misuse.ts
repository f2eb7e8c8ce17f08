// Owns the misuse that is planted: looks at one's own record, at one's household, and far from home.

import type { Person } from './people.ts';
import {
  type PlannedAccess,
  type RemotePair,
  casesFor,
  isServed,
  residentPosts,
  workableDay,
} from './plan.ts';
import type { Random } from './random.ts';
import type { Post } from './staff.ts';
import { canProveHousehold, canProveOwnRecord, isTied } from './ties.ts';
import type { World } from './world.ts';

/**
 * All misuse of a run. Own records and households are looked at where the patient's area is one that
 * the organisation serves, so that each case belongs to one scenario alone.
 */
export function planMisuse(
  random: Random,
  world: World,
  pairs: readonly RemotePair[],
): PlannedAccess[] {
  return [
    ...planOwnRecords(random, world),
    ...planHouseholds(random, world),
    ...planOutOfArea(random, world, pairs),
  ];
}

function planOwnRecords(random: Random, world: World): PlannedAccess[] {
  const able = residentPosts(random, world).filter(
    (post) => canProveOwnRecord(post) && servesOwnArea(post),
  );
  return takeCases(random, world, able).flatMap((post) =>
    repeat(random, world, 'own_record', post, post.employee?.person, random.pick([1, 1, 1, 2, 3])),
  );
}

function planHouseholds(random: Random, world: World): PlannedAccess[] {
  const able = residentPosts(random, world).filter(
    (post) => canProveHousehold(post) && servesOwnArea(post) && kinOf(post).length > 0,
  );
  return takeCases(random, world, able).flatMap((post) => {
    const kin = random.shuffle(kinOf(post));
    // One in five looks up a second relative as well.
    const looked = kin.slice(0, random.chance(0.2) ? 2 : 1);
    return looked.flatMap((person) =>
      repeat(random, world, 'household', post, person, random.pick([1, 1, 2, 4])),
    );
  });
}

/**
 * One look for each pair of organisation and area, on one day of the last third of the period: a
 * second one would begin to look like a flow, and an earlier one comes before flows are learned.
 */
function planOutOfArea(
  random: Random,
  world: World,
  pairs: readonly RemotePair[],
): PlannedAccess[] {
  const { first_day, last_day, population, posts } = world;
  const from = first_day + Math.ceil(((last_day - first_day + 1) * 2) / 3);
  const planned: PlannedAccess[] = [];
  const looked = new Set<unknown>();
  for (const { organisation, area } of pairs) {
    if (planned.length >= casesFor(world)) break;
    const able = posts.filter(
      (item) =>
        item.organisation === organisation && item.kind === 'person' && !looked.has(item.employee),
    );
    const strangers = population.by_area[area] ?? [];
    if (able.length === 0 || strangers.length === 0) continue;
    const post = random.pick(able);
    const patient = random.pick(strangers);
    const day = workableDay(random, post, Math.min(from, last_day), last_day);
    if (day === undefined || !isStranger(post, patient, area)) continue;
    looked.add(post.employee);
    planned.push({ day, post, patient, ledger: 'truth', scenario: 'out_of_area', conduct: 'look' });
  }
  return planned;
}

/** Someone who lives, and is registered, in the area, and whom nothing ties to the member of staff. */
function isStranger(post: Post, patient: Person, area: number): boolean {
  if (isTied(post, patient) || patient.died !== undefined || !patient.is_area_known) return false;
  return (
    patient.address.area === area &&
    (patient.practice === undefined || patient.practice.area === area)
  );
}

function servesOwnArea({ employee, organisation }: Post): boolean {
  return employee?.person !== undefined && isServed(organisation, employee.person.area);
}

function kinOf(post: Post): Person[] {
  const self = post.employee?.person;
  return (self?.address.residents ?? []).filter(
    (other) =>
      other !== self &&
      other.died === undefined &&
      other.is_area_known &&
      isServed(post.organisation, other.area),
  );
}

/** As many different people as there are cases, one in eight under an id that is not their first. */
function takeCases(random: Random, world: World, able: readonly Post[]): Post[] {
  const wanted = casesFor(world);
  const aliases = able.filter((post) => post.person_key !== undefined && !post.has_details);
  const ordered = [...aliases.slice(0, Math.ceil(wanted / 8)), ...able];
  const seen = new Set<unknown>();
  const taken: Post[] = [];
  for (const post of ordered) {
    if (taken.length >= wanted) break;
    if (seen.has(post.employee)) continue;
    seen.add(post.employee);
    taken.push(post);
  }
  return random.shuffle(taken);
}

function repeat(
  random: Random,
  world: World,
  scenario: string,
  post: Post,
  patient: Person | undefined,
  times: number,
): PlannedAccess[] {
  if (patient === undefined) return [];
  const days = new Set<number>();
  for (let nth = 0; nth < times; nth += 1) {
    const day = workableDay(random, post, world.first_day, world.last_day);
    if (day !== undefined) days.add(day);
  }
  return [...days].map((day) => ({
    day,
    post,
    patient,
    ledger: 'truth',
    scenario,
    conduct: 'look',
  }));
}
