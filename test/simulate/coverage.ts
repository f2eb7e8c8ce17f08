// Owns how much of the care the feeds tell of: by organisation, and by kind of relationship.

import { type CareKind, careKindsOf } from './episodes.ts';
import type { Organisation } from './organisations.ts';
import { type Random, createRandom } from './random.ts';
import type { OrganisationType } from './roles.ts';
import type { Surroundings } from './surroundings.ts';

export interface Coverage {
  /** The share, from 0 to 1, of an organisation's relationships of a kind that are recorded. */
  of(organisation: Organisation, kind: CareKind): number;
  /** Whether an episode is recorded: a draw with that share. */
  isRecorded(random: Random, organisation: Organisation, kind: CareKind): boolean;
  /** Whether the organisation's feed is kept as well as feeds are, in every kind of relationship. */
  isWellKept(organisation: Organisation): boolean;
}

/**
 * Most organisations send all but a few relationships, some send half and some nothing. Beside that,
 * some kinds are missing, or half missing, from every organisation of one type.
 */
export function drawCoverage(
  seed: number,
  organisations: readonly Organisation[],
  surroundings: Surroundings,
): Coverage {
  const random = createRandom(seed, 'coverage');
  const { missed_share, uncovered_share, half_covered_share, uncovered_kinds_share } = surroundings;
  const full = 1 - missed_share;
  const byOrganisation = new Map<Organisation, number>();
  for (const organisation of organisations) {
    const drawn = random.next();
    // The services of the whole region are covered: without them nothing in the region would be known.
    const isRegional = organisation.type === 'ambulance' || organisation.type === 'nhs111';
    byOrganisation.set(
      organisation,
      isRegional || drawn >= uncovered_share + half_covered_share
        ? full
        : drawn < uncovered_share
          ? 0
          : Math.min(full, 0.5),
    );
  }
  const byKind = new Map<string, number>();
  for (const type of new Set(organisations.map((item) => item.type))) {
    for (const kind of careKindsOf(type)) {
      if (random.chance(uncovered_kinds_share))
        byKind.set(keyOf(type, kind), random.chance(0.4) ? 0 : 0.5);
    }
  }
  const of = (organisation: Organisation, kind: CareKind): number =>
    Math.min(
      byOrganisation.get(organisation) ?? full,
      byKind.get(keyOf(organisation.type, kind)) ?? 1,
    );
  return {
    of,
    isRecorded: (random, organisation, kind) => random.chance(of(organisation, kind)),
    isWellKept: (organisation) =>
      careKindsOf(organisation.type).every((kind) => of(organisation, kind) >= full),
  };
}

function keyOf(type: OrganisationType, kind: CareKind): string {
  return `${type} ${kind}`;
}
