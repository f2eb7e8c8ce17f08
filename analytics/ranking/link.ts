/** What is on record for or against the accesses that an alert cites: care, and who else opened the record. */

/**
 * The strongest explanation of the access that an alert names, and whether somebody else of the organisation opened the
 * record in the days around it. `several` where more than one kind of the organisation's care is on record: an admission and
 * an appointment, a registration and a document. `unfed` where nothing explains it, but the organisation's feeds tell of so little care that
 * this says nothing; `unknown` where the access is not built. Of several accesses, what most of them have.
 */
export const link_classes = [
  'none',
  'none_in_company',
  'inferred',
  'inferred_in_company',
  'organisation',
  'organisation_in_company',
  'organisation_several',
  'organisation_several_in_company',
  'team',
  'unfed',
  'unfed_in_company',
  'unknown',
] as const;
export type LinkClass = (typeof link_classes)[number];

/** Feeds that tell of less than this share of what an organisation's staff open leave it unfed. */
const coverage_min = 0.7;

/** Days either side within which others who open the record are company. */
export const company_days = 7;

/**
 * Log-odds of misuse by link. They shape what is believed where the evaluation has seen too little; with what it has seen,
 * only their differences matter (precision.ts).
 *
 * Feeds that tell of 95 % of care leave one ordinary access in twenty or thirty without a link, and half of them with a
 * team's; misuse mostly has none, at times an organisation's (one's own practice or ward), and a team's by coincidence.
 * That gives ratios of likelihood of about 15 without a link, 1 with one that is only inferred or could not be told, 0.3
 * with an organisation's and 0.1 with a team's. Care is the work of several people over days, and curiosity is one
 * person's: of ordinary accesses that a feed missed, a third to two thirds have company within the week, of misuse hardly
 * any but by coincidence. Care also leaves more than one trace (a referral, the appointment, a letter), and whoever looks
 * into the record of somebody on their own practice's list or their own ward has that one reason to show. All differences
 * are softened, since feeds miss care where nobody notices, misuse hides where it has a reason to be, and two may be
 * curious.
 */
export const link_log_odds: Readonly<Record<LinkClass, number>> = {
  none: 1.5,
  none_in_company: -0.5,
  inferred: -0.9,
  inferred_in_company: -2.5,
  organisation: -1.2,
  organisation_in_company: -2.3,
  organisation_several: -2.4,
  organisation_several_in_company: -3.6,
  team: -3.5,
  unfed: -1,
  unfed_in_company: -2,
  unknown: 0,
};

/** What is known of an access. */
export interface AccessLink {
  /** As `access_links` has it. */
  readonly strength: string;
  /** Kinds of care on record of the organisation that explain the access at first hand. */
  readonly kinds_of_care: number;
  /** Of all that the organisation's staff open, the share of which feeds tell. */
  readonly explained_share: number;
  /** Whether somebody else there opened the record within `company_days`. */
  readonly is_in_company: boolean;
}

export function linkClassOf(access: AccessLink): LinkClass {
  const { strength, kinds_of_care, explained_share, is_in_company } = access;
  if (strength === 'person' || strength === 'team') return 'team';
  const is_unfed = explained_share < coverage_min;
  if (strength === 'organisation' && kinds_of_care > 1)
    return is_in_company ? 'organisation_several_in_company' : 'organisation_several';
  if (strength === 'organisation')
    return is_in_company ? 'organisation_in_company' : 'organisation';
  if (is_unfed) return is_in_company ? 'unfed_in_company' : 'unfed';
  if (strength === 'inferred') return is_in_company ? 'inferred_in_company' : 'inferred';
  return is_in_company ? 'none_in_company' : 'none';
}

/** The class of an alert that cites several accesses: what most of them have, of two alike the less explained. */
export function mostFrequent(classes: readonly LinkClass[]): LinkClass {
  const counts = Map.groupBy(classes, (link) => link);
  const times = (link: LinkClass) => counts.get(link)?.length ?? 0;
  return link_classes.reduce((best, link) => (times(link) > times(best) ? link : best), 'none');
}
