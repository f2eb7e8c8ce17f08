// Owns the assembled world: organisations, people and staff, before anything happens in it.

import { type Organisation, foundOrganisations } from './organisations.ts';
import { type Population, settlePopulation } from './people.ts';
import { createRandom } from './random.ts';
import { type Post, hireStaff } from './staff.ts';

export interface World {
  organisations: Organisation[];
  population: Population;
  posts: Post[];
  /** Local days, both included, numbered from 1970-01-01. */
  first_day: number;
  last_day: number;
}

const PATIENTS_PER_STAFF_MEMBER = 15;

export interface WorldSettings {
  staff: number;
  seed: number;
  first_day: number;
  last_day: number;
  missed_share: number;
}

/** A world of `staff` people at work and fifteen patients for each, the staff among them. */
export function createWorld({
  staff,
  seed,
  first_day,
  last_day,
  missed_share,
}: WorldSettings): World {
  const organisations = foundOrganisations(createRandom(seed, 'organisations'), staff);
  const size = staff * PATIENTS_PER_STAFF_MEMBER;
  const population = settlePopulation(
    createRandom(seed, 'people'),
    organisations,
    size,
    last_day,
    missed_share,
  );
  const posts = hireStaff(
    createRandom(seed, 'staff'),
    organisations,
    population,
    first_day,
    last_day,
  );
  const world = { organisations, population, posts, first_day, last_day };
  markPatients(world, seed);
  return world;
}

function markPatients({ organisations, population }: World, seed: number): void {
  const random = createRandom(seed, 'marks');
  const trusts = organisations.filter(
    (item) => item.type === 'acute' || item.type === 'mental_health',
  );
  for (const person of population.people) {
    if (random.chance(0.01)) person.flags.push('sensitive');
    if (random.chance(0.0005)) person.flags.push('watchlist');
    // Nothing may ever say that someone shares a protected address, so none is a staff member's.
    const isNearStaff = person.address.residents.some((other) => other.is_staff);
    if (!isNearStaff && random.chance(0.002)) person.flags.push('protected_address');
    if (random.chance(0.004)) {
      const local = trusts.filter((item) => item.area === person.area);
      person.objects_to =
        random.chance(0.4) && person.practice !== undefined ? person.practice : random.pick(local);
    }
  }
}
