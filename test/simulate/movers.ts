// Owns who moved out of a household in the years before, and into a home of their own.

import { type Address, DAYS_PER_YEAR, type Person } from './people.ts';
import type { Random } from './random.ts';

/** Some of those who shared a home leave it for one of their own, in the same area. */
export function moveOut(
  random: Random,
  people: readonly Person[],
  today: number,
  moved_share: number,
  homeNear: (old: Address) => Address,
): void {
  for (const person of people) {
    if (!random.chance(moved_share)) continue;
    const { address } = person;
    const isGrown = today - person.born > 20 * DAYS_PER_YEAR && person.died === undefined;
    if (address.dwelling !== 'home' || address.residents.length < 2 || !isGrown) continue;
    if (person.kin !== 'partner' && person.kin !== 'sharer' && person.kin !== 'child') continue;
    address.residents.splice(address.residents.indexOf(person), 1);
    person.address = homeNear(address);
    person.address.residents.push(person);
    person.former_address = address;
    person.kin = 'single';
  }
}
