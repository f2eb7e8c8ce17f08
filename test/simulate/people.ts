// Owns the population: who lives where and with whom, how old they are and where they are registered.

import {
  AREAS,
  type Area,
  type Locality,
  type Spot,
  areaAt,
  createStreets,
  nearestTo,
} from './geography.ts';
import { composeHome } from './households.ts';
import { moveOut } from './movers.ts';
import { nhsNumbers } from './nhs-number.ts';
import type { Organisation } from './organisations.ts';
import { type Random, weightedPicker } from './random.ts';
import { type Community, type Sex, borneSurname, communityIn, surnameOf } from './surnames.ts';
import type { Surroundings } from './surroundings.ts';

export type Dwelling =
  'home' | 'shared_house' | 'student_hall' | 'staff_accommodation' | 'care_home' | 'none';

export interface Address {
  /** Absent for people of no fixed abode. */
  address_key?: string;
  dwelling: Dwelling;
  area: number;
  postcode: string;
  latitude: number;
  longitude: number;
  residents: Person[];
  /** Whose staff a staff accommodation houses. */
  landlord?: Organisation;
  /** False for the few whose place is unknown though their key is. */
  is_placed: boolean;
}

export interface Person {
  patient_id: string;
  surname: string;
  sex: Sex;
  /** Day number of the date of birth. */
  born: number;
  died?: number;
  area: number;
  address: Address;
  kin: Kin;
  practice?: Organisation;
  /** How the feeds tell of the registration: a field, a relationship, or not at all. */
  registration: 'field' | 'relationship' | 'missing';
  /** False for the few patients whose area the exchange was never told. */
  is_area_known: boolean;
  flags: string[];
  /** Whose data this person objects to being shown. */
  objects_to?: Organisation;
  is_staff: boolean;
  /** The household that this person moved out of, as an earlier extract of the register tells. */
  former_address?: Address;
  /** Whom the record names as this person's contact. */
  contact?: { person: Person; relation: string };
}

export type Kin = 'single' | 'partner' | 'child' | 'grandparent' | 'sharer';

export interface Population {
  people: Person[];
  by_area: Person[][];
  /** The people on each practice's list. */
  by_practice: Map<Organisation, Person[]>;
  care_homes: Address[];
  student_halls: Address[];
  staff_accommodation: Address[];
  nextNhsNumber: () => string;
}

export const DAYS_PER_YEAR = 365.25;
const pickArea = weightedPicker(
  AREAS,
  AREAS.map((area) => area.share),
);

interface Settling {
  random: Random;
  /** The day on which ages are reckoned. */
  today: number;
  missed_share: number;
  organisations: readonly Organisation[];
  /** The practices of each area. */
  practices: Organisation[][];
  population: Population;
  /** Addresses made so far, from which each new one takes its key. */
  addresses: number;
  streetIn: (locality: Locality, isAlone: boolean) => Spot;
}

/** About `size` people in homes, halls and care homes, with ages as they are on the day `today`. */
export function settlePopulation(
  random: Random,
  organisations: readonly Organisation[],
  size: number,
  today: number,
  { missed_share, homes_in_street, moved_share }: Surroundings,
): Population {
  const population: Population = {
    people: [],
    by_area: AREAS.map(() => []),
    by_practice: new Map(),
    care_homes: [],
    student_halls: [],
    staff_accommodation: [],
    nextNhsNumber: nhsNumbers(random.int(1_000_000)),
  };
  const practices = AREAS.map((area) =>
    organisations.filter((item) => item.type === 'gp' && item.area === area.index),
  );
  const settling: Settling = {
    random,
    today,
    missed_share,
    organisations,
    practices,
    population,
    addresses: 0,
    streetIn: createStreets(random, homes_in_street),
  };
  settleLargeAddresses(settling, size);
  while (population.people.length < size) settleHome(settling);
  moveOut(random, population.people, today, moved_share, ({ area }) => {
    const place = areaAt(area);
    return newAddress(settling, 'home', place, random.pick(place.localities));
  });
  return population;
}

function settleLargeAddresses(settling: Settling, size: number): void {
  const { random, population, organisations } = settling;
  for (let nth = 0; nth < Math.max(2, Math.round(size / 1500)); nth += 1) {
    population.care_homes.push(settleMany(settling, 'care_home', random.between(24, 48), [70, 98]));
  }
  for (let nth = 0; nth < Math.max(2, Math.round(size / 3500)); nth += 1) {
    population.student_halls.push(
      settleMany(settling, 'student_hall', random.between(30, 90), [18, 24]),
    );
  }
  const trusts = organisations
    .filter((item) => item.type === 'acute')
    .sort((a, b) => b.headcount - a.headcount);
  for (const trust of trusts.filter((item, rank) => rank === 0 || item.headcount >= 15)) {
    const residents = Math.max(16, Math.round(trust.headcount * 0.5));
    const address = settleMany(
      settling,
      'staff_accommodation',
      Math.min(residents, 120),
      [22, 45],
      trust.area,
    );
    address.landlord = trust;
    population.staff_accommodation.push(address);
  }
}

/** One address of unrelated people whose ages lie in the given range of years. */
function settleMany(
  settling: Settling,
  dwelling: Dwelling,
  size: number,
  ages: readonly [number, number],
  at?: number,
): Address {
  const { random } = settling;
  const area = at === undefined ? pickArea(random) : areaAt(at);
  const locality = random.pick(area.localities);
  const address = newAddress(settling, dwelling, area, locality);
  for (let nth = 0; nth < size; nth += 1) {
    const sex = random.chance(dwelling === 'care_home' ? 0.68 : 0.5) ? 'female' : 'male';
    const surname = borneSurname(surnameOf(random, communityIn(random, area.index)), sex);
    const person = settle(settling, address, {
      surname,
      sex,
      age: random.between(...ages),
      kin: 'single',
    });
    // Two students in three stay registered, and so counted, where their parents live.
    if (dwelling === 'student_hall' && random.chance(0.66)) moveRegistration(settling, person);
  }
  return address;
}

function settleHome(settling: Settling): void {
  const { random } = settling;
  const area = pickArea(random);
  const locality = random.pick(area.localities);
  const community: Community = communityIn(random, area.index);
  const { dwelling, members } = composeHome(random, community);
  const address = newAddress(settling, dwelling, area, locality);
  const practice = practiceNear(settling, address);
  for (const member of members) settle(settling, address, member, practice);
}

function settle(
  settling: Settling,
  address: Address,
  member: { surname: string; sex: Sex; age: number; kin: Kin },
  practice: Organisation | undefined = practiceNear(settling, address),
): Person {
  const { random, population, today } = settling;
  const person: Person = {
    patient_id: population.nextNhsNumber(),
    surname: member.surname,
    sex: member.sex,
    born: bornOn(settling, address, member.age),
    area: address.area,
    address,
    kin: member.kin,
    registration: 'missing',
    is_area_known: !random.chance(0.003),
    flags: [],
    is_staff: false,
  };
  // Nobody dies in a shared house, so that the number of its occupants is never in doubt.
  if (member.age > 60 && address.dwelling !== 'shared_house' && random.chance(0.03)) {
    person.died = today - random.int(700);
  }
  address.residents.push(person);
  population.people.push(person);
  population.by_area[person.area]?.push(person);
  if (practice !== undefined && random.chance(0.97)) register(settling, person, practice);
  return person;
}

/** No two residents share a date of birth, since together with surname and address it would identify. */
function bornOn({ random, today }: Settling, address: Address, age: number): number {
  for (;;) {
    const born = today - Math.floor((age + random.next()) * DAYS_PER_YEAR);
    if (!address.residents.some((other) => other.born === born)) return born;
  }
}

function register(
  { random, population, missed_share }: Settling,
  person: Person,
  practice: Organisation,
): void {
  person.practice = practice;
  // Across a border the registration is all that explains the practice's looks, so it is never missing.
  const isAcross = practice.area !== person.area;
  if (isAcross) practice.flows[person.area] ||= 0.001;
  if (isAcross || !random.chance(missed_share)) {
    const byRelationship =
      !isAcross && practice.code.charCodeAt(practice.code.length - 1) % 5 === 0;
    person.registration = byRelationship ? 'relationship' : 'field';
  }
  const list = population.by_practice.get(practice);
  if (list === undefined) population.by_practice.set(practice, [person]);
  else list.push(person);
}

function moveRegistration(settling: Settling, student: Person): void {
  const { random, population } = settling;
  const home = pickArea(random).index;
  const practices = settling.practices[home] ?? [];
  if (home === student.area || practices.length === 0) return;
  if (student.practice !== undefined)
    removeFrom(population.by_practice.get(student.practice), student);
  removeFrom(population.by_area[student.area], student);
  student.area = home;
  student.is_area_known = true;
  population.by_area[home]?.push(student);
  register({ ...settling, missed_share: 0 }, student, random.pick(practices));
}

function removeFrom(list: Person[] | undefined, person: Person): void {
  const at = list?.lastIndexOf(person) ?? -1;
  if (at >= 0) list?.splice(at, 1);
}

/** Mostly the nearest practice of the area, sometimes another, rarely one across the border. */
function practiceNear(
  { random, practices: byArea }: Settling,
  address: Address,
): Organisation | undefined {
  const area = random.chance(0.02) ? random.pick(areaAt(address.area).neighbours) : address.area;
  const practices = byArea[area] ?? [];
  if (practices.length === 0) return undefined;
  if (random.chance(0.15)) return random.pick(practices);
  return nearestTo(address, practices);
}

function newAddress(
  settling: Settling,
  dwelling: Dwelling,
  area: Area,
  locality: Locality,
): Address {
  settling.addresses += 1;
  // A large building has a postcode of its own.
  const spot = settling.streetIn(locality, dwelling !== 'home' && dwelling !== 'none');
  const address: Address = {
    dwelling,
    area: area.index,
    ...spot,
    residents: [],
    is_placed: !settling.random.chance(0.01),
  };
  if (dwelling !== 'none')
    address.address_key = `9990${String(settling.addresses).padStart(8, '0')}`;
  return address;
}
