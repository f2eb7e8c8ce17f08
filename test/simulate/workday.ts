// Owns one working day: who is at work, whom each looks at, and what was bound to happen.

import type { Care } from './care.ts';
import { careKindFor } from './episodes.ts';
import { type AccessEvent, type Opening, openRecord } from './events.ts';
import type { Labels } from './labels.ts';
import { DAY_MS, londonInstant } from './london-time.ts';
import { lookAlikeScenario } from './look-alikes.ts';
import type { Organisation } from './organisations.ts';
import { type PlannedAccess, casesFor } from './plan.ts';
import { type Random, createRandom } from './random.ts';
import { indexRecords } from './record-index.ts';
import {
  type Shift,
  dayShift,
  drawCall,
  drawShift,
  instantAt,
  instantIn,
  instantOnDay,
} from './shifts.ts';
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
/** Mean number of looks on a night on call. */
const CALLS = 1.6;

/** A function that lets one local day happen. Days must come in order. */
export function createWorkdays(settings: WorkdaySettings): (day: number) => void {
  const { world, seed, care, labels, end, send } = settings;
  const records = indexRecords(world);
  const plannedOn = Map.groupBy(settings.planned, (access) => access.day);
  const look_alikes_max = casesFor(world, 'own_record') * 3;

  function open(
    random: Random,
    opening: Omit<Opening, 'suppliers' | 'namesakes' | 'surroundings'>,
  ): string[] {
    const { patient, post, conduct } = opening;
    const shown = {
      ...opening,
      surroundings: world.surroundings,
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

  function work(
    random: Random,
    { post, shift, day, session_id }: { post: Post; shift: Shift; day: number; session_id: string },
    is_on_call = false,
  ): void {
    const accesses = random.poisson(is_on_call ? CALLS : post.rate);
    for (let nth = 0; nth < accesses; nth += 1) {
      const at = instantIn(random, shift);
      if (at > end - LONGEST_OPENING_MS) continue;
      const encounter = care.meet(random, post, at);
      if (encounter === undefined) continue;
      const event_ids = open(random, { post, at, session_id, conduct: 'look', ...encounter });
      const scenario =
        post.kind === 'person'
          ? lookAlikeScenario(random, world, post, encounter, { day, is_on_call })
          : undefined;
      if (scenario !== undefined && labels.count(scenario) < look_alikes_max)
        labels.add('hard_negatives', scenario, post, encounter.patient.patient_id, event_ids);
    }
  }

  function happen(
    random: Random,
    access: PlannedAccess,
    shift: Shift | undefined,
    session_id: string,
  ): void {
    const { post, patient, conduct, ledger, scenario, link, manner, after_s = 0 } = access;
    const at = after_s * 1000 + beginningOf(random, access, shift);
    if (at > end - LONGEST_OPENING_MS) return;
    let is_explained = false;
    if (access.care !== undefined) {
      is_explained = care.begin(random, {
        organisation: post.organisation,
        patient,
        kind: access.care === 'any' ? careKindFor(random, post) : access.care,
        at,
        post,
        is_certain: access.is_care_certain ?? true,
      });
    }
    if (link !== undefined)
      care.begin(random, {
        organisation: post.organisation,
        patient,
        kind: link.kind,
        at: at - link.days_before * DAY_MS,
        team: link.team,
        is_certain: false,
      });
    labels.add(
      ledger,
      scenario,
      post,
      patient.patient_id,
      open(random, { post, patient, at, session_id, conduct, is_explained, manner }),
    );
  }

  function beginningOf(random: Random, access: PlannedAccess, shift: Shift | undefined): number {
    // One of a row of accesses keeps its distance from the one before.
    const unevenness = access.after_s === undefined ? random.int(60_000) : 0;
    if (access.minute !== undefined || shift === undefined)
      return londonInstant(access.day, access.minute ?? 720) + unevenness;
    return access.part === undefined
      ? instantOnDay(random, shift)
      : instantAt(shift, access.part) + unevenness;
  }

  /** What was bound to happen, each in the shift's session or in one that it names. */
  function keep(
    random: Random,
    planned: readonly PlannedAccess[],
    shift: Shift | undefined,
    session_id: string,
  ): void {
    const sessions = new Map<string, string>();
    for (const access of planned) {
      let id = session_id;
      if (access.session !== undefined) {
        id = sessions.get(access.session) ?? random.hex(20);
        sessions.set(access.session, id);
      }
      happen(random, access, shift, id);
    }
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
      const isNeeded = planned.some((access) => access.is_off_duty !== true);
      const shift = drawShift(random, post, day) ?? (isNeeded ? dayShift(random, day) : undefined);
      if (shift !== undefined) {
        if (post.organisation.has_rosters && post.kind === 'person' && !post.is_bank)
          settings.enrol(post, shift);
        const session_id = random.hex(20);
        work(random, { post, shift, day, session_id });
        keep(random, planned, shift, session_id);
      } else if (planned.length > 0) {
        keep(random, planned, undefined, random.hex(20));
      }
      const call = drawCall(random, post, day);
      if (call !== undefined)
        work(random, { post, shift: call, day, session_id: random.hex(20) }, true);
    }
  };
}
