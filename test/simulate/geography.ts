// Owns the map: seven areas with their localities, who borders whom, and postcodes that do not exist.

import type { Random } from './random.ts';

export interface Locality {
  name: string;
  latitude: number;
  longitude: number;
  /** The first half of its postcodes. */
  outward: string;
}

export interface Area {
  /** Its place in `AREAS`, by which people and organisations refer to it. */
  index: number;
  area_code: string;
  name: string;
  /** Its part of the whole population. */
  share: number;
  /** Indexes of the areas that border it. */
  neighbours: readonly number[];
  localities: readonly Locality[];
}

const DEGREES_PER_LOCALITY = 0.012;

/** The letters that the second half of a real postcode never has, so that none here is anyone's. */
const NEVER_ISSUED = ['C', 'I', 'K', 'M', 'O', 'V'] as const;

export const AREAS: readonly Area[] = [
  area(
    0,
    'XNC',
    'North Central London',
    0.15,
    [1, 2, 5],
    [
      ['Camden', 51.54, -0.14, 'NW1'],
      ['Islington', 51.54, -0.1, 'N1'],
      ['Haringey', 51.59, -0.11, 'N15'],
      ['Enfield', 51.65, -0.08, 'EN1'],
      ['Barnet', 51.61, -0.2, 'N12'],
    ],
  ),
  area(
    1,
    'XNE',
    'North East London',
    0.2,
    [0, 3, 5],
    [
      ['Hackney', 51.55, -0.06, 'E8'],
      ['Tower Hamlets', 51.51, -0.03, 'E14'],
      ['Newham', 51.53, 0.03, 'E13'],
      ['Walthamstow', 51.59, -0.02, 'E17'],
      ['Ilford', 51.56, 0.07, 'IG1'],
      ['Romford', 51.58, 0.18, 'RM1'],
    ],
  ),
  area(
    2,
    'XNW',
    'North West London',
    0.21,
    [0, 4, 5],
    [
      ['Brent', 51.55, -0.27, 'NW10'],
      ['Harrow', 51.58, -0.34, 'HA1'],
      ['Ealing', 51.51, -0.3, 'W5'],
      ['Southall', 51.51, -0.38, 'UB1'],
      ['Hounslow', 51.47, -0.36, 'TW3'],
      ['Hammersmith', 51.49, -0.22, 'W6'],
    ],
  ),
  area(
    3,
    'XSE',
    'South East London',
    0.18,
    [1, 4],
    [
      ['Lambeth', 51.46, -0.11, 'SW9'],
      ['Peckham', 51.47, -0.07, 'SE15'],
      ['Lewisham', 51.46, -0.01, 'SE13'],
      ['Greenwich', 51.48, 0, 'SE10'],
      ['Bexleyheath', 51.46, 0.14, 'DA6'],
      ['Bromley', 51.41, 0.02, 'BR1'],
    ],
  ),
  area(
    4,
    'XSW',
    'South West London',
    0.14,
    [2, 3],
    [
      ['Croydon', 51.37, -0.1, 'CR0'],
      ['Merton', 51.42, -0.2, 'SW19'],
      ['Sutton', 51.36, -0.19, 'SM1'],
      ['Kingston', 51.41, -0.3, 'KT1'],
      ['Wandsworth', 51.45, -0.19, 'SW18'],
    ],
  ),
  area(
    5,
    'XHW',
    'Hertfordshire & West Essex',
    0.09,
    [0, 1, 2, 6],
    [
      ['Watford', 51.66, -0.4, 'WD17'],
      ['St Albans', 51.75, -0.34, 'AL1'],
      ['Stevenage', 51.9, -0.2, 'SG1'],
      ['Harlow', 51.77, 0.1, 'CM20'],
    ],
  ),
  area(
    6,
    'XMK',
    'Milton Keynes',
    0.03,
    [5],
    [
      ['Bletchley', 51.99, -0.73, 'MK2'],
      ['Wolverton', 52.06, -0.81, 'MK12'],
      ['Newport Pagnell', 52.09, -0.72, 'MK16'],
    ],
  ),
];

export function areaAt(index: number): Area {
  const found = AREAS[index];
  if (found === undefined) throw new RangeError(`no area ${index}`);
  return found;
}

/** A point in degrees, somewhere about the middle of a locality. */
export function pointIn(
  random: Random,
  locality: Locality,
): { latitude: number; longitude: number } {
  return {
    latitude: toFourPlaces(locality.latitude + random.normal() * DEGREES_PER_LOCALITY),
    longitude: toFourPlaces(locality.longitude + random.normal() * DEGREES_PER_LOCALITY),
  };
}

export function postcodeIn(random: Random, locality: Locality): string {
  return postcodeAt(
    locality,
    random.int(10),
    random.pick(NEVER_ISSUED) + random.pick(NEVER_ISSUED),
  );
}

/** A place in a street. */
export interface Spot {
  postcode: string;
  latitude: number;
  longitude: number;
}

/**
 * A source of places, street after street: the homes of one street share a postcode and lie some ten
 * metres apart. What stands alone has a postcode of its own. The postcodes of a locality come round
 * again once all 360 of them are used.
 */
export function createStreets(
  random: Random,
  homes_in_street: number,
): (locality: Locality, isAlone: boolean) => Spot {
  const streets = new Map<Locality, { spot: Spot; homes: number }>();
  const opened = new Map<Locality, number>();

  function open(locality: Locality): Spot {
    const nth = opened.get(locality) ?? 0;
    opened.set(locality, nth + 1);
    const letters =
      (NEVER_ISSUED[Math.floor(nth / 10) % 6] ?? 'C') +
      (NEVER_ISSUED[Math.floor(nth / 60) % 6] ?? 'C');
    return { postcode: postcodeAt(locality, nth % 10, letters), ...pointIn(random, locality) };
  }

  return (locality, isAlone) => {
    if (isAlone) return open(locality);
    let street = streets.get(locality);
    if (street === undefined || street.homes === 0) {
      const homes = Math.max(2, Math.round(homes_in_street * (0.5 + random.next())));
      street = { spot: open(locality), homes };
      streets.set(locality, street);
    }
    street.homes -= 1;
    return {
      postcode: street.spot.postcode,
      latitude: toFourPlaces(street.spot.latitude + street.homes * 0.0001),
      longitude: toFourPlaces(street.spot.longitude + (street.homes % 2) * 0.0002),
    };
  };
}

/** The nearest of several places, as the crow flies; a degree of longitude is shorter by the cosine. */
export function nearestTo<T extends Omit<Spot, 'postcode'>>(
  spot: Omit<Spot, 'postcode'>,
  places: readonly T[],
): T | undefined {
  let nearest: T | undefined;
  let shortest = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const distance =
      (place.latitude - spot.latitude) ** 2 + ((place.longitude - spot.longitude) * 0.62) ** 2;
    if (distance < shortest) [nearest, shortest] = [place, distance];
  }
  return nearest;
}

function postcodeAt(locality: Locality, sector: number, letters: string): string {
  return `${locality.outward} ${sector}${letters}`;
}

function toFourPlaces(degrees: number): number {
  return Math.round(degrees * 10_000) / 10_000;
}

function area(
  index: number,
  area_code: string,
  name: string,
  share: number,
  neighbours: readonly number[],
  localities: readonly (readonly [string, number, number, string])[],
): Area {
  return {
    index,
    area_code,
    name,
    share,
    neighbours,
    localities: localities.map(([place, latitude, longitude, outward]) => ({
      name: place,
      latitude,
      longitude,
      outward,
    })),
  };
}
