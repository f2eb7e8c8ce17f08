// Owns how the audit feeds of organisations differ: what they send, in which form, and how late.

import type { TimeStyle } from './london-time.ts';
import { type Random, weightedPicker } from './random.ts';
import type { OrganisationType } from './roles.ts';

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
  has_device: boolean;
  has_purpose: boolean;
}

/** Share of organisations that batch. */
const BATCHED_SHARE = 0.2;

const pickTimeStyle = weightedPicker<TimeStyle>(
  ['utc_ms', 'utc_s', 'offset_ms', 'offset_s'],
  [4, 2, 2, 2],
);

/** The feed of an organisation whose local system is one of `applications`. */
export function drawFeed(
  random: Random,
  type: OrganisationType,
  applications: readonly string[],
): Feed {
  return {
    is_batched: random.chance(BATCHED_SHARE),
    time_style: pickTimeStyle(random),
    staff_ids: drawStaffIds(random, type),
    event_ids: random.chance(0.7) ? 'uuid' : 'numbered',
    application: random.pick(applications),
    has_trigger: random.chance(0.75),
    has_outcome: random.chance(0.8),
    has_launch: random.chance(0.8),
    has_session: random.chance(0.9),
    has_device: random.chance(0.4),
    has_purpose: random.chance(0.8),
  };
}

function drawStaffIds(random: Random, type: OrganisationType): Feed['staff_ids'] {
  if (type === 'social_care' || type === 'hospice') return 'bare';
  const isTrust = type === 'acute' || type === 'mental_health' || type === 'community';
  return isTrust && random.chance(0.5) ? 'local' : 'national';
}
