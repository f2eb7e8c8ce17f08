// Owns one working day: who is at work, whom each looks at, and what was bound to happen.

import type { Care } from './care.ts';
import { careKindFor } from './episodes.ts';
import { type AccessEvent, type Opening, openRecord } from './events.ts';
import type { Labels } from './labels.ts';
import { londonInstant } from './london-time.ts';
import { lookAlikeScenario } from './look-alikes.ts';
import type { Organisation } from './organisations.ts';
import { type PlannedAccess, casesFor } from './plan.ts';
import { type Random, createRandom } from './random.ts';
import { indexRecords } from './record-index.ts';
import { type Shift, dayShift, drawShift, instantIn, instantOnDay } from './shifts.ts';
import type { Post } from './staff.ts';
import type { World } from './world.ts';

export interface WorkdaySettings {
  world: World;
  seed: number;
  planned: readonly PlannedAccess[];
  care: Care;
  labels: Labels;
  /** UTC milliseconds at which the period is over; a night shift may reach past it. */
  end: number;
  send: (organisation: Organisation, at: number, event: AccessEvent) => void;
  /** Receives each shift worked where there are rosters. */
  enrol: (post: Post, shift: Shift) => void;
}

/** An opening begun this shortly before the end of the period might run over it. */
const LONGEST_OPENING_MS = 1_800_000;

/** A function that lets one local day happen. Days must come in order. */
export function createWorkdays(settings: WorkdaySettings): (day: number) => void {
  const { world, seed, care, labels, end, send } = settings;
  const records = indexRecords(world);
  const plannedOn = Map.groupBy(settings.planned, (access) => access.day);
  const look_alikes_max = casesFor(world) * 3;

  function open(random: Random, opening: Omit<Opening, 'suppliers' | 'namesakes'>): string[] {
    const { patient, post, conduct } = opening;
    const shown = {
      ...opening,
      suppliers: records.suppliersOf(patient),
      namesakes: records.namesakesOf(patient),
    };
    const event_ids: string[] = [];
    for (const { at, event, is_look } of openRecord(random, shown)) {
      send(post.organisation, at, event);
      if (is_look || (conduct !== 'look' && event.action === 'view'))
        event_ids.push(event.event_id);
    }
    return event_ids;
  }

  function workShift(
    random: Random,
    post: Post,
    shift: Shift,
    day: number,
    session_id: string,
  ): void {
    const accesses = random.poisson(post.rate);
    for (let nth = 0; nth < accesses; nth += 1) {
      const at = instantIn(random, shift);
      if (at > end - LONGEST_OPENING_MS) continue;
      const encounter = care.meet(random, post, at);
      if (encounter === undefined) continue;
      const event_ids = open(random, { post, at, session_id, conduct: 'look', ...encounter });
      const isSettled = day - world.first_day > (world.last_day - world.first_day) / 2;
      const scenario = isSettled ? lookAlikeScenario(random, post, encounter) : undefined;
      if (scenario !== undefined && labels.count(scenario) < look_alikes_max) {
        labels.add('hard_negatives', scenario, post, encounter.patient.patient_id, event_ids);
      }
    }
  }

  function happen(random: Random, access: PlannedAccess, shift: Shift, session_id: string): void {
    const { post, patient, conduct, ledger, scenario } = access;
    const at = instantOnDay(random, shift);
    if (access.care !== undefined) {
      care.begin(
        random,
        post,
        patient,
        access.care === 'any' ? careKindFor(random, post) : access.care,
        at,
      );
    }
    const is_explained = access.care !== undefined;
    labels.add(
      ledger,
      scenario,
      post,
      patient.patient_id,
      open(random, { post, patient, at, session_id, conduct, is_explained }),
    );
  }

  /** Before the clinics of the day, the local system fetches the records of those in care. */
  function preload(random: Random, post: Post, day: number): void {
    const start = londonInstant(day, 270);
    const count = random.between(5, 20);
    const session_id = random.hex(20);
    for (let nth = 0; nth < count; nth += 1) {
      const at = start + nth * 20_000;
      const patient = care.inCare(random, post.organisation, at);
      if (patient !== undefined)
        open(random, { post, patient, at, session_id, conduct: 'preload', is_explained: true });
    }
  }

  return (day) => {
    const random = createRandom(seed, `day ${day}`);
    care.tidy(londonInstant(day));
    const bound = Map.groupBy(plannedOn.get(day) ?? [], (access) => access.post);
    for (const post of world.posts) {
      if (post.kind === 'system') {
        preload(random, post, day);
        continue;
      }
      const planned = bound.get(post) ?? [];
      const shift =
        drawShift(random, post, day) ?? (planned.length > 0 ? dayShift(random, day) : undefined);
      if (shift === undefined) continue;
      if (post.organisation.has_rosters && post.kind === 'person') settings.enrol(post, shift);
      const session_id = random.hex(20);
      workShift(random, post, shift, day, session_id);
      for (const access of planned) happen(random, access, shift, session_id);
    }
  };
}
