// Owns the sections of the record, and which of them each kind of work opens.

import { type Random, weightedPicker } from './random.ts';
import type { OrganisationType, Reading, Role } from './roles.ts';

const SECTIONS = [
  'gp_record',
  'medications',
  'results',
  'documents',
  'appointments',
  'care_plans',
  'mental_health',
  'social_care',
  'safeguarding',
  'demographics',
] as const;
export type Section = (typeof SECTIONS)[number];

const BY_TYPE: Readonly<Record<OrganisationType, readonly number[]>> = {
  gp: [4, 8, 24, 30, 16, 6, 2.5, 2, 0.6, 4],
  acute: [30, 24, 14, 16, 6, 5, 0.3, 0.6, 0.2, 3],
  mental_health: [28, 20, 8, 14, 4, 8, 12, 4, 1, 2],
  community: [26, 18, 8, 16, 10, 10, 0.4, 4, 0.6, 3],
  ambulance: [34, 26, 2, 4, 2, 22, 1, 0.4, 0.1, 5],
  nhs111: [34, 26, 4, 4, 6, 14, 1, 0.4, 0.1, 8],
  out_of_hours: [34, 28, 10, 10, 4, 8, 0.6, 0.3, 0.1, 4],
  social_care: [12, 8, 2, 20, 10, 12, 4, 26, 4, 6],
  hospice: [24, 26, 10, 18, 2, 18, 0.1, 1, 0, 1],
  pharmacy: [24, 60, 6, 4, 2, 0, 0, 0, 0, 4],
  other: [20, 10, 10, 20, 20, 10, 0, 1, 0, 9],
};

/** What work of its own kind reads, wherever it is done; clinicians read as their organisation does. */
const BY_READING: Readonly<Partial<Record<Reading, readonly number[]>>> = {
  desk: [3, 1, 1, 6, 30, 1, 0.05, 0.15, 0.02, 58],
  letters: [8, 6, 10, 48, 12, 4, 0.4, 0.5, 0.1, 11],
  medicines: [18, 62, 11, 5, 1, 1, 0.1, 0.1, 0, 2],
  records: [16, 6, 14, 42, 6, 4, 1, 1, 1.5, 8],
};

const pickers = new Map<string, (random: Random) => Section>();

/** A section in proportion to what people in this role use the record for. */
export function drawSection(random: Random, type: OrganisationType, role: Role): Section {
  const key = BY_READING[role.reading] === undefined ? type : role.reading;
  let pick = pickers.get(key);
  if (pick === undefined) {
    pick = weightedPicker(SECTIONS, BY_READING[role.reading] ?? BY_TYPE[type]);
    pickers.set(key, pick);
  }
  return role.role_name === 'Safeguarding nurse' && random.chance(0.35)
    ? 'safeguarding'
    : pick(random);
}
