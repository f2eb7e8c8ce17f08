// Owns who comes to an organisation as a patient: of its list or of the areas it serves, the elder more often.

import { AREAS } from './geography.ts';
import { DAY_MS } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Person, Population } from './people.ts';
import type { Random } from './random.ts';

export interface Candidates {
  /** Somebody who is alive at an instant; undefined where the one who was drawn is not. */
  draw(random: Random, organisation: Organisation, at: number): Person | undefined;
  /** Somebody of the organisation's area who died in the weeks before. */
  whoDied(random: Random, organisation: Organisation, at: number): Person | undefined;
}

export function createCandidates(population: Population): Candidates {
  const dead = population.by_area.map((people) => people.filter(({ died }) => died !== undefined));
  const careHomes = AREAS.map((area) =>
    population.care_homes.filter((home) => home.area === area.index),
  );

  function draw(random: Random, organisation: Organisation, at: number): Person | undefined {
    const list =
      organisation.type === 'gp'
        ? population.by_practice.get(organisation)
        : population.by_area[areaOf(random, organisation)];
    const homes = careHomes[organisation.area] ?? [];
    const isVisit = organisation.type === 'community' && homes.length > 0 && random.chance(0.15);
    const pool = isVisit ? random.pick(homes).residents : list;
    if (pool === undefined || pool.length === 0) return undefined;
    // Older people need more care: of two people drawn, mostly the elder.
    const [one, other] = [random.pick(pool), random.pick(pool)];
    const chosen = one.born < other.born === random.chance(0.75) ? one : other;
    return isAlive(chosen, at) ? chosen : undefined;
  }

  return {
    draw,
    whoDied(random, organisation, at) {
      const day = Math.floor(at / DAY_MS);
      const recent = (dead[organisation.area] ?? []).filter(
        ({ died = 0 }) => died <= day && died > day - 25,
      );
      return recent.length === 0 ? undefined : random.pick(recent);
    },
  };
}

export function isAlive({ died }: Person, at: number): boolean {
  return died === undefined || died * DAY_MS > at;
}

function areaOf(random: Random, organisation: Organisation): number {
  let drawn = random.next() * organisation.flows.reduce((sum, flow) => sum + flow, 0);
  for (const area of AREAS) {
    drawn -= organisation.flows[area.index] ?? 0;
    if (drawn < 0) return area.index;
  }
  return organisation.area;
}
