// Owns look-alikes of looks far from home: students and visitors who fall ill, with the care recorded.

import type { Casting, Draft } from '../casting.ts';
import type { CareKind } from '../episodes.ts';
import type { Person } from '../people.ts';
import { AREAS } from '../geography.ts';
import { expectedAccesses, isServed, type RemotePair } from '../plan.ts';
import { isTied } from '../ties.ts';
import type { World } from '../world.ts';

/** Students who fall ill where they study and are registered, and counted, where their parents live. */
export function studentsFarFromHome(
  casting: Casting,
  wanted: number,
  pairs: readonly RemotePair[],
): Draft[] {
  const planned: Draft[] = [];
  for (let round = 0; round < 4; round += 1) {
    for (const pair of pairs) {
      const patients = studentsOf(casting.world, pair);
      if (patients.length > 0 && planned.length < wanted)
        planned.push(...treatHere(casting, pair, casting.random.pick(patients), 'appointment'));
    }
  }
  return planned;
}

/** People who are taken ill far from home. */
export function visitors(casting: Casting, wanted: number, pairs: readonly RemotePair[]): Draft[] {
  const planned: Draft[] = [];
  for (const pair of pairs) {
    const people = casting.world.population.by_area[pair.area] ?? [];
    if (pair.organisation.type !== 'acute' || people.length === 0 || planned.length >= wanted)
      continue;
    planned.push(...treatHere(casting, pair, casting.random.pick(people), 'emergency_attendance'));
  }
  return planned;
}

/** Where people turn up of whom nobody knew; regional services have callers from everywhere. */
const visited: ReadonlySet<string> = new Set(['acute', 'gp', 'community', 'mental_health']);

/** People from afar of whom nothing was recorded: a call for advice, a visit that was never booked. */
export function unrecordedVisitors(casting: Casting): Draft[] {
  const { random, world, posts } = casting;
  const wanted = expectedAccesses(world) * world.surroundings.unrecorded_visitors_share;
  const able = posts.filter(
    ({ role, organisation }) => role.duty === 'care' && visited.has(organisation.type),
  );
  if (able.length === 0) return [];
  return Array.from({ length: Math.ceil(wanted) }).flatMap(() => {
    const post = random.pick(able);
    const afar = AREAS.filter(({ index }) => !isServed(post.organisation, index));
    const people =
      afar.length === 0 ? [] : (world.population.by_area[random.pick(afar).index] ?? []);
    const patient = people.length === 0 ? undefined : random.pick(people);
    if (patient === undefined || patient.died !== undefined || isTied(post, patient)) return [];
    return casting.days(post, 1).map((day) => ({ post, patient, day }));
  });
}

/** The residents of halls near an organisation who are registered in the pair's area. */
export function studentsOf({ population }: World, { organisation, area }: RemotePair): Person[] {
  const halls = population.student_halls.filter((hall) => hall.area === organisation.area);
  return halls.flatMap((hall) => hall.residents.filter((person) => person.area === area));
}

function treatHere(
  casting: Casting,
  { organisation }: RemotePair,
  patient: Person,
  care: CareKind,
): Draft[] {
  const [post] = casting.staff(
    1,
    (item) => item.organisation === organisation && item.role.duty === 'care',
  );
  if (post === undefined || patient.died !== undefined || isTied(post, patient)) return [];
  return casting.days(post, 1).map((day) => ({ post, patient, day, care }));
}
