// Owns the run of the simulated exchange: a world is made, lives day by day, and is told in files.

import { type Carer, createCare } from './care.ts';
import { createDelivery } from './delivery.ts';
import { createCasting } from './casting.ts';
import { studentsOf } from './hard-negatives/afar.ts';
import { planHardNegatives } from './hard-negatives/plan.ts';
import { createLabels } from './labels.ts';
import { dayNumber, londonInstant } from './london-time.ts';
import { planMisuse } from './misuse/plan.ts';
import { type PlannedAccess, type RemotePair, casesFor, remotePairs } from './plan.ts';
import { createRandom } from './random.ts';
import {
  type Row,
  coverageRows,
  earlierPatientRows,
  referenceDatasets,
  registrationRows,
  relationshipRow,
  rosterRow,
} from './reference.ts';
import type { Person } from './people.ts';
import { createWorkdays } from './workday.ts';
import { type World, createWorld } from './world.ts';

export interface SimulationOptions {
  /** People at work, 20 to 50 000. There are 12 to 26 patients for each. */
  staff: number;
  /** Local days, 2 to 730. */
  days: number;
  /** Any whole number from 0 to 2^32 - 1. */
  seed: number;
  /** The last local day (YYYY-MM-DD). */
  ends_on: string;
  /** Share of relationships and registrations that a well-kept feed misses; 0.04 unless told. */
  missed_share?: number;
}

/** A piece of one file, to be appended to what came before of the same file. */
export interface Chunk {
  /** Path below the output directory, such as `reference/staff.ndjson`. */
  file: string;
  /** Whole lines, each with its line feed. */
  text: string;
  /** The number of lines in `text`. */
  rows: number;
  /** Days that are simulated so far; 0 while the world is described. */
  day: number;
}

const CHUNK_CHARACTERS = 1_000_000;

/**
 * The files of one run, in pieces of about a megabyte. Reference data known from the start comes
 * first, then each day's relationships, rosters and deliveries, then the labels. The same options
 * give the same bytes. Throws a RangeError for options out of range, before the first piece.
 */
export function* simulateExchange(options: SimulationOptions): Generator<Chunk> {
  const { staff, days, seed, missed_share } = options;
  checkOptions(options);
  const last_day = dayNumber(options.ends_on);
  const first_day = last_day - days + 1;
  const end = londonInstant(last_day + 1);
  const world = createWorld({ staff, seed, first_day, last_day, missed_share });
  // Planning comes before the first row is told, since it gives some patients a namesake's birthday.
  const planned = planAll(world, seed);

  yield* inChunks('earlier/reference/patients.ndjson', 0, earlierPatientRows(world));
  // Who moved had moved before the period begins, so that former ties are former ones all the time.
  yield asOf('earlier/reference', { patients: first_day - earlier_days });
  yield asOf('reference', { patients: first_day - 1 });
  for (const { dataset, rows } of referenceDatasets(world, seed))
    yield* inChunks(`reference/${dataset}.ndjson`, 0, rows);
  const registrations = registrationRows(world.population.people, first_day - 1);
  yield* inChunks('reference/care_relationships.ndjson', 0, registrations);

  let relationships: Row[] = [];
  let rosters: Row[] = [];
  let serial = 0;
  const labels = createLabels();
  const delivery = createDelivery(createRandom(seed, 'delivery'));
  const care = createCare({
    ...world,
    end,
    isKeptApart: keptApart(planned),
    record: (episode) => relationships.push(relationshipRow((serial += 1), episode)),
  });
  const work = createWorkdays({
    world,
    seed,
    planned,
    care,
    labels,
    end,
    send: (organisation, at, event) => delivery.accept(organisation, at, JSON.stringify(event)),
    enrol: (post, shift) => rosters.push(rosterRow(post, shift)),
  });
  care.warmUp(createRandom(seed, 'warm-up'), world.posts, londonInstant(first_day));
  for (let day = first_day; day <= last_day; day += 1) {
    work(day);
    const done = day - first_day + 1;
    yield* inChunks('reference/care_relationships.ndjson', done, relationships);
    yield* inChunks('reference/rosters.ndjson', done, rosters);
    relationships = [];
    rosters = [];
    const until = day === last_day ? Number.POSITIVE_INFINITY : londonInstant(day + 1);
    for (const { name, lines } of delivery.collect(until)) yield* linesInChunks(name, done, lines);
  }
  yield* inChunks('truth.ndjson', days, labels.rows('truth'));
  yield* inChunks('hard_negatives.ndjson', days, labels.rows('hard_negatives'));
  yield* inChunks('coverage.ndjson', days, coverageRows(world));
}

/**
 * Whom ordinary care must not bring together: those who are bound to meet otherwise, and whoever is
 * looked at without care with the whole team of who looks. Bank staff work for any team.
 */
function keptApart(planned: readonly PlannedAccess[]): (carer: Carer, patient: Person) => boolean {
  const apart = new Set<string>();
  for (const { post, patient, ledger } of planned) {
    apart.add(pairOf(post, patient));
    if (ledger === 'hard_negatives') continue;
    if (post.team !== undefined) apart.add(teamPairOf(post, patient));
    apart.add(`${post.organisation.code} ${patient.patient_id}`);
  }
  return (carer, patient) =>
    apart.has(pairOf(carer, patient)) ||
    (carer.team !== undefined && apart.has(teamPairOf(carer, patient))) ||
    (carer.is_bank && apart.has(`${carer.organisation.code} ${patient.patient_id}`));
}

function pairOf({ staff_id, organisation }: Carer, { patient_id }: Person): string {
  return `${organisation.code} ${staff_id} ${patient_id}`;
}

function teamPairOf({ team, organisation }: Carer, { patient_id }: Person): string {
  return `${organisation.code}, ${team}: ${patient_id}`;
}

function checkOptions({ staff, days, seed, missed_share = 0 }: SimulationOptions): void {
  const limits: [string, number, number, number][] = [
    ['staff', staff, 20, 50_000],
    ['days', days, 2, 730],
    ['seed', seed, 0, 4_294_967_295],
  ];
  for (const [name, value, low, high] of limits) {
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new RangeError(`${name} must be a whole number from ${low} to ${high}`);
    }
  }
  if (!(missed_share >= 0 && missed_share <= 1))
    throw new RangeError('missed_share must lie between 0 and 1');
}

function planAll(world: World, seed: number): PlannedAccess[] {
  const random = createRandom(seed, 'plan');
  const cases = Math.max(2, casesFor(world, 'out_of_area'));
  const pairs = remotePairs(random, world, Math.ceil(cases * 2.5));
  // Care of somebody from far away begins a flow, so that its pairs are kept apart from misuse.
  const innocent = new Set<RemotePair>([
    ...pairs
      .filter((pair) => studentsOf(world, pair).length > 0)
      .slice(0, Math.max(1, Math.floor(pairs.length / 8))),
    ...pairs
      .filter((pair) => pair.organisation.type === 'acute')
      .slice(0, Math.max(1, Math.floor(pairs.length / 8))),
  ]);
  const misused = pairs.filter((pair) => !innocent.has(pair));
  const casting = createCasting(random, world);
  return [...planMisuse(casting, misused), ...planHardNegatives(casting, [...innocent])];
}

/** How long before the period the earlier extract of the register was taken. */
const earlier_days = 90;

/** Of what day each extract of a folder is. */
function asOf(folder: string, days: Readonly<Record<string, number>>): Chunk {
  const instants = Object.entries(days).map(([dataset, day]) => [
    dataset,
    new Date(londonInstant(day)).toISOString(),
  ]);
  const text = `${JSON.stringify(Object.fromEntries(instants))}\n`;
  return { file: `${folder}/as_of.json`, text, rows: 0, day: 0 };
}

function* inChunks(file: string, day: number, rows: Iterable<object>): Generator<Chunk> {
  yield* linesInChunks(file, day, asLines(rows));
}

function* asLines(rows: Iterable<object>): Generator<string> {
  for (const row of rows) yield JSON.stringify(row);
}

function* linesInChunks(file: string, day: number, lines: Iterable<string>): Generator<Chunk> {
  let pending: string[] = [];
  let characters = 0;
  for (const line of lines) {
    pending.push(line);
    characters += line.length + 1;
    if (characters >= CHUNK_CHARACTERS) {
      yield { file, text: `${pending.join('\n')}\n`, rows: pending.length, day };
      pending = [];
      characters = 0;
    }
  }
  if (pending.length > 0)
    yield { file, text: `${pending.join('\n')}\n`, rows: pending.length, day };
}
