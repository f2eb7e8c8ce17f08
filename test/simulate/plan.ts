// Owns planned accesses: what misuse and hard negatives have in common, and the days they fall on.

import { AREAS } from './geography.ts';
import { weekday } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { isEmployed } from './shifts.ts';
import type { CareKind } from './episodes.ts';
import type { Post } from './staff.ts';
import type { World } from './world.ts';

export type Ledger = 'truth' | 'hard_negatives';

/** An access that is bound to happen. */
export interface PlannedAccess {
  day: number;
  post: Post;
  patient: Person;
  ledger: Ledger;
  scenario: string;
  /** An ordinary look, an attempt that is refused, or a preload by the local system. */
  conduct: 'look' | 'denied' | 'preload';
  /** Care that begins with the access and is recorded; `any` is what the organisation gives. */
  care?: CareKind | 'any';
}

/** An organisation and an area from which none of its patients come. */
export interface RemotePair {
  organisation: Organisation;
  area: number;
}

/** Below this many accesses a day a share of one in a thousand cannot be told from nothing. */
const LEARNABLE_PER_DAY = 12;

/** About one case of each scenario for every ten thousand days of staff, and never fewer than two. */
export function casesFor({ posts, first_day, last_day }: World): number {
  const people = posts.filter((post) => post.kind === 'person').length;
  return Math.max(2, Math.round((people * (last_day - first_day + 1)) / 10_000));
}

/** Posts held by people whose own record the exchange holds, in random order. */
export function residentPosts(random: Random, world: World): Post[] {
  return random.shuffle(
    world.posts.filter((post) => post.employee?.person?.is_area_known === true),
  );
}

/** Whether enough of the organisation's patients live in the area for a look there to be unremarkable. */
export function isServed({ area, flows, headcount }: Organisation, patientArea: number): boolean {
  return area === patientArea || (headcount >= 20 && (flows[patientArea] ?? 0) >= 0.05);
}

/**
 * A day, from `from` to `to`, on which someone in this post could be at work, or undefined where
 * there is none.
 */
export function workableDay(
  random: Random,
  post: Post,
  from: number,
  to: number,
): number | undefined {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const day = random.between(from, to);
    const isWeekend = weekday(day) === 0 || weekday(day) === 6;
    if (isEmployed(post, day) && !(isWeekend && post.role.pattern === 'weekdays')) return day;
  }
  return undefined;
}

/** All pairs without any flow, in random order, of the organisations busy enough to be learned. */
export function remotePairs(random: Random, world: World, wanted: number): RemotePair[] {
  const perDay = new Map<Organisation, number>();
  for (const { organisation, rate } of world.posts) {
    perDay.set(organisation, (perDay.get(organisation) ?? 0) + rate * 0.62);
  }
  const busiest = [...perDay].sort((a, b) => b[1] - a[1]);
  const pairs: RemotePair[] = [];
  for (const [organisation, accesses] of busiest) {
    // A small world has no busy organisations; it makes do with its busiest.
    if (accesses < LEARNABLE_PER_DAY && pairs.length >= wanted) break;
    for (const { index } of AREAS) {
      if ((organisation.flows[index] ?? 0) === 0) pairs.push({ organisation, area: index });
    }
  }
  return random.shuffle(pairs);
}
