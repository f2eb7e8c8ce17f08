/** Which detectors look at the same evidence: what two of one family say is said once. */

/**
 * A family is a kind of evidence. Two detectors of one family are seldom independent: a colleague who lives next door is
 * one tie with two names, and whoever opens a hundred records is over their own baseline and over their peers'. Adding
 * both as if they were independent would count the same fact twice, so within a family only the strongest counts fully.
 */
export type Family =
  | 'tie'
  | 'absence'
  | 'volume_time'
  | 'sequence'
  | 'section_role'
  | 'override_claim'
  | 'account'
  | 'target'
  | 'summary'
  | 'draw';

const families: Readonly<Record<string, Family>> = {
  own_record: 'tie',
  household: 'tie',
  next_of_kin: 'tie',
  shared_surname: 'tie',
  colleague: 'tie',
  neighbour: 'tie',
  former_tie: 'tie',
  lone_tie: 'tie',
  out_of_area: 'absence',
  no_link: 'absence',
  unlinked_share: 'absence',
  lone_access: 'absence',
  deceased: 'absence',
  // Far from the patients that a team shares is another way to be without a link.
  community_outlier: 'absence',
  volume_self: 'volume_time',
  volume_peers: 'volume_time',
  off_shift: 'volume_time',
  enumeration: 'sequence',
  rapid_browsing: 'sequence',
  name_search: 'sequence',
  demographics_only: 'section_role',
  sensitive_section: 'section_role',
  role_mismatch: 'section_role',
  secondary_use: 'section_role',
  override: 'override_claim',
  break_glass_rate: 'override_claim',
  unreconciled_claim: 'override_claim',
  leaver: 'account',
  dormant: 'account',
  two_places: 'account',
  long_day: 'account',
  watchlist: 'target',
  protected_view: 'target',
  record_surge: 'target',
  target_skew: 'target',
  fixation: 'target',
  serial_weak: 'summary',
  random_sample: 'draw',
};

/** The family of a detector; one that nobody has placed yet is a family of its own. */
export function familyOf(detector_id: string): string {
  return families[detector_id] ?? detector_id;
}

/** Ties that a register proves, and that nothing silences: relatives are patients, too, and nobody treats themself. */
const proved_ties: ReadonlySet<string> = new Set([
  'own_record',
  'household',
  'next_of_kin',
  'former_tie',
]);

export function isProvedTie(detector_id: string): boolean {
  return proved_ties.has(detector_id);
}

/** The tie to oneself: nobody treats themself, so that no link makes it anybody's work. */
export function isOwnRecord(detector_id: string): boolean {
  return detector_id === 'own_record';
}

/** Detectors that draw at random: each alert is an item of its own, and says nothing about anybody. */
export function isDraw(detector_id: string): boolean {
  return familyOf(detector_id) === 'draw';
}

/** What is made of other detectors' signals says nothing that those have not said. */
export function isSummary(detector_id: string): boolean {
  return familyOf(detector_id) === 'summary';
}

/**
 * Detectors whose alert may mean a risk to somebody's safety: the same day's work, and nobody is asked first.
 */
const danger_detectors: ReadonlySet<string> = new Set(['former_tie', 'protected_view', 'fixation']);

export function isDanger(detector_id: string): boolean {
  return danger_detectors.has(detector_id);
}

/** Detectors of what many do at once: that others opened the record, too, speaks for nobody. */
const crowd_detectors: ReadonlySet<string> = new Set(['record_surge', 'watchlist']);

export function isOfCrowd(detector_id: string): boolean {
  return crowd_detectors.has(detector_id);
}

/** Detectors whose alerts on one record and day are one incident, with an alert for each person in it. */
const incident_detectors: ReadonlySet<string> = new Set(['record_surge']);

export function isOfIncident(detector_id: string): boolean {
  return incident_detectors.has(detector_id);
}
