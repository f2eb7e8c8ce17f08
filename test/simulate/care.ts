// Owns ordinary care: whom a member of staff comes to look at, and the relationship that explains it.

import { createCandidates, isAlive } from './candidates.ts';
import { AREAS } from './geography.ts';
import type { Coverage } from './coverage.ts';
import {
  type CareKind,
  COURSE_DAYS,
  type Episode,
  type PlannedEpisode,
  beginAt,
  beginEpisode,
  careKindFor,
} from './episodes.ts';
import { DAY_MS } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Person, Population } from './people.ts';
import type { Random } from './random.ts';
import { type Post, WORKING_SHARE } from './staff.ts';
import type { Surroundings } from './surroundings.ts';
import { isTied } from './ties.ts';

/** Why a member of staff comes to look at someone. */
export type Ground =
  'course' | 'new_care' | 'registration' | 'task' | 'follow_up' | 'nothing_recorded';

/** A reason to look at someone. */
export interface Encounter {
  patient: Person;
  ground: Ground;
  /** Whether anything in the reference data explains the look. */
  is_explained: boolean;
}

export interface Care {
  /** Whom this member of staff comes to at this instant; undefined where nobody suitable was found. */
  meet(random: Random, post: Post, at: number): Encounter | undefined;
  /** Begins an episode of a given patient, and says whether it is recorded. */
  begin(random: Random, episode: PlannedEpisode): boolean;
  /** Lets care begin in the weeks before this instant, as it does everywhere at any time. */
  warmUp(random: Random, posts: readonly Post[], at: number): void;
  /** Forgets what was over before this instant, so that memory does not grow with the period. */
  tidy(at: number): void;
  /** An organisation's patient in care at this instant, for its nightly preloads. */
  inCare(random: Random, organisation: Organisation, at: number): Person | undefined;
}

/** Who would care for a patient: a member of staff, or whoever is on duty in a team. */
export type Carer = Pick<Post, 'organisation' | 'team' | 'is_bank'> & { staff_id?: string };

export interface CareSettings {
  population: Population;
  organisations: readonly Organisation[];
  surroundings: Surroundings;
  coverage: Coverage;
  /** Whether somebody, or their team, is bound to meet a patient otherwise, and not by chance. */
  isKeptApart: (carer: Carer, patient: Person) => boolean;
  /** Receives each episode that the feeds do record. */
  record: (episode: Episode) => void;
  /** UTC milliseconds after which nothing is known yet. */
  end: number;
}

const ATTEMPTS = 6;
/** Care that began in these many days before the period may still be under way. */
const WARM_UP_DAYS = 40;
/** Past episodes that each organisation remembers, for what is followed up weeks later. */
const REMEMBERED_MAX = 400;

export function createCare(settings: CareSettings): Care {
  const { population, surroundings, coverage } = settings;
  const underWay = new Map<Organisation, Episode[]>();
  const past = new Map<Organisation, Episode[]>();
  const candidates = createCandidates(population);
  const receiving = AREAS.map((area) =>
    settings.organisations.filter((item) => item.type === 'acute' && item.area === area.index),
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
    // Bank staff work for whichever team is short.
    if (post.is_bank && episode.team !== undefined)
      episode.team = post.role.teams[random.int(post.role.teams.length)] ?? episode.team;
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
    const team = 'Emergency department';
    if (settings.isKeptApart({ organisation: hospital, team, is_bank: false }, sent.patient))
      return;
    const starts_at = at + random.between(25, 90) * 60_000;
    keep({
      kind: 'emergency_attendance',
      patient: sent.patient,
      organisation: hospital,
      starts_at,
      ends_at: starts_at + random.between(2, 8) * 3_600_000,
      team,
      is_recorded: coverage.isRecorded(random, hospital, 'emergency_attendance'),
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
      is_recorded: coverage.isRecorded(random, admission.organisation, 'document'),
    };
    if (letter.is_recorded) settings.record(letter);
    const list = underWay.get(patient.practice);
    if (list === undefined) underWay.set(patient.practice, [letter]);
    else list.push(letter);
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
        (episode.team === team || random.chance(team === undefined ? 1 : 0.25))
      ) {
        return episode;
      }
    }
    return undefined;
  }

  /** Someone whom the same team cared for one to three months ago. */
  function remembered(
    random: Random,
    { organisation, team }: Post,
    at: number,
  ): Episode | undefined {
    const list = past.get(organisation) ?? [];
    for (let attempt = 0; attempt < ATTEMPTS && list.length > 0; attempt += 1) {
      const episode = random.pick(list);
      const days = (at - episode.starts_at) / DAY_MS;
      if (episode.team === team && days > 31 && days < 85) return episode;
    }
    return undefined;
  }

  /** Whose record a task is about: mostly a patient of the house, for medical examiners one who died. */
  function subject(random: Random, post: Post, at: number): Person | undefined {
    if (post.role.role_name === 'Medical examiner')
      return candidates.whoDied(random, post.organisation, at);
    const known =
      resume(random, post.organisation, undefined, at) ?? past.get(post.organisation)?.at(-1);
    return known !== undefined && random.chance(0.7)
      ? known.patient
      : candidates.draw(random, post.organisation, at);
  }

  function isSuitable(post: Post, patient: Person): boolean {
    return !isTied(post, patient) && !settings.isKeptApart(post, patient);
  }

  function meetForTask(random: Random, post: Post, at: number): Encounter | undefined {
    const patient = subject(random, post, at);
    if (patient === undefined || !isSuitable(post, patient)) return undefined;
    const is_recorded = coverage.isRecorded(random, post.organisation, 'delegation');
    start(random, post, patient, 'delegation', at, is_recorded);
    return { patient, ground: 'task', is_explained: is_recorded };
  }

  function meetAgain(random: Random, post: Post, at: number): Encounter | undefined {
    const { organisation } = post;
    const before = random.chance(surroundings.follow_up_share)
      ? remembered(random, post, at)
      : undefined;
    if (before !== undefined && isAlive(before.patient, at) && isSuitable(post, before.patient)) {
      const is_explained = isRegistered(before.patient, organisation);
      return { patient: before.patient, ground: 'follow_up', is_explained };
    }
    if (random.chance(surroundings.new_care_share)) return undefined;
    const episode = resume(random, organisation, post.is_bank ? undefined : post.team, at);
    if (episode === undefined || !isSuitable(post, episode.patient)) return undefined;
    const is_explained = episode.is_recorded || isRegistered(episode.patient, organisation);
    return { patient: episode.patient, ground: 'course', is_explained };
  }

  function meetAnew(random: Random, post: Post, at: number): Encounter | undefined {
    const { organisation } = post;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const patient = candidates.draw(random, organisation, at);
      if (patient === undefined || !isSuitable(post, patient)) continue;
      const is_registered = isRegistered(patient, organisation);
      // A practice's prescriptions and letters stand on the registration alone.
      const bare_share =
        organisation.type === 'gp'
          ? surroundings.registration_only_share
          : surroundings.unrecorded_share;
      if (random.chance(bare_share)) {
        const ground = organisation.type === 'gp' ? 'registration' : 'nothing_recorded';
        return { patient, ground, is_explained: is_registered };
      }
      const kind = careKindFor(random, post);
      const is_recorded = coverage.isRecorded(random, organisation, kind);
      start(random, post, patient, kind, at, is_recorded);
      return { patient, ground: 'new_care', is_explained: is_recorded || is_registered };
    }
    return undefined;
  }

  return {
    meet(random, post, at) {
      if (post.role.duty !== 'care') return meetForTask(random, post, at);
      return meetAgain(random, post, at) ?? meetAnew(random, post, at);
    },
    begin(random, { organisation, patient, kind, at, team, post, is_certain }) {
      const is_recorded = is_certain || coverage.isRecorded(random, organisation, kind);
      if (post !== undefined) start(random, post, patient, kind, at, is_recorded);
      else
        keep({
          ...beginAt(random, organisation, patient, kind, at, is_recorded),
          ...(team !== undefined && { team }),
        });
      return is_recorded;
    },
    warmUp(random, posts, at) {
      for (const post of posts) {
        if (post.kind !== 'person' || post.role.duty !== 'care') continue;
        const begun = random.poisson(
          post.rate * WORKING_SHARE[post.role.pattern] * WARM_UP_DAYS * surroundings.new_care_share,
        );
        for (let nth = 0; nth < begun; nth += 1)
          meetAnew(random, post, at - Math.floor(random.next() * WARM_UP_DAYS * DAY_MS));
      }
    },
    tidy(at) {
      for (const [organisation, list] of underWay) {
        const ended = past.get(organisation) ?? [];
        past.set(organisation, ended);
        const open: Episode[] = [];
        for (const episode of list) {
          if (at <= episode.starts_at + COURSE_DAYS[episode.kind] * DAY_MS) open.push(episode);
          else ended.push(episode);
        }
        underWay.set(organisation, open);
        if (ended.length > REMEMBERED_MAX) ended.splice(0, ended.length - REMEMBERED_MAX);
      }
    },
    inCare: (random, organisation, at) => resume(random, organisation, undefined, at)?.patient,
  };
}

function isRegistered(patient: Person, organisation: Organisation): boolean {
  return patient.practice === organisation && patient.registration !== 'missing';
}
