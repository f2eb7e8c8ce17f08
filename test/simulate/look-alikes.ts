// Owns which ordinary accesses are worth a label, since a careless detector would take them for misuse.

import type { Encounter } from './care.ts';
import { areaAt } from './geography.ts';
import type { Random } from './random.ts';
import type { Post } from './staff.ts';

/** The hard negative that an ordinary access happens to be, for a sample of them. */
export function lookAlikeScenario(
  random: Random,
  post: Post,
  { patient, is_explained }: Encounter,
): string | undefined {
  const { organisation } = post;
  const isFar =
    patient.area !== organisation.area &&
    !areaAt(organisation.area).neighbours.includes(patient.area);
  // Most worth a label are those that only the learned flow speaks for.
  const isSampled = random.chance(is_explained ? 0.02 : 0.5);
  if (organisation.is_tertiary && isFar && isSampled) return 'tertiary_flow';
  if (organisation.type === 'nhs111' && isSampled) return 'nhs111';
  const isNurse = organisation.type === 'community' && post.role.role_name === 'District nurse';
  if (isNurse && patient.address.dwelling === 'care_home' && random.chance(0.2))
    return 'care_home_visit';
  return undefined;
}
