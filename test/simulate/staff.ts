// Owns the staff: who works where, under which ids, and what the employer knows of them.

import { type Employee, employ } from './employees.ts';
import { areaAt } from './geography.ts';
import type { Organisation } from './organisations.ts';
import type { Person, Population } from './people.ts';
import { type Random, weightedPicker } from './random.ts';
import { ROLES, type Role, SHARED_LOGIN } from './roles.ts';
import type { Surroundings } from './surroundings.ts';

export const NATIONAL_IDS = 'https://fhir.nhs.uk/Id/sds-user-id';
/** The system that a source gives to ids which arrive without one. */
export const DEFAULT_IDS = 'urn:access-audit:local';

/** One person's work at one organisation, under one id. */
export interface Post {
  /** Its place among all posts. */
  index: number;
  staff_id: string;
  /** Absent where the organisation sends ids without a system. */
  staff_id_system?: string;
  organisation: Organisation;
  role: Role;
  team?: string;
  /** Absent for shared, system and test ids. */
  employee?: Employee;
  /** Whether this row of the staff feed carries what the employer knows. */
  has_details: boolean;
  person_key?: string;
  kind: 'person' | 'shared' | 'system' | 'test';
  manager_staff_id?: string;
  /** Mean number of accesses on a day at work. */
  rate: number;
  /** Works shifts that no roster holds, each for whichever team is short. */
  is_bank: boolean;
  /** Is called at night now and then. */
  is_on_call: boolean;
}

/** Days of a year at work, as a share of all days, by working pattern. */
export const WORKING_SHARE = { weekdays: 0.634, shifts: 0.6 } as const;

/** All posts: `headcount` people at each organisation, some second posts, and ids that are nobody's. */
export function hireStaff(
  random: Random,
  organisations: readonly Organisation[],
  population: Population,
  { first_day, last_day }: { first_day: number; last_day: number },
  surroundings: Surroundings,
): Post[] {
  const posts: Post[] = [];
  const adults = population.by_area.map((people) =>
    random.shuffle(people.filter((person) => canWork(person, last_day))),
  );
  for (const organisation of organisations) {
    const lodgers = population.staff_accommodation
      .filter((address) => address.landlord === organisation)
      .flatMap((address) => address.residents);
    for (let nth = 0; nth < organisation.headcount; nth += 1) {
      const lodger = nth % 4 === 1 ? lodgers.pop() : undefined;
      const person = lodger ?? findNeighbour(random, organisation, adults);
      addPost(
        random,
        posts,
        organisation,
        employ(random, population, organisation, person, surroundings, { first_day, last_day }),
        surroundings,
      );
    }
  }
  const people = posts.length;
  for (let index = 0; index < people; index += 1) {
    if (random.chance(surroundings.second_post_share))
      addSecondPost(random, posts, posts[index] as Post, organisations, surroundings);
  }
  addNobodies(random, posts, organisations, people, surroundings);
  setRates(random, posts, people, surroundings.accesses_per_staff_day);
  return posts;
}

function canWork(person: Person, today: number): boolean {
  const years = (today - person.born) / 365.25;
  const dwelling = person.address.dwelling;
  if (dwelling === 'care_home' || dwelling === 'none' || dwelling === 'student_hall') return false;
  return (
    years >= 21 && years < 67 && person.died === undefined && dwelling !== 'staff_accommodation'
  );
}

/** Someone of the area or of one next to it; one in eight lives outside the region. */
function findNeighbour(
  random: Random,
  organisation: Organisation,
  adults: Person[][],
): Person | undefined {
  if (random.chance(0.12)) return undefined;
  const area = random.chance(0.7)
    ? organisation.area
    : random.pick(areaAt(organisation.area).neighbours);
  return adults[area]?.pop();
}

function addPost(
  random: Random,
  posts: Post[],
  organisation: Organisation,
  employee: Employee | undefined,
  surroundings: Surroundings,
  role?: Role,
): Post {
  const post: Post = {
    index: posts.length,
    staff_id: '',
    organisation,
    role: role ?? rolePicker(organisation)(random),
    has_details: true,
    kind: 'person',
    rate: 0,
    is_bank: false,
    is_on_call: false,
  };
  if (employee !== undefined) post.employee = employee;
  if (post.role.teams.length > 0) post.team = teamOf(random, post, surroundings.team_size);
  post.is_bank = post.role.pattern === 'shifts' && random.chance(surroundings.bank_share);
  post.is_on_call =
    ['Consultant', 'Resident doctor', 'Psychiatrist'].includes(post.role.role_name) &&
    random.chance(surroundings.on_call_share);
  nameByFeed(post);
  // The first of each ten in an organisation manages the nine that follow.
  const before = posts.at(-1);
  if (before?.organisation === organisation) {
    post.manager_staff_id =
      random.chance(0.1) || before.manager_staff_id === undefined
        ? before.staff_id
        : before.manager_staff_id;
  }
  posts.push(post);
  return post;
}

/** A large organisation has several teams of each kind, numbered after the first. */
function teamOf(random: Random, { organisation, role }: Post, team_size: number): string {
  const team = random.pick(role.teams);
  const each = organisation.headcount / Math.max(1, teamsIn(organisation.type));
  const count = role.duty === 'care' ? Math.max(1, Math.round(each / team_size)) : 1;
  const nth = 1 + random.int(count);
  return nth === 1 ? team : `${team} ${nth}`;
}

function teamsIn(type: Organisation['type']): number {
  return new Set(ROLES[type].flatMap(({ duty, teams }) => (duty === 'care' ? teams : []))).size;
}

/** National ids have twelve digits; local ones start again in each organisation, so they collide. */
function nameByFeed(post: Post): void {
  const { organisation } = post;
  if (organisation.feed.staff_ids === 'national') {
    post.staff_id_system = NATIONAL_IDS;
    post.staff_id = `5550${String(post.index).padStart(8, '0')}`;
    return;
  }
  const serial = (serials.get(organisation) ?? 100) + 1;
  serials.set(organisation, serial);
  if (organisation.feed.staff_ids === 'local') {
    post.staff_id_system = `https://${organisation.code.toLowerCase()}.example/id/user`;
    post.staff_id = `u${serial}`;
  } else {
    post.staff_id = `${organisation.code}-${serial}`;
  }
}

const serials = new WeakMap<Organisation, number>();

/**
 * A second post nearby: under the same national id where both organisations use them, else under
 * another id, which only `staff_identities` ties to the person.
 */
function addSecondPost(
  random: Random,
  posts: Post[],
  first: Post,
  organisations: readonly Organisation[],
  surroundings: Surroundings,
): void {
  const { organisation, employee } = first;
  const others = organisations.filter(
    (item) =>
      item !== organisation &&
      item.area === organisation.area &&
      item.headcount > 2 &&
      (item.type === organisation.type || item.type === 'out_of_hours'),
  );
  if (others.length === 0 || employee === undefined) return;
  const other = random.pick(others);
  const role = ROLES[other.type].find((item) => item.role_code === first.role.role_code);
  const second = addPost(random, posts, other, employee, surroundings, role);
  delete second.manager_staff_id;
  if (first.staff_id_system === NATIONAL_IDS && second.staff_id_system === NATIONAL_IDS) {
    second.staff_id = first.staff_id;
    return;
  }
  second.has_details = false;
  first.person_key = `person-${String(first.index).padStart(6, '0')}`;
  second.person_key = first.person_key;
}

function addNobodies(
  random: Random,
  posts: Post[],
  organisations: readonly Organisation[],
  people: number,
  surroundings: Surroundings,
): void {
  const trusts = organisations.filter((item) => item.type === 'acute' && item.headcount > 0);
  const wanted: [Post['kind'], number][] = [
    ['shared', Math.ceil(people / 500)],
    ['system', Math.ceil(people / 1000)],
    ['test', 1],
  ];
  for (const [kind, count] of wanted) {
    for (let nth = 1; nth <= count && trusts.length > 0; nth += 1) {
      const post = addPost(
        random,
        posts,
        random.pick(trusts),
        undefined,
        surroundings,
        SHARED_LOGIN,
      );
      delete post.manager_staff_id;
      post.kind = kind;
      post.staff_id = `${kind}-${post.organisation.code}-${nth}`.toLowerCase();
      post.person_key = `${kind}-${post.index}`;
      post.has_details = false;
    }
  }
}

/** Few people look a great deal and many hardly ever; the mean over everyone is held. */
function setRates(
  random: Random,
  posts: readonly Post[],
  people: number,
  accesses_per_staff_day: number,
): void {
  let expected = 0;
  for (const post of posts) {
    post.rate = post.role.pace * Math.exp(random.normal() * 1.1);
    expected += post.rate * WORKING_SHARE[post.role.pattern];
  }
  const scale = (accesses_per_staff_day * people) / expected;
  for (const post of posts) post.rate = Math.min(25, post.rate * scale);
}

const rolePickers = new Map<string, (random: Random) => Role>();

function rolePicker(organisation: Organisation): (random: Random) => Role {
  let pick = rolePickers.get(organisation.type);
  if (pick === undefined) {
    const roles = ROLES[organisation.type];
    pick = weightedPicker(
      roles,
      roles.map((role) => role.weight),
    );
    rolePickers.set(organisation.type, pick);
  }
  return pick;
}
