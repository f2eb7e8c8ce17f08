// Owns the rows of the reference datasets, under the names of the data contract.

import { AREAS, areaAt } from './geography.ts';
import { type Episode, careKindsOf } from './episodes.ts';
import { dateText, formatInstant } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Address, Person } from './people.ts';
import { type Random, createRandom } from './random.ts';
import type { Shift } from './shifts.ts';
import { DEFAULT_IDS, type Post } from './staff.ts';
import { contactsOf, tieOf } from './contacts.ts';
import type { World } from './world.ts';

/** A row as it is written; keys whose value is undefined are absent from the file. */
export type Row = Readonly<Record<string, unknown>>;

/** Every dataset that is known before the first event, in the order of the contract. */
export function* referenceDatasets(
  world: World,
  seed: number,
): Generator<{ dataset: string; rows: Iterable<Row> }> {
  const random = createRandom(seed, 'reference');
  yield { dataset: 'areas', rows: AREAS.map(({ area_code, name }) => ({ area_code, name })) };
  yield {
    dataset: 'organisations',
    rows: world.organisations.map((item) => organisationRow(item)),
  };
  yield { dataset: 'staff', rows: staffRows(world.posts) };
  yield { dataset: 'staff_identities', rows: identityRows(world.posts) };
  yield { dataset: 'patients', rows: patientRows(world) };
  yield { dataset: 'patient_contacts', rows: contactsOf(world.population.people) };
  yield { dataset: 'patient_objections', rows: objectionRows(random, world) };
  yield { dataset: 'declared_ties', rows: tieRows(random, world.posts) };
}

/** The row of an episode of care. */
export function relationshipRow(serial: number, episode: Episode): Row {
  const { care } = episode.organisation.feed;
  return {
    relationship_id: `care-${String(serial).padStart(8, '0')}`,
    patient_id: episode.patient.patient_id,
    organisation_code: episode.organisation.code,
    kind: episode.kind,
    starts_at: formatInstant(episode.starts_at, 'utc_s'),
    ends_at: episode.ends_at === undefined ? undefined : formatInstant(episode.ends_at, 'utc_s'),
    staff_id: care === 'staff_and_team' ? episode.named?.staff_id : undefined,
    team: care === 'organisation' ? undefined : episode.team,
    related_organisation_code: episode.related?.code,
  };
}

/** Registrations that are told as relationships, by practices whose lists carry no code. */
export function* registrationRows(people: readonly Person[], known_since: number): Generator<Row> {
  for (const person of people) {
    if (person.registration !== 'relationship' || person.practice === undefined) continue;
    // People stay with a practice for years; babies are registered when they are born.
    const years = (Number(person.patient_id.slice(3, 9)) % 12) + 1;
    const since = Math.max(person.born, Math.min(known_since, known_since - years * 365));
    yield {
      relationship_id: `registration-${person.patient_id}`,
      patient_id: person.patient_id,
      organisation_code: person.practice.code,
      kind: 'registration',
      starts_at: `${dateText(since)}T00:00:00Z`,
    };
  }
}

export function rosterRow(post: Post, shift: Shift): Row {
  return {
    staff_id_system: post.staff_id_system,
    staff_id: post.staff_id,
    organisation_code: post.organisation.code,
    starts_at: formatInstant(shift.starts_at, 'offset_s'),
    ends_at: formatInstant(shift.ends_at, 'offset_s'),
  };
}

function organisationRow(organisation: Organisation): Row {
  const { code, name, type, area, parent_code, latitude, longitude } = organisation;
  return {
    organisation_code: code,
    name,
    type,
    area_code: areaAt(area).area_code,
    parent_code,
    latitude,
    longitude,
  };
}

function* staffRows(posts: readonly Post[]): Generator<Row> {
  for (const post of posts) {
    if (post.kind === 'system') continue;
    const known = post.has_details ? post.employee : undefined;
    yield {
      staff_id_system: post.staff_id_system,
      staff_id: post.staff_id,
      organisation_code: post.organisation.code,
      name:
        post.employee === undefined
          ? post.role.role_name
          : `${post.employee.initial} ${post.employee.surname}`,
      surname: post.employee?.surname,
      role_code: post.organisation.feed.roles === 'names' ? undefined : post.role.role_code,
      role_name: post.organisation.feed.roles === 'codes' ? undefined : post.role.role_name,
      team: post.team,
      nhs_number: known?.nhs_number,
      date_of_birth: known?.home === undefined ? undefined : dateText(known.home.born),
      address_key: known?.home?.address_key,
      postcode: known?.home?.postcode,
      manager_staff_id: post.manager_staff_id,
      starts_on:
        post.employee?.starts_on === undefined ? undefined : dateText(post.employee.starts_on),
      ends_on: post.employee?.ends_on === undefined ? undefined : dateText(post.employee.ends_on),
    };
  }
}

function* identityRows(posts: readonly Post[]): Generator<Row> {
  for (const { staff_id_system, staff_id, person_key, kind } of posts) {
    if (person_key !== undefined)
      yield { staff_id_system: staff_id_system ?? DEFAULT_IDS, staff_id, person_key, kind };
  }
}

function* patientRows({ population }: World): Generator<Row> {
  for (const person of population.people) yield patientRow(person, person.address);
}

/**
 * The rows of an earlier extract of the register, in which those who have moved since stand where they lived then. Whoever
 * stayed is in it, too: that two shared a home is known only where both were told to live there at one time.
 */
export function* earlierPatientRows({ population }: World): Generator<Row> {
  for (const person of population.people)
    yield patientRow(person, person.former_address ?? person.address);
}

function patientRow(person: Person, address: Address): Row {
  const isPlaced = address.address_key !== undefined && address.is_placed;
  return {
    patient_id: person.patient_id,
    surname: person.surname,
    date_of_birth: dateText(person.born),
    sex: person.sex,
    gp_practice_code: person.registration === 'field' ? person.practice?.code : undefined,
    area_code: person.is_area_known ? areaAt(person.area).area_code : undefined,
    address_key: address.address_key,
    postcode: isPlaced ? address.postcode : undefined,
    latitude: isPlaced ? address.latitude : undefined,
    longitude: isPlaced ? address.longitude : undefined,
    died_on: person.died === undefined ? undefined : dateText(person.died),
    flags: person.flags.length === 0 ? undefined : person.flags,
  };
}

/** How well the feed of each organisation with staff tells of its care; for the evaluation alone. */
export function* coverageRows({ organisations, coverage }: World): Generator<Row> {
  for (const organisation of organisations) {
    if (organisation.headcount === 0) continue;
    const kinds = careKindsOf(organisation.type).map((kind) => [
      kind,
      coverage.of(organisation, kind),
    ]);
    yield {
      organisation_code: organisation.code,
      is_well_kept: coverage.isWellKept(organisation),
      kinds: Object.fromEntries(kinds) as Record<string, number>,
    };
  }
}

function* objectionRows(random: Random, { population, first_day }: World): Generator<Row> {
  for (const { patient_id, objects_to } of population.people) {
    if (objects_to === undefined) continue;
    const starts_on = dateText(first_day - random.between(20, 900));
    yield { patient_id, organisation_code: objects_to.code, starts_on, upheld: random.chance(0.9) };
  }
}

function* tieRows(random: Random, posts: readonly Post[]): Generator<Row> {
  for (const post of posts) {
    const tie = random.chance(0.03) ? tieOf(random, post) : undefined;
    if (tie === undefined) continue;
    const { staff_id, staff_id_system } = post;
    yield { staff_id_system, staff_id, patient_id: tie.patient_id, relation: tie.relation };
  }
}
