// Owns the organisations: how many of each type, where, and whom they serve.

import { type Feed, drawFeed } from './feeds.ts';
import { AREAS, areaAt, pointIn } from './geography.ts';
import type { Random } from './random.ts';
import type { OrganisationType } from './roles.ts';
import type { Surroundings } from './surroundings.ts';

export interface Organisation {
  code: string;
  name: string;
  type: OrganisationType;
  area: number;
  parent_code?: string;
  latitude: number;
  longitude: number;
  /** Part of its patients that lives in each area; zero where nobody of that area is cared for. */
  flows: number[];
  /** A centre to which patients of every area are sent. */
  is_tertiary: boolean;
  has_rosters: boolean;
  /** How many people work here, before second posts. */
  headcount: number;
  feed: Feed;
}

interface Kind {
  type: OrganisationType;
  /** Part of all staff who work in organisations of this type. */
  staff_share: number;
  /** Staff members of the whole exchange for each organisation of this type. */
  staff_each: number;
  /** Whether there is one for the whole region instead of at least one in each area. */
  is_regional?: boolean;
  codes: (serial: number) => string;
  names: (place: string, saint: string) => string;
  applications: readonly string[];
}

const SAINTS = [
  'St Alphege',
  'St Botolph',
  'St Cyprian',
  'St Dunstan',
  'St Ethelburga',
  'St Frideswide',
  'St Hilda',
  'St Mildred',
  'St Olave',
  'St Swithun',
];

// Codes have the shape of ODS codes but begin with letters under which none is issued to the type.
const KINDS: readonly Kind[] = [
  {
    type: 'gp',
    staff_share: 0.28,
    staff_each: 25,
    codes: (n) => `Z8${pad(n, 4)}`,
    names: (place, saint) => `${place} ${saint} Surgery`,
    applications: ['Surgery desktop', 'Practice record'],
  },
  {
    type: 'acute',
    staff_share: 0.37,
    staff_each: 150,
    codes: (n) => `RZ${base36(n)}`,
    names: (place, saint) => `${saint}'s and ${place} Hospitals Trust`,
    applications: ['Ward portal', 'Hospital record'],
  },
  {
    type: 'mental_health',
    staff_share: 0.09,
    staff_each: 1000,
    codes: (n) => `RY${base36(n)}`,
    names: (place) => `${place} Mental Health Trust`,
    applications: ['Mind record'],
  },
  {
    type: 'community',
    staff_share: 0.09,
    staff_each: 900,
    codes: (n) => `RX${base36(n)}`,
    names: (place) => `${place} Community Trust`,
    applications: ['Community record'],
  },
  {
    type: 'ambulance',
    staff_share: 0.025,
    staff_each: 1,
    is_regional: true,
    codes: () => 'RWZ',
    names: () => 'Capital Ambulance Service Trust',
    applications: ['Crew tablet'],
  },
  {
    type: 'nhs111',
    staff_share: 0.025,
    staff_each: 1,
    is_regional: true,
    codes: () => 'YZ111',
    names: () => 'Capital Integrated Urgent Care',
    applications: ['Call desk'],
  },
  {
    type: 'out_of_hours',
    staff_share: 0.025,
    staff_each: 1500,
    codes: (n) => `YZ${pad(n + 200, 3)}`,
    names: (place) => `${place} Out of Hours`,
    applications: ['Call desk'],
  },
  {
    type: 'social_care',
    staff_share: 0.05,
    staff_each: 700,
    codes: (n) => `7Z${pad(n, 2)}`,
    names: (place) => `${place} Adult Social Care`,
    applications: ['Care casebook'],
  },
  {
    type: 'hospice',
    staff_share: 0.02,
    staff_each: 1500,
    codes: (n) => `8Z${pad(n, 3)}`,
    names: (place, saint) => `${saint}'s Hospice, ${place}`,
    applications: ['Community record'],
  },
  {
    type: 'pharmacy',
    staff_share: 0.025,
    staff_each: 75,
    codes: (n) => `FZ${pad(n, 3)}`,
    names: (place) => `${place} High Street Pharmacy`,
    applications: ['Dispensary'],
  },
];

const PRACTICES_PER_NETWORK = 5;

/** Types of organisation that have an electronic roster to send, if they send any. */
const ROSTERED: readonly OrganisationType[] = [
  'acute',
  'mental_health',
  'community',
  'ambulance',
  'nhs111',
];

/** All organisations, networks of practices among them; head counts add up to `staff`. */
export function foundOrganisations(
  random: Random,
  staff: number,
  surroundings: Surroundings,
): Organisation[] {
  const founded = KINDS.flatMap((kind) => foundKind(random, kind, staff, surroundings));
  shareOutStaff(random, founded, staff, surroundings.size_spread);
  return [...foundNetworks(random, founded), ...founded];
}

function foundKind(
  random: Random,
  kind: Kind,
  staff: number,
  surroundings: Surroundings,
): Organisation[] {
  const founded: Organisation[] = [];
  const wanted = Math.max(AREAS.length, Math.round(staff / kind.staff_each));
  for (const area of AREAS) {
    const here =
      kind.is_regional === true
        ? area.index === 0
          ? 1
          : 0
        : Math.max(1, Math.round(wanted * area.share));
    for (let nth = 0; nth < here; nth += 1) {
      const place = area.localities[nth % area.localities.length] ?? random.pick(area.localities);
      // The first trust of the three inner areas is the centre that the whole region refers to.
      const is_tertiary = kind.type === 'acute' && nth === 0 && [0, 2, 3].includes(area.index);
      founded.push({
        code: kind.codes(founded.length + 1),
        name: kind.names(place.name, random.pick(SAINTS)),
        type: kind.type,
        area: area.index,
        ...pointIn(random, place),
        flows: flowsOf(kind.type, area.index, is_tertiary),
        is_tertiary,
        has_rosters: ROSTERED.includes(kind.type) && random.chance(surroundings.rosters_share),
        headcount: 0,
        feed: drawFeed(random, kind.type, kind.applications, surroundings),
      });
    }
  }
  return founded;
}

/** Sizes follow the areas' populations, and vary within them. */
function shareOutStaff(
  random: Random,
  founded: readonly Organisation[],
  staff: number,
  spread: number,
): void {
  const weights = founded.map((organisation) => {
    const peers = founded.filter((other) => other.type === organisation.type);
    const region = [...new Set(peers.map((other) => other.area))].reduce(
      (sum, index) => sum + areaAt(index).share,
      0,
    );
    const nearby = peers.filter((other) => other.area === organisation.area).length;
    const share = KINDS.find((kind) => kind.type === organisation.type)?.staff_share ?? 0;
    const size = Math.exp(Math.max(-1.5, Math.min(1.5, random.normal())) * spread);
    return ((share * areaAt(organisation.area).share) / region / nearby) * size;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Rounding the running total rather than each part keeps the sum exact.
  let cumulative = 0;
  let given = 0;
  founded.forEach((organisation, index) => {
    cumulative += weights[index] ?? 0;
    const upTo = Math.round((cumulative / total) * staff);
    organisation.headcount = upTo - given;
    given = upTo;
    // A few people's work cannot keep a small flow steady, so a small team serves its own area alone.
    if (
      organisation.headcount < 8 &&
      !organisation.is_tertiary &&
      organisation.flows.every((flow) => flow !== 1)
    ) {
      if (!['ambulance', 'nhs111'].includes(organisation.type)) {
        organisation.flows = AREAS.map((area) => (area.index === organisation.area ? 1 : 0));
      }
    }
  });
}

function foundNetworks(random: Random, founded: readonly Organisation[]): Organisation[] {
  return AREAS.flatMap((area) => {
    const practices = founded.filter((item) => item.type === 'gp' && item.area === area.index);
    const networks: Organisation[] = [];
    practices.forEach((practice, index) => {
      if (index % PRACTICES_PER_NETWORK === 0) {
        networks.push({
          ...practice,
          code: `UZ${area.index}${pad(networks.length + 1, 3)}`,
          name: `${area.localities[networks.length % area.localities.length]?.name ?? area.name} Primary Care Network ${networks.length + 1}`,
          type: 'other',
          headcount: 0,
          feed: { ...practice.feed, staff_ids: random.chance(0.5) ? 'national' : 'local' },
        });
      }
      practice.parent_code = networks.at(-1)?.code ?? '';
    });
    return networks;
  });
}

/**
 * Every flow is either nothing at all or at least a few per cent. What lies between would leave it
 * to chance whether a lone look from that area stands out.
 */
function flowsOf(type: OrganisationType, home: number, is_tertiary: boolean): number[] {
  const flows = AREAS.map(() => 0);
  const neighbours = areaAt(home).neighbours;
  if (type === 'ambulance' || type === 'nhs111')
    return AREAS.map((area) => Math.max(area.share, 0.04));
  if (is_tertiary) return AREAS.map((area) => (area.index === home ? 0.46 : 0.09));
  const nearest = type === 'acute' ? neighbours.slice(0, 2) : neighbours.slice(0, 1);
  const outside =
    type === 'acute'
      ? 0.14
      : ['mental_health', 'community', 'out_of_hours', 'hospice'].includes(type)
        ? 0.08
        : 0;
  for (const index of nearest) flows[index] = outside / nearest.length;
  flows[home] = 1 - outside;
  return flows;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function base36(value: number): string {
  return value.toString(36).toUpperCase();
}
