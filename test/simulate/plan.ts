// Owns planned accesses: what misuse and hard negatives have in common, and the days they fall on.

import type { CareKind } from './episodes.ts';
import type { Manner } from './events.ts';
import { AREAS } from './geography.ts';
import { weekday } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { isAtHand, isEmployed } from './shifts.ts';
import { type Post, WORKING_SHARE } from './staff.ts';
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
  /**
   * Care in the hands of this member of staff that begins with the access and is recorded for
   * certain; `any` is what the organisation gives.
   */
  care?: CareKind | 'any';
  /** The same, but recorded only as well as the organisation's feed is. */
  is_care_certain?: boolean;
  /** Care by another team of the organisation that began before: a link to the organisation alone. */
  link?: PlannedLink;
  manner?: Manner;
  /** When it happens: seconds after a part of the shift, or after a minute past local midnight. */
  part?: number;
  minute?: number;
  after_s?: number;
  /** Nobody is at work: no shift and no roster entry goes with it. */
  is_off_duty?: boolean;
  /** Looks in a session of that name apart from the shift's own. */
  session?: string;
}

export interface PlannedLink {
  kind: CareKind;
  team?: string | undefined;
  days_before: number;
}

/** An organisation and an area from which none of its patients come. */
export interface RemotePair {
  organisation: Organisation;
  area: number;
}

/** Below this many accesses a day a share of one in a thousand cannot be told from nothing. */
const LEARNABLE_PER_DAY = 12;

/** How often each kind of misuse occurs against the others; one that is not named counts once. */
const FREQUENCIES: Readonly<Record<string, number>> = {
  own_record: 3,
  household: 3,
  colleague: 2,
  neighbour: 2,
  next_of_kin: 1.5,
  out_of_area: 1.5,
  unreconciled_claim: 1.5,
  slow_snooping: 1.5,
  record_surge: 0.4,
};

/** The number of kinds among which the misuse of a world is shared out. */
const KINDS = 34;

/**
 * Cases of a kind of misuse, or of a hard negative, in a world: in proportion to its accesses, and at
 * least one; two of the kinds that every world has.
 */
export function casesFor(world: World, scenario: string): number {
  const frequency = FREQUENCIES[scenario] ?? 1;
  const wanted = (expectedAccesses(world) * world.surroundings.misuse_share * frequency) / KINDS;
  return Math.max(frequency >= 2 ? 2 : 1, Math.round(wanted));
}

/** How many accesses a world is going to have. */
export function expectedAccesses({ posts, first_day, last_day }: World): number {
  const daily = posts.reduce((sum, { rate, role }) => sum + rate * WORKING_SHARE[role.pattern], 0);
  return daily * (last_day - first_day + 1);
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
    const isThere = isEmployed(post, day) && isAtHand(post, day);
    if (isThere && !(isWeekend && post.role.pattern === 'weekdays')) return day;
  }
  return undefined;
}

/**
 * All pairs without any flow, in random order, of the organisations busy enough to be learned and
 * whose care is recorded well enough to learn from.
 */
export function remotePairs(random: Random, world: World, wanted: number): RemotePair[] {
  const perDay = new Map<Organisation, number>();
  for (const { organisation, rate } of world.posts) {
    perDay.set(organisation, (perDay.get(organisation) ?? 0) + rate * 0.62);
  }
  const busiest = [...perDay]
    .filter(([organisation]) => world.coverage.isWellKept(organisation))
    .sort((a, b) => b[1] - a[1]);
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
