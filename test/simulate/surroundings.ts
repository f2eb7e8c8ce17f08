// Owns what differs from one world to the next: rates, intensities and habits, all drawn from the seed.

import { type Random, createRandom } from './random.ts';

/**
 * The surroundings of a world. Nothing here is told to the system under test, and no two seeds agree,
 * so that what is tuned to one world fails in the next.
 */
export interface Surroundings {
  /** Share of relationships and registrations that a well-kept feed misses. */
  missed_share: number;
  /** Share of organisations that send no relationships at all, and of those that send half. */
  uncovered_share: number;
  half_covered_share: number;
  /** Share of pairs of a type of organisation and a kind of relationship that are sent half, or never. */
  uncovered_kinds_share: number;
  /** Mean accesses for each member of staff and day. */
  accesses_per_staff_day: number;
  /** Misuse cases for each access; every kind has one all the same. */
  misuse_share: number;
  /** Share of misuse that happens where the organisation has a link to the patient. */
  inside_share: number;
  /** How much the sizes of organisations of one type differ: the sigma of their logarithm. */
  size_spread: number;
  /** People in the register for each member of staff. */
  patients_per_staff: number;
  /** People in a team, on average. */
  team_size: number;
  /** Homes in a street, which share a postcode. */
  homes_in_street: number;
  /** Share of people who moved out of a household in the years before. */
  moved_share: number;
  /** What employers know of their staff. */
  nhs_number_known_share: number;
  home_known_share: number;
  start_known_share: number;
  /** Share of starts and ends that the records are late with, and by how many days at most. */
  lag_share: number;
  lag_days_max: number;
  bank_share: number;
  on_call_share: number;
  second_post_share: number;
  /** Share of organisations whose feed carries each of these. */
  rosters_share: number;
  sections_share: number;
  launches_share: number;
  sessions_share: number;
  devices_share: number;
  virtual_desktops_share: number;
  batched_share: number;
  codes_only_share: number;
  names_only_share: number;
  teams_in_care_share: number;
  bare_care_share: number;
  /** Share of looks preceded by a search where records are opened in context. */
  search_share: number;
  /** Share of practice's looks that stand on the registration alone. */
  registration_only_share: number;
  /** Share of looks for which nothing was ever going to be recorded. */
  unrecorded_share: number;
  /** Looks at people from afar whose care nobody recorded, for each access. */
  unrecorded_visitors_share: number;
  /**
   * Share of looks with which care begins; the others are at somebody in care, so it says how many people open a record.
   * With a half some 1.4 open the record of a patient within a week, with an eighth 2.3. In a hospital's own records it is
   * likely more; of a record that many organisations share we know no published figure.
   */
  new_care_share: number;
  /** Share of looks that follow up care of one to three months ago, with nothing newer recorded. */
  follow_up_share: number;
  /** Share of unexplained looks whose user claims a relationship. */
  claim_share: number;
  break_glass_share: number;
}

/** The surroundings of a seed; `missed_share` is held where it is given. */
export function drawSurroundings(seed: number, missed_share?: number): Surroundings {
  const random = createRandom(seed, 'surroundings');
  const share = (low: number, high: number): number => low + random.next() * (high - low);
  return {
    missed_share: missed_share ?? 0.04,
    uncovered_share: share(0.01, 0.06),
    half_covered_share: share(0.02, 0.09),
    uncovered_kinds_share: share(0.01, 0.07),
    accesses_per_staff_day: logUniform(random, 0.4, 0.9),
    misuse_share: logUniform(random, 1 / 10_000, 1 / 2_500),
    inside_share: share(0.2, 0.6),
    size_spread: share(0.25, 0.7),
    patients_per_staff: share(12, 26),
    team_size: logUniform(random, 8, 60),
    homes_in_street: logUniform(random, 6, 24),
    moved_share: share(0.02, 0.04),
    nhs_number_known_share: share(0.5, 0.92),
    home_known_share: share(0.7, 0.96),
    start_known_share: share(0.3, 0.95),
    bank_share: share(0.02, 0.1),
    on_call_share: share(0.1, 0.4),
    second_post_share: share(0.02, 0.07),
    rosters_share: share(0.1, 0.6),
    sections_share: share(0.7, 1),
    launches_share: share(0.5, 0.95),
    sessions_share: share(0.7, 1),
    devices_share: share(0.3, 0.8),
    virtual_desktops_share: share(0.1, 0.4),
    batched_share: share(0.14, 0.28),
    codes_only_share: share(0, 0.3),
    names_only_share: share(0, 0.3),
    teams_in_care_share: share(0.4, 0.85),
    bare_care_share: share(0.05, 0.25),
    search_share: share(0.03, 0.1),
    registration_only_share: share(0.2, 0.4),
    unrecorded_share: logUniform(random, 0.001, 0.018),
    follow_up_share: share(0.005, 0.03),
    claim_share: share(0.003, 0.02),
    break_glass_share: logUniform(random, 0.001, 0.006),
    lag_share: logUniform(random, 0.05, 0.5),
    lag_days_max: Math.round(logUniform(random, 2, 28)),
    unrecorded_visitors_share: logUniform(random, 0.5 / 10_000, 20 / 10_000),
    new_care_share: logUniform(random, 0.12, 0.55),
  };
}

/** A draw whose logarithm is uniform: for what differs by factors rather than by steps. */
export function logUniform(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.next();
}
