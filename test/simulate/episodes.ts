// Owns what kinds of care each type of organisation gives, how long it lasts and how it is recorded.

import type { Organisation } from './organisations.ts';
import type { Person } from './people.ts';
import { type Random, weightedPicker } from './random.ts';
import type { OrganisationType } from './roles.ts';
import type { Post } from './staff.ts';

export const CARE_KINDS = [
  'appointment',
  'admission',
  'referral',
  'caseload',
  'emergency_attendance',
  'urgent_call',
  'conveyance',
  'document',
  'delegation',
] as const;
export type CareKind = (typeof CARE_KINDS)[number];

/** Care of one patient by one organisation, during which its staff have cause to look. */
export interface Episode {
  kind: CareKind;
  patient: Person;
  organisation: Organisation;
  /** UTC milliseconds; `ends_at` is absent where no end is planned. */
  starts_at: number;
  ends_at?: number;
  team?: string;
  /** The member of staff whom the relationship names. */
  named?: Post;
  related?: Organisation;
  /** False where the feed of the organisation misses it. */
  is_recorded: boolean;
}

/** An episode that is bound to begin. */
export interface PlannedEpisode {
  organisation: Organisation;
  patient: Person;
  kind: CareKind;
  at: number;
  team?: string | undefined;
  /** The member of staff in whose hands it is, and whom it may name. */
  post?: Post;
  /** Recorded whatever the feed misses; else as the feed does. */
  is_certain: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long after its start an episode still gives cause to look, in days. */
export const COURSE_DAYS: Readonly<Record<CareKind, number>> = {
  appointment: 5,
  admission: 9,
  referral: 30,
  caseload: 60,
  emergency_attendance: 4,
  urgent_call: 2,
  conveyance: 2,
  document: 14,
  delegation: 5,
};

/** What brings the staff of each type of organisation to their patients, with weights. */
const CARE: Readonly<Record<OrganisationType, Partial<Record<CareKind, number>>>> = {
  gp: { appointment: 96, referral: 4 },
  acute: { appointment: 34, emergency_attendance: 26, admission: 30, referral: 10 },
  mental_health: { caseload: 48, referral: 20, appointment: 22, admission: 10 },
  community: { caseload: 62, referral: 24, appointment: 14 },
  ambulance: { conveyance: 1 },
  nhs111: { urgent_call: 1 },
  out_of_hours: { urgent_call: 60, appointment: 40 },
  social_care: { caseload: 60, referral: 40 },
  hospice: { caseload: 55, admission: 30, referral: 15 },
  pharmacy: { appointment: 80, referral: 20 },
  other: { appointment: 1 },
};

/** The kinds of relationship that organisations of a type have. */
export function careKindsOf(type: OrganisationType): CareKind[] {
  return CARE_KINDS.filter((kind) => CARE[type][kind] !== undefined || kind === 'delegation');
}

const pickers = new Map(
  Object.entries(CARE).map(([type, weights]) => [
    type,
    weightedPicker(Object.keys(weights) as CareKind[], Object.values(weights)),
  ]),
);

/** The kind of care that brings a member of staff to a patient. */
export function careKindFor(random: Random, post: Post): CareKind {
  if (post.role.duty !== 'care') return 'delegation';
  return pickers.get(post.organisation.type)?.(random) ?? 'appointment';
}

/** A new episode that is under way, or close before, when a member of staff looks at `at`. */
export function beginEpisode(
  random: Random,
  post: Post,
  patient: Person,
  kind: CareKind,
  at: number,
  is_recorded: boolean,
): Episode {
  const episode = beginAt(random, post.organisation, patient, kind, at, is_recorded);
  if (post.team !== undefined) episode.team = post.team;
  if (isNamed(random, kind)) episode.named = post;
  return episode;
}

/** A new episode in an organisation, in nobody's hands in particular. */
export function beginAt(
  random: Random,
  organisation: Organisation,
  patient: Person,
  kind: CareKind,
  at: number,
  is_recorded: boolean,
): Episode {
  const episode: Episode = {
    kind,
    patient,
    organisation,
    is_recorded,
    ...timesOf(random, kind, at),
  };
  if (kind === 'referral' && patient.practice !== undefined) episode.related = patient.practice;
  return episode;
}

function timesOf(
  random: Random,
  kind: CareKind,
  at: number,
): { starts_at: number; ends_at?: number } {
  switch (kind) {
    case 'appointment': {
      // One look in four prepares a clinic of the next days.
      const lead = random.chance(0.25)
        ? random.between(1, 3) * DAY_MS
        : -random.int(45) * MINUTE_MS;
      return span(toQuarter(at + lead), 20 * MINUTE_MS);
    }
    case 'admission':
      return span(at - random.int(30) * HOUR_MS, random.between(20, 220) * HOUR_MS);
    case 'emergency_attendance':
      return span(at - random.between(5, 200) * MINUTE_MS, random.between(210, 420) * MINUTE_MS);
    case 'urgent_call':
      return span(at - random.between(1, 8) * MINUTE_MS, random.between(9, 30) * MINUTE_MS);
    case 'conveyance':
      return span(at - random.between(5, 40) * MINUTE_MS, random.between(45, 100) * MINUTE_MS);
    case 'document':
    case 'referral':
      return { starts_at: at - random.between(1, 6) * DAY_MS };
    case 'delegation':
      return span(at - random.between(2, 60) * HOUR_MS, random.between(4, 12) * DAY_MS);
    case 'caseload': {
      const starts_at = at - random.between(0, 40) * DAY_MS;
      return random.chance(0.4) ? { starts_at } : span(starts_at, random.between(70, 160) * DAY_MS);
    }
  }
}

function span(starts_at: number, length: number): { starts_at: number; ends_at: number } {
  return { starts_at, ends_at: starts_at + length };
}

function toQuarter(instant: number): number {
  return instant - (instant % (15 * MINUTE_MS));
}

/** Feeds name a clinician for some kinds of care and hardly ever for others. */
function isNamed(random: Random, kind: CareKind): boolean {
  if (kind === 'appointment' || kind === 'caseload' || kind === 'delegation')
    return random.chance(0.45);
  return kind === 'admission' && random.chance(0.2);
}
