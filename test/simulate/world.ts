// Owns the assembled world: organisations, people and staff, before anything happens in it.

import { recordContacts } from './contacts.ts';
import { type Coverage, drawCoverage } from './coverage.ts';
import { type Organisation, foundOrganisations } from './organisations.ts';
import { type Population, settlePopulation } from './people.ts';
import { createRandom } from './random.ts';
import { type Post, hireStaff } from './staff.ts';
import { type Surroundings, drawSurroundings } from './surroundings.ts';

export interface World {
  organisations: Organisation[];
  population: Population;
  posts: Post[];
  surroundings: Surroundings;
  coverage: Coverage;
  /** Local days, both included, numbered from 1970-01-01. */
  first_day: number;
  last_day: number;
}

/** The synthetic range of NHS numbers holds no more people, and some numbers go to staff from outside. */
const PEOPLE_MAX = 850_000;

export interface WorldSettings {
  staff: number;
  seed: number;
  first_day: number;
  last_day: number;
  missed_share?: number | undefined;
}

/** A world of `staff` people at work and a dozen patients or two for each, the staff among them. */
export function createWorld({
  staff,
  seed,
  first_day,
  last_day,
  missed_share,
}: WorldSettings): World {
  const surroundings = drawSurroundings(seed, missed_share);
  const organisations = foundOrganisations(
    createRandom(seed, 'organisations'),
    staff,
    surroundings,
  );
  const size = Math.min(Math.round(staff * surroundings.patients_per_staff), PEOPLE_MAX);
  const population = settlePopulation(
    createRandom(seed, 'people'),
    organisations,
    size,
    last_day,
    surroundings,
  );
  recordContacts(createRandom(seed, 'contacts'), population.by_area);
  const posts = hireStaff(
    createRandom(seed, 'staff'),
    organisations,
    population,
    { first_day, last_day },
    surroundings,
  );
  const coverage = drawCoverage(seed, organisations, surroundings);
  const world = {
    organisations,
    population,
    posts,
    surroundings,
    coverage,
    first_day,
    last_day,
  };
  markPatients(world, seed);
  return world;
}

function markPatients({ organisations, population }: World, seed: number): void {
  const random = createRandom(seed, 'marks');
  const trusts = organisations.filter(
    (item) => item.type === 'acute' || item.type === 'mental_health',
  );
  const left = new Set(
    population.people.flatMap((person) =>
      person.is_staff && person.former_address !== undefined ? [person.former_address] : [],
    ),
  );
  for (const person of population.people) {
    if (random.chance(0.01)) person.flags.push('sensitive');
    if (random.chance(0.0007)) person.flags.push('watchlist');
    // Nothing may ever say that someone shares, or shared, a protected address, so none is a staff member's.
    const residents = [
      ...person.address.residents,
      ...(person.former_address?.residents ?? []),
      ...(person.contact === undefined ? [] : [person.contact.person]),
    ];
    const isNearStaff = residents.some((other) => other.is_staff) || left.has(person.address);
    if (!isNearStaff && random.chance(0.002)) person.flags.push('protected_address');
    if (random.chance(0.004)) {
      const local = trusts.filter((item) => item.area === person.area);
      person.objects_to =
        random.chance(0.4) && person.practice !== undefined ? person.practice : random.pick(local);
    }
  }
}
