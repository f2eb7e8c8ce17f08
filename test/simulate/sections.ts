// Owns the sections of the record, and which of them each type of organisation opens.

import { type Random, weightedPicker } from './random.ts';
import type { OrganisationType } from './roles.ts';

const SECTIONS = [
  'gp_record',
  'medications',
  'results',
  'documents',
  'appointments',
  'care_plans',
  'mental_health',
  'social_care',
  'demographics',
] as const;
type Section = (typeof SECTIONS)[number];

const WEIGHTS: Readonly<Record<OrganisationType, readonly number[]>> = {
  gp: [4, 8, 24, 30, 16, 6, 4, 5, 3],
  acute: [30, 24, 14, 16, 6, 5, 1, 2, 2],
  mental_health: [28, 20, 8, 14, 4, 8, 12, 4, 2],
  community: [26, 18, 8, 16, 10, 10, 2, 8, 2],
  ambulance: [34, 26, 2, 4, 2, 22, 4, 2, 4],
  nhs111: [34, 26, 4, 4, 6, 14, 4, 2, 6],
  out_of_hours: [34, 28, 10, 10, 4, 8, 2, 1, 3],
  social_care: [12, 8, 2, 20, 10, 12, 4, 26, 6],
  hospice: [24, 26, 10, 18, 2, 18, 0, 2, 0],
  pharmacy: [24, 60, 6, 4, 2, 0, 0, 0, 4],
  other: [20, 10, 10, 20, 20, 10, 0, 5, 5],
};

const pickers = new Map<OrganisationType, (random: Random) => Section>();

/** A section in proportion to what staff of this type of organisation use the record for. */
export function drawSection(random: Random, type: OrganisationType): Section {
  let pick = pickers.get(type);
  if (pick === undefined) {
    pick = weightedPicker(SECTIONS, WEIGHTS[type]);
    pickers.set(type, pick);
  }
  return pick(random);
}
