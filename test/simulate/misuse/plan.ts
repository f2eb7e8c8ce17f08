// Owns all misuse that is planted in a world: each kind with its number of cases.

import { type Casting, type Draft } from '../casting.ts';
import { type PlannedAccess, type RemotePair, casesFor } from '../plan.ts';
import { planColleagues, planNeighbours, planFixations } from './acquaintances.ts';
import { planBreakGlass, planClaims, planOverrides } from './claims.ts';
import {
  planFormerTies,
  planHouseholds,
  planNextOfKin,
  planOwnRecords,
  planSurnames,
} from './kin.ts';
import {
  planDormantAccounts,
  planLeavers,
  planLongDays,
  planOffShift,
  planTwoPlaces,
  planVolumes,
} from './accounts.ts';
import { planDeceased, planProtected, planSurges, planWatchlist } from './notable.ts';
import { planFarAway } from './far-away.ts';
import {
  planSecondaryUse,
  planSensitiveSections,
  planSlowSnooping,
  planTargets,
} from './interests.ts';
import {
  planDemographics,
  planEnumerations,
  planNameSearches,
  planRapidBrowsing,
} from './trawls.ts';

/** Plans the cases of one kind, as many as are wanted or as the world allows. */
export type Planner = (casting: Casting, wanted: number) => Draft[];

const PLANNERS: Readonly<Record<string, Planner>> = {
  former_tie: planFormerTies,
  next_of_kin: planNextOfKin,
  own_record: planOwnRecords,
  household: planHouseholds,
  colleague: planColleagues,
  neighbour: planNeighbours,
  shared_surname: planSurnames,
  protected_view: planProtected,
  watchlist: planWatchlist,
  record_surge: planSurges,
  deceased: planDeceased,
  unreconciled_claim: planClaims,
  override: planOverrides,
  break_glass_rate: planBreakGlass,
  dormant: planDormantAccounts,
  leaver: planLeavers,
  two_places: planTwoPlaces,
  long_day: planLongDays,
  volume_self: planVolumes,
  off_shift: planOffShift,
  fixation: planFixations,
  enumeration: planEnumerations,
  rapid_browsing: planRapidBrowsing,
  name_search: planNameSearches,
  demographics_only: planDemographics,
  target_skew: planTargets,
  sensitive_section: planSensitiveSections,
  secondary_use: planSecondaryUse,
  slow_snooping: planSlowSnooping,
};

/**
 * All misuse of a run. Every member of staff plays one part at most, and but for `out_of_area` the
 * patients come from where the organisation's patients come from, so that each case belongs to one
 * scenario alone.
 */
export function planMisuse(casting: Casting, pairs: readonly RemotePair[]): PlannedAccess[] {
  const planned = planFarAway(casting, pairs, casesFor(casting.world, 'out_of_area')).map((draft) =>
    asMisuse('out_of_area', draft),
  );
  for (const [scenario, planner] of Object.entries(PLANNERS)) {
    const drafts = planner(casting, casesFor(casting.world, scenario));
    planned.push(...drafts.map((draft) => asMisuse(scenario, draft)));
  }
  return planned;
}

function asMisuse(scenario: string, draft: Draft): PlannedAccess {
  return { ...draft, ledger: 'truth', scenario, conduct: 'look' };
}
