// Owns which ordinary accesses are worth a label, since a careless detector would take them for misuse.

import type { Encounter } from './care.ts';
import { areaAt } from './geography.ts';
import { DAY_MS } from './london-time.ts';
import type { Random } from './random.ts';
import { isEmployed } from './shifts.ts';
import type { Post } from './staff.ts';
import { isFamilyName } from './surnames.ts';
import type { World } from './world.ts';

/** What is told of an ordinary access beside whom it is by and of. */
export interface Circumstance {
  /** The local day. */
  day: number;
  is_on_call: boolean;
}

/** The hard negative that an ordinary access happens to be, for a sample of them. */
export function lookAlikeScenario(
  random: Random,
  { coverage, first_day, last_day }: World,
  post: Post,
  { patient, ground, is_explained }: Encounter,
  { day, is_on_call }: Circumstance,
): string | undefined {
  const { organisation, employee, role } = post;
  const self = employee?.person;
  if (!isEmployed(post, day)) return 'records_of_employment_lag';
  if (
    employee?.absence !== undefined &&
    day > employee.absence.to &&
    day <= employee.absence.to + 3
  )
    return 'back_from_leave';
  if (patient.died !== undefined && patient.died * DAY_MS < day * DAY_MS)
    return role.role_name === 'Medical examiner' ? 'medical_examiner' : 'letters_after_death';
  if (is_on_call) return 'night_on_call';
  if (patient.flags.includes('protected_address')) return 'protected_address_in_care';
  if (self !== undefined && self.address.postcode === patient.address.postcode)
    return 'neighbour_in_care';
  if (employee !== undefined && employee.surname === patient.surname)
    return isFamilyName(patient.surname) ? 'namesake_in_care' : 'no_family_name';
  if (!is_explained && ground === 'follow_up') return 'follow_up_of_earlier_care';
  // What follows is common enough that a sample is enough.
  const isSettled = day - first_day > (last_day - first_day) / 2;
  if (!isSettled) return undefined;
  const isFar =
    patient.area !== organisation.area &&
    !areaAt(organisation.area).neighbours.includes(patient.area);
  // Most worth a label are those that only the learned flow speaks for.
  const isSampled = random.chance(is_explained ? 0.02 : 0.5);
  if (organisation.is_tertiary && isFar && isSampled) return 'tertiary_flow';
  if (organisation.type === 'nhs111' && isSampled) return 'nhs111';
  const isNurse = organisation.type === 'community' && role.role_name === 'District nurse';
  if (isNurse && patient.address.dwelling === 'care_home' && random.chance(0.2))
    return 'care_home_visit';
  if (!random.chance(0.05)) return undefined;
  if (patient.address.dwelling === 'none') return 'homeless_patient';
  if (ground === 'task') return 'delegated_task';
  if (post.is_bank) return 'bank_staff';
  if (role.reading === 'medicines' && post.rate > 4) return 'busy_pharmacist';
  if (role.reading === 'desk') return 'reception_and_clerks';
  if (!is_explained && ground !== 'nothing_recorded' && !coverage.isWellKept(organisation))
    return 'feed_that_misses_care';
  return undefined;
}
