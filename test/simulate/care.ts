// Owns ordinary care: whom a member of staff comes to look at, and the relationship that explains it.

import { AREAS } from './geography.ts';
import { type CareKind, COURSE_DAYS, type Episode, beginEpisode, careKindFor } from './episodes.ts';
import { DAY_MS } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Person, Population } from './people.ts';
import type { Random } from './random.ts';
import type { Post } from './staff.ts';
import { isTied } from './ties.ts';

/** A reason to look at someone. */
export interface Encounter {
  patient: Person;
  /** Whether anything in the reference data explains the look. */
  is_explained: boolean;
}

export interface Care {
  /** Whom this member of staff comes to at this instant; undefined where nobody suitable was found. */
  meet(random: Random, post: Post, at: number): Encounter | undefined;
  /** Begins a recorded episode of a given patient, as a planned encounter needs. */
  begin(random: Random, post: Post, patient: Person, kind: CareKind, at: number): void;
  /** Forgets what was over before this instant, so that memory does not grow with the period. */
  tidy(at: number): void;
  /** An organisation's patient in care at this instant, for its nightly preloads. */
  inCare(random: Random, organisation: Organisation, at: number): Person | undefined;
}

export interface CareSettings {
  population: Population;
  organisations: readonly Organisation[];
  /** Share of episodes that the feeds miss. */
  missed_share: number;
  /** Receives each episode that the feeds do record. */
  record: (episode: Episode) => void;
  /** UTC milliseconds after which nothing is known yet. */
  end: number;
}

const ATTEMPTS = 6;
/** Accesses for which nothing was ever going to be recorded: a wrong patient, a call passed on. */
const UNRECORDED_SHARE = 0.02;
const NEW_SHARE = 0.55;

export function createCare(settings: CareSettings): Care {
  const { population, missed_share } = settings;
  const underWay = new Map<Organisation, Episode[]>();
  const receiving = AREAS.map((area) =>
    settings.organisations.filter((item) => item.type === 'acute' && item.area === area.index),
  );

  const careHomes = AREAS.map((area) =>
    population.care_homes.filter((home) => home.area === area.index),
  );

  function start(
    random: Random,
    post: Post,
    patient: Person,
    kind: CareKind,
    at: number,
    is_recorded: boolean,
  ): Episode {
    const episode = beginEpisode(random, post, patient, kind, at, is_recorded);
    const hospitals = receiving[patient.area] ?? [];
    if (
      (kind === 'urgent_call' || kind === 'conveyance') &&
      hospitals.length > 0 &&
      random.chance(kind === 'conveyance' ? 1 : 0.25)
    ) {
      episode.related = random.pick(hospitals);
      arrive(random, episode, episode.related, at);
    }
    keep(episode);
    if (kind === 'admission') discharge(random, episode);
    return episode;
  }

  function keep(episode: Episode): void {
    if (episode.is_recorded && episode.starts_at < settings.end + 4 * DAY_MS)
      settings.record(episode);
    const list = underWay.get(episode.organisation);
    if (list === undefined) underWay.set(episode.organisation, [episode]);
    else list.push(episode);
  }

  /** A call or a conveyance that ends in an emergency department. */
  function arrive(random: Random, sent: Episode, hospital: Organisation, at: number): void {
    const starts_at = at + random.between(25, 90) * 60_000;
    keep({
      kind: 'emergency_attendance',
      patient: sent.patient,
      organisation: hospital,
      starts_at,
      ends_at: starts_at + random.between(2, 8) * 3_600_000,
      team: 'Emergency department',
      is_recorded: !random.chance(missed_share),
    });
  }

  /** Six admissions in ten end in a letter to the patient's practice, which then has cause to look. */
  function discharge(random: Random, admission: Episode): void {
    const { patient, ends_at } = admission;
    if (
      patient.practice === undefined ||
      ends_at === undefined ||
      ends_at > settings.end ||
      !random.chance(0.6)
    )
      return;
    const letter: Episode = {
      kind: 'document',
      patient,
      organisation: admission.organisation,
      related: patient.practice,
      starts_at: ends_at,
      is_recorded: !random.chance(missed_share),
    };
    if (letter.is_recorded) settings.record(letter);
    const list = underWay.get(patient.practice) ?? [];
    list.push(letter);
    underWay.set(patient.practice, list);
  }

  /** An episode under way, mostly a recent one, preferring the team's own. Drops those that are over. */
  function resume(
    random: Random,
    organisation: Organisation,
    team: string | undefined,
    at: number,
  ): Episode | undefined {
    const list = underWay.get(organisation) ?? [];
    for (let attempt = 0; attempt < ATTEMPTS && list.length > 0; attempt += 1) {
      const index = Math.floor(list.length * Math.sqrt(random.next()));
      const episode = list[index] as Episode;
      if (at > episode.starts_at + COURSE_DAYS[episode.kind] * DAY_MS) {
        list[index] = list.at(-1) as Episode;
        list.pop();
      } else if (
        at >= episode.starts_at - (episode.kind === 'appointment' ? 2 * DAY_MS : 0) &&
        (episode.team === team || random.chance(0.3))
      ) {
        return episode;
      }
    }
    return undefined;
  }

  function candidate(random: Random, organisation: Organisation, at: number): Person | undefined {
    const list =
      organisation.type === 'gp'
        ? population.by_practice.get(organisation)
        : population.by_area[areaOf(random, organisation)];
    const homes = careHomes[organisation.area] ?? [];
    const isVisit = organisation.type === 'community' && homes.length > 0 && random.chance(0.15);
    const pool = isVisit ? random.pick(homes).residents : list;
    if (pool === undefined || pool.length === 0) return undefined;
    // Older people need more care: of two people drawn, mostly the elder.
    const [one, other] = [random.pick(pool), random.pick(pool)];
    const chosen = one.born < other.born === random.chance(0.75) ? one : other;
    return chosen.died !== undefined && chosen.died * DAY_MS < at ? undefined : chosen;
  }

  return {
    meet(random, post, at) {
      const { organisation } = post;
      if (!random.chance(NEW_SHARE)) {
        const episode = resume(random, organisation, post.team, at);
        if (episode !== undefined && !isTied(post, episode.patient)) {
          return {
            patient: episode.patient,
            is_explained: episode.is_recorded || isRegistered(episode.patient, organisation),
          };
        }
      }
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const patient = candidate(random, organisation, at);
        if (patient === undefined || isTied(post, patient)) continue;
        // A practice's prescriptions and letters stand on the registration alone.
        const has_episode = !random.chance(organisation.type === 'gp' ? 0.35 : UNRECORDED_SHARE);
        const is_recorded = has_episode && !random.chance(missed_share);
        if (has_episode) start(random, post, patient, careKindFor(random, post), at, is_recorded);
        return { patient, is_explained: is_recorded || isRegistered(patient, organisation) };
      }
      return undefined;
    },
    begin(random, post, patient, kind, at) {
      start(random, post, patient, kind, at, true);
    },
    tidy(at) {
      for (const [organisation, list] of underWay) {
        underWay.set(
          organisation,
          list.filter((episode) => at <= episode.starts_at + COURSE_DAYS[episode.kind] * DAY_MS),
        );
      }
    },
    inCare: (random, organisation, at) => resume(random, organisation, undefined, at)?.patient,
  };
}

function isRegistered(patient: Person, organisation: Organisation): boolean {
  return patient.practice === organisation && patient.registration !== 'missing';
}

function areaOf(random: Random, organisation: Organisation): number {
  let drawn = random.next() * organisation.flows.reduce((sum, flow) => sum + flow, 0);
  for (const area of AREAS) {
    drawn -= organisation.flows[area.index] ?? 0;
    if (drawn < 0) return area.index;
  }
  return organisation.area;
}
