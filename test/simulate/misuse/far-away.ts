// Owns lone looks at people of areas from which the organisation has no patients at all.

import type { Casting, Draft } from '../casting.ts';
import type { Person } from '../people.ts';
import type { RemotePair } from '../plan.ts';
import { type Post } from '../staff.ts';
import { isTied } from '../ties.ts';

/**
 * One look for each pair of organisation and area, on one day of the last third of the period: a
 * second one would begin to look like a flow, and an earlier one comes before flows are learned.
 */
export function planFarAway(
  casting: Casting,
  pairs: readonly RemotePair[],
  wanted: number,
): Draft[] {
  const { random, world } = casting;
  const { first_day, last_day, population } = world;
  const from = first_day + Math.ceil(((last_day - first_day + 1) * 2) / 3);
  const planned: Draft[] = [];
  for (const { organisation, area } of pairs) {
    if (planned.length >= wanted) break;
    const strangers = population.by_area[area] ?? [];
    const [post] = casting.staff(1, (item) => item.organisation === organisation);
    if (post === undefined || strangers.length === 0) continue;
    const patient = random.pick(strangers);
    const [day] = casting.days(post, 1, Math.min(from, last_day));
    if (day !== undefined && isFromAfar(post, patient, area)) planned.push({ post, patient, day });
    else casting.release(post);
  }
  return planned;
}

/** Someone who lives, and is registered, in the area, and whom nothing ties to the member of staff. */
function isFromAfar(post: Post, patient: Person, area: number): boolean {
  if (isTied(post, patient) || patient.died !== undefined || !patient.is_area_known) return false;
  return (
    patient.flags.length === 0 &&
    patient.address.area === area &&
    (patient.practice === undefined || patient.practice.area === area)
  );
}
