// Owns how the audit feeds of organisations differ: what they send, in which form, and how late.

import type { TimeStyle } from './london-time.ts';
import { type Random, weightedPicker } from './random.ts';
import type { OrganisationType } from './roles.ts';
import type { Surroundings } from './surroundings.ts';

/** What the local system of an organisation puts in its audit feed, and when it delivers it. */
export interface Feed {
  /** Delivers half a day at a time, 12 to 24 hours late, instead of at once. */
  is_batched: boolean;
  time_style: TimeStyle;
  /** National ids, ids of its own system, or ids sent without a system. */
  staff_ids: 'national' | 'local' | 'bare';
  event_ids: 'uuid' | 'numbered';
  application: string;
  has_trigger: boolean;
  has_outcome: boolean;
  has_launch: boolean;
  has_session: boolean;
  has_section: boolean;
  has_purpose: boolean;
  /** Workstations with addresses of their own, one address for everybody, or none told. */
  network: 'desks' | 'virtual_desktops' | 'untold';
  /** How a role is told, by events and by the staff directory. */
  roles: 'both' | 'codes' | 'names';
  /** What a relationship says beside the organisation. */
  care: 'staff_and_team' | 'team' | 'organisation';
}

const pickTimeStyle = weightedPicker<TimeStyle>(
  ['utc_ms', 'utc_s', 'offset_ms', 'offset_s'],
  [4, 2, 2, 2],
);

/** The feed of an organisation whose local system is one of `applications`. */
export function drawFeed(
  random: Random,
  type: OrganisationType,
  applications: readonly string[],
  surroundings: Surroundings,
): Feed {
  const isLarge = type === 'acute' || type === 'mental_health' || type === 'community';
  return {
    is_batched: random.chance(surroundings.batched_share),
    time_style: pickTimeStyle(random),
    staff_ids: drawStaffIds(random, type),
    event_ids: random.chance(0.7) ? 'uuid' : 'numbered',
    application: random.pick(applications),
    has_trigger: random.chance(0.75),
    has_outcome: random.chance(0.8),
    has_launch: random.chance(surroundings.launches_share),
    has_session: random.chance(surroundings.sessions_share),
    has_section: random.chance(surroundings.sections_share),
    has_purpose: random.chance(0.8),
    network: !random.chance(surroundings.devices_share)
      ? 'untold'
      : isLarge && random.chance(surroundings.virtual_desktops_share)
        ? 'virtual_desktops'
        : 'desks',
    roles: random.chance(surroundings.codes_only_share)
      ? 'codes'
      : random.chance(surroundings.names_only_share)
        ? 'names'
        : 'both',
    care: random.chance(surroundings.bare_care_share)
      ? 'organisation'
      : random.chance(surroundings.teams_in_care_share)
        ? 'staff_and_team'
        : 'team',
  };
}

function drawStaffIds(random: Random, type: OrganisationType): Feed['staff_ids'] {
  if (type === 'social_care' || type === 'hospice') return 'bare';
  const isTrust = type === 'acute' || type === 'mental_health' || type === 'community';
  return isTrust && random.chance(0.5) ? 'local' : 'national';
}
