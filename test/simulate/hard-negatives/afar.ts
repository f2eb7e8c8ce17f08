// Owns look-alikes of looks far from home: students and visitors who fall ill, with the care recorded.

import type { Casting, Draft } from '../casting.ts';
import type { CareKind } from '../episodes.ts';
import type { Person } from '../people.ts';
import type { RemotePair } from '../plan.ts';
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
