/** What care on record says for or against an alert of a detector that no explanation silences. Pure. */
import { logit, probabilityOf } from './alert.ts';

/**
 * Log-odds by the strongest explanation of the access.
 *
 * Relatives are patients too, so an explanation never silences these detectors; but a look that the team's own care
 * explains is more often care than one of which nothing tells. With feeds that tell of 95 % of care, about half of it to
 * the team, and misuse that mostly has no link and at times an organisation's (one's own practice or ward), the ratios of
 * likelihood are some 14 without a link, 0.5 with an organisation's and 0.1 with a team's. The first is cut to 2, since feeds
 * miss care where nobody notices; that care is on record is no matter of chance.
 */
const log_odds: Readonly<Record<string, number>> = {
  none: Math.log(2),
  inferred: Math.log(1.4),
  organisation: Math.log(0.5),
  team: Math.log(0.1),
  person: Math.log(0.05),
};

/** `precision` in the light of the access's strongest explanation; where the access is not built yet, as it is. */
export function withLink(precision: number, strength: string | undefined): number {
  return probabilityOf(logit(precision) + (log_odds[strength ?? ''] ?? 0));
}
