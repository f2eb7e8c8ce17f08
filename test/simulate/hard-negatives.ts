// Owns the innocent look-alikes that are planted: what a careless detector would take for misuse.

import type { CareKind } from './episodes.ts';
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
import { isTied } from './ties.ts';
import type { World } from './world.ts';

type Draft = Omit<PlannedAccess, 'day' | 'ledger' | 'scenario' | 'conduct'> & {
  conduct?: PlannedAccess['conduct'];
};

/** All planted hard negatives. `pairs` are kept free of misuse, since care here begins a flow. */
export function planHardNegatives(
  random: Random,
  world: World,
  pairs: readonly RemotePair[],
): PlannedAccess[] {
  const residents = residentPosts(random, world);
  const planners: [string, () => Iterable<Draft>][] = [
    [
      'hall_of_residence',
      () => fellowResidents(random, residents, ['staff_accommodation', 'student_hall']),
    ],
    ['shared_house', () => fellowResidents(random, residents, ['shared_house'])],
    ['own_trust_patient', () => treatedColleagues(random, world, residents)],
    ['same_surname_not_kin', () => namesakes(random, world, residents)],
    ['system_preload_of_own_record', () => ownRecords(residents, 'preload')],
    ['denied_own_record', () => ownRecords(residents.toReversed(), 'denied')],
    ['student_registered_elsewhere', () => students(random, world, pairs)],
    ['visitor_emergency', () => visitors(random, world, pairs)],
  ];
  return planners.flatMap(([scenario, drafts]) => schedule(random, world, scenario, drafts()));
}

function schedule(
  random: Random,
  world: World,
  scenario: string,
  drafts: Iterable<Draft>,
): PlannedAccess[] {
  const planned: PlannedAccess[] = [];
  for (const draft of drafts) {
    if (planned.length >= casesFor(world)) break;
    const day = workableDay(random, draft.post, world.first_day, world.last_day);
    if (day !== undefined)
      planned.push({ ledger: 'hard_negatives', scenario, conduct: 'look', ...draft, day });
  }
  return planned;
}

/** Someone whose address is their own too, but houses far more than a household, and who is in care. */
function* fellowResidents(
  random: Random,
  residents: readonly Post[],
  dwellings: readonly string[],
): Iterable<Draft> {
  for (const post of residents) {
    const self = post.employee?.person;
    if (self === undefined || !dwellings.includes(self.address.dwelling)) continue;
    const patient = random.pick(self.address.residents);
    if (isSuitable(post, patient)) yield { post, patient, care: 'any' };
  }
}

/** Staff who are treated where they work, and whom a colleague looks at for that. */
function* treatedColleagues(
  random: Random,
  world: World,
  residents: readonly Post[],
): Iterable<Draft> {
  for (const { organisation, employee } of residents) {
    const patient = employee?.person;
    if (
      patient === undefined ||
      !['acute', 'mental_health', 'community'].includes(organisation.type)
    )
      continue;
    const colleagues = world.posts.filter(
      (post) => post.organisation === organisation && post.kind === 'person',
    );
    const post = random.pick(colleagues);
    if (isSuitable(post, patient)) yield { post, patient, care: 'any' };
  }
}

/** A patient who is given the surname and the date of birth of the member of staff, but lives elsewhere. */
function* namesakes(random: Random, world: World, residents: readonly Post[]): Iterable<Draft> {
  for (const post of residents) {
    const self = post.employee?.person;
    if (self === undefined) continue;
    const people = world.population.by_area[self.area] ?? [];
    const from = random.int(people.length);
    const patient = [...people.slice(from), ...people.slice(0, from)].find(
      (other) =>
        other.surname === self.surname &&
        other.address.dwelling === 'home' &&
        other.address !== self.address &&
        !other.is_staff,
    );
    if (patient === undefined || !isSuitable(post, patient)) continue;
    if (patient.address.residents.some((other) => other.is_staff || other.born === self.born))
      continue;
    patient.born = self.born;
    yield { post, patient, care: 'any' };
  }
}

function* ownRecords(residents: readonly Post[], conduct: 'preload' | 'denied'): Iterable<Draft> {
  for (const post of residents) {
    const patient = post.employee?.person;
    if (patient !== undefined) yield { post, patient, conduct };
  }
}

/** Students who fall ill where they study and are registered, and counted, where their parents live. */
function* students(random: Random, world: World, pairs: readonly RemotePair[]): Iterable<Draft> {
  for (let round = 0; round < 4; round += 1) {
    for (const pair of pairs) {
      const patients = studentsOf(world, pair);
      if (patients.length > 0)
        yield* treatHere(random, world, pair, random.pick(patients), 'appointment');
    }
  }
}

/** The residents of halls near an organisation who are registered in the pair's area. */
export function studentsOf({ population }: World, { organisation, area }: RemotePair): Person[] {
  const halls = population.student_halls.filter((hall) => hall.area === organisation.area);
  return halls.flatMap((hall) => hall.residents.filter((person) => person.area === area));
}

/** People who are taken ill far from home. */
function* visitors(random: Random, world: World, pairs: readonly RemotePair[]): Iterable<Draft> {
  for (const pair of pairs) {
    if (pair.organisation.type !== 'acute') continue;
    const people = world.population.by_area[pair.area] ?? [];
    if (people.length > 0)
      yield* treatHere(random, world, pair, random.pick(people), 'emergency_attendance');
  }
}

function* treatHere(
  random: Random,
  world: World,
  { organisation }: RemotePair,
  patient: Person,
  care: CareKind,
): Iterable<Draft> {
  const staff = world.posts.filter(
    (post) => post.organisation === organisation && post.kind === 'person',
  );
  const post = staff.length > 0 ? random.pick(staff) : undefined;
  if (post !== undefined && patient.died === undefined && !isTied(post, patient))
    yield { post, patient, care };
}

function isSuitable(post: Post, patient: Person): boolean {
  return (
    patient.died === undefined &&
    !isTied(post, patient) &&
    isServed(post.organisation, patient.area)
  );
}
