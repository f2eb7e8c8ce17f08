// Holds every kind of misuse to what its name says, proved from the written files.

import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '../../simulate/events.ts';
import type { LabelRow } from '../../simulate/labels.ts';
import { dayNumber, londonDay } from '../../simulate/london-time.ts';
import { type Knowledge, daysOf, learn, patientsInOrder, timeOf } from './knowledge.ts';
import { LONG, ORDINARY, isLook, runExchange } from './run.ts';

const MINUTE_MS = 60_000;
const runs = [runExchange(ORDINARY), runExchange(LONG)];
const worlds = runs.map((run) => ({ run, known: learn(run) }));

const KINDS =
  `break_glass_rate colleague deceased demographics_only dormant enumeration fixation former_tie household leaver
  long_day name_search neighbour next_of_kin off_shift out_of_area override own_record protected_view rapid_browsing
  record_surge secondary_use sensitive_section shared_surname slow_snooping target_skew two_places unreconciled_claim
  volume_self watchlist`.split(/\s+/);

/** What must hold of each case of a scenario: its row, its events in order, and what the files tell. */
type Proof = (row: LabelRow, events: AccessEvent[], known: Knowledge) => boolean;

const PROOFS: Record<string, Proof> = {
  next_of_kin: (_row, events, known) =>
    events.every((event) => {
      const self = known.selfOf(event) ?? '';
      const [mine, theirs] = [known.patient(self), known.patient(event.patient_id)];
      return (
        known.areContacts(self, event.patient_id ?? '') &&
        mine['address_key'] !== theirs['address_key']
      );
    }),
  former_tie: (_row, events, known) =>
    events.every((event) => known.livedTogether(known.selfOf(event) ?? '', event.patient_id ?? '')),
  neighbour: (row, events, known) =>
    events.every(({ patient_id }) => {
      const [home, theirs] = [known.staffRow(row), known.patient(patient_id)];
      return (
        home['postcode'] === theirs['postcode'] && home['address_key'] !== theirs['address_key']
      );
    }),
  shared_surname: (row, events, known) =>
    patientsInOrder(events).length >= 5 &&
    events.every(
      ({ patient_id }) => known.patient(patient_id)['surname'] === known.staffRow(row)['surname'],
    ),
  protected_view: (row, events, known) => isFlagged(row, events, known, 'protected_address'),
  watchlist: (row, events, known) => isFlagged(row, events, known, 'watchlist'),
  deceased: (row, events, known) =>
    events.every((event) => {
      const died = dayNumber(known.patient(event.patient_id)['died_on'] ?? '2999-01-01');
      return (
        londonDay(timeOf(event)) >= died + 30 &&
        known.careOf(row.organisation_code, event.patient_id).length === 0
      );
    }),
  unreconciled_claim: (row, events, known) =>
    events.every(
      (event) => event.override === 'self_claimed' && !hasCareOf(row, event.patient_id, known),
    ),
  override: (row, events, known) =>
    events.every(
      ({ override, reason = '', patient_id }) =>
        (override === 'dissent' || override === 'sealed') &&
        reason.length < 5 &&
        !hasCareOf(row, patient_id, known),
    ),
  break_glass_rate: (_row, events) =>
    patientsInOrder(events).length >= 5 &&
    events.every(({ override }) => override === 'break_glass'),
  off_shift: (_row, events) =>
    events.every((event) => {
      const hour = Number(new Date(timeOf(event)).toISOString().slice(11, 13));
      return hour < 6;
    }),
  leaver: (row, events, known) => {
    const ends_on = dayNumber(known.staffRow(row)['ends_on'] ?? '2999-01-01');
    return daysOf(events).every((day) => day > ends_on + 1);
  },
  long_day: (_row, events) => timeOf(last(events)) - timeOf(first(events)) > 16 * 60 * MINUTE_MS,
  two_places: (_row, events) =>
    events.some((event, nth) => {
      const next = events[nth + 1];
      return (
        next !== undefined &&
        next.site_code !== event.site_code &&
        next.session_id !== event.session_id &&
        timeOf(next) - timeOf(event) < 30 * MINUTE_MS
      );
    }),
  volume_self: (_row, events) =>
    patientsInOrder(events).length >= 30 && daysOf(events).length === 1,
  fixation: (row, events, known) =>
    daysOf(events).length >= 4 &&
    last(daysOf(events)) - first(daysOf(events)) < 30 &&
    patientsInOrder(events).length === 1 &&
    !hasCareOf(row, events[0]?.patient_id, known),
  enumeration: (_row, events, known) => {
    const ids = patientsInOrder(events);
    const orders = [
      ids,
      ids.map((id) => known.patient(id)['surname'] ?? ''),
      ids.map((id) => known.patient(id)['postcode'] ?? ''),
    ];
    return (
      ids.length >= 6 &&
      orders.some((keys) => keys.every((key, nth) => nth === 0 || key >= (keys[nth - 1] ?? '')))
    );
  },
  rapid_browsing: (_row, events) =>
    mostWithin(events, MINUTE_MS) > 10 || mostWithin(events, 10 * MINUTE_MS) > 60,
  demographics_only: (_row, events) =>
    patientsInOrder(events).length >= 15 &&
    events.every(({ section }) => section === 'demographics'),
  target_skew: (_row, events, known) =>
    patientsInOrder(events).length >= 15 &&
    patientsInOrder(events).every((id) => {
      const { sex, date_of_birth = '' } = known.patient(id);
      return sex === 'female' && date_of_birth > '1994' && date_of_birth < '2011';
    }),
  sensitive_section: (row, events, known) =>
    events.every(
      ({ section = '', patient_id }) =>
        ['mental_health', 'social_care', 'safeguarding'].includes(section) &&
        !hasCareOf(row, patient_id, known),
    ),
  secondary_use: (row, events, known) =>
    patientsInOrder(events).length >= 20 &&
    last(daysOf(events)) - first(daysOf(events)) < 7 &&
    patientsInOrder(events).every((id) => !hasCareOf(row, id, known)),
  slow_snooping: (row, events, known) =>
    daysOf(events).length >= 4 &&
    patientsInOrder(events).length === daysOf(events).length &&
    patientsInOrder(events).every((id) => !hasCareOf(row, id, known)),
};

describe('misuse', () => {
  it('is of every kind', () => {
    const kinds = new Set(runs.flatMap(({ truth }) => truth.map(({ scenario }) => scenario)));
    expect([...kinds].sort()).toEqual(KINDS);
  });

  it.each(Object.entries(PROOFS))('of the kind %s is what its name says', (scenario, proof) => {
    const wrong = worlds.flatMap(({ known }) =>
      known.cases(scenario).filter((row) => !proof(row, known.eventsOf(row), known)),
    );
    expect(wrong).toEqual([]);
  });

  it('of a colleague is of somebody in the same organisation', () => {
    for (const { run, known } of worlds) {
      const selves = new Set(
        run.reference('staff').map((row) => {
          const of = { staff_id: row['staff_id'], organisation_code: row['organisation_code'] };
          return `${row['organisation_code']} ${known.selfOf(of as AccessEvent)}`;
        }),
      );
      const wrong = known
        .cases('colleague')
        .filter((row) =>
          row.patient_ids.some((id) => !selves.has(`${row.organisation_code} ${id}`)),
        );
      expect(wrong).toEqual([]);
    }
  });

  it('in a surge on one record is of ten people or more within a day', () => {
    const surges = worlds.flatMap(({ known }) => [
      ...Map.groupBy(
        known.cases('record_surge').map((row) => ({ row, events: known.eventsOf(row) })),
        ({ row }) => row.patient_ids[0],
      ).values(),
    ]);
    expect(surges.length).toBeGreaterThan(0);
    for (const surge of surges) {
      expect(surge.length).toBeGreaterThanOrEqual(10);
      const times = surge.flatMap(({ events }) => events.map(timeOf));
      expect(Math.max(...times) - Math.min(...times)).toBeLessThan(24 * 60 * MINUTE_MS);
    }
  });

  it('of an account that lay dormant follows ninety days of silence', () => {
    for (const { run, known } of worlds) {
      for (const row of known.cases('dormant')) {
        const begun = timeOf(first(known.eventsOf(row)));
        const before = [...run.events.values()].filter(
          (event) =>
            event.staff_id === row.staff_id &&
            event.organisation_code === row.organisation_code &&
            timeOf(event) < begun - 24 * 60 * MINUTE_MS,
        );
        const silence = begun - Math.max(...before.map(timeOf));
        expect(silence / (24 * 60 * MINUTE_MS)).toBeGreaterThan(89);
      }
    }
  });

  it('by a name searched for follows three searches or more', () => {
    for (const { run, known } of worlds) {
      for (const row of known.cases('name_search')) {
        const names = new Set(row.patient_ids.map((id) => known.patient(id)['surname'] ?? ''));
        const begun = timeOf(first(known.eventsOf(row)));
        const searches = [...run.events.values()].filter(
          (event) =>
            event.action === 'search' &&
            event.staff_id === row.staff_id &&
            [...names].some((name) => event.search_terms?.startsWith(name) === true) &&
            Math.abs(timeOf(event) - begun) < 60 * MINUTE_MS,
        );
        expect(searches.length).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it('is committed by nobody in two scenarios, and no event belongs to two', () => {
    for (const { truth } of runs) {
      const scenarios = Map.groupBy(truth, (row) => `${row.organisation_code} ${row.staff_id}`);
      expect([...scenarios.values()].filter((rows) => rows.length > 1)).toEqual([]);
      const ids = truth.flatMap(({ event_ids }) => event_ids);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('happens inside, where the organisation treats the patient, as well as outside', () => {
    const linked = worlds.flatMap(({ known }) =>
      ['own_record', 'household', 'colleague', 'neighbour', 'fixation', 'target_skew'].flatMap(
        (scenario) =>
          known
            .cases(scenario)
            .flatMap((row) =>
              row.patient_ids.map((id) => known.careOf(row.organisation_code, id).length > 0),
            ),
      ),
    );
    expect(linked).toContain(true);
    expect(linked).toContain(false);
  });
});

describe('ordinary care', () => {
  it('never brings anyone to their kin or to a former household', () => {
    for (const { run, known } of worlds) {
      const labelled = new Set(run.truth.flatMap(({ event_ids }) => event_ids));
      const wrong = [...run.events.values()].filter((event) => {
        if (!isLook(event) || labelled.has(event.event_id)) return false;
        const [self, other] = [known.selfOf(event), event.patient_id];
        if (self === undefined || other === undefined) return false;
        return known.areContacts(self, other) || known.livedTogether(self, other);
      });
      expect(wrong).toEqual([]);
    }
  });
});

/** Whether care is recorded in the hands of who looks, or of their team. */
function hasCareOf(row: LabelRow, patient_id: string | undefined, known: Knowledge): boolean {
  const { team } = known.staffRow(row);
  return known
    .careOf(row.organisation_code, patient_id)
    .some(
      (care) => care['staff_id'] === row.staff_id || (team !== undefined && care['team'] === team),
    );
}

function isFlagged(
  row: LabelRow,
  events: readonly AccessEvent[],
  known: Knowledge,
  flag: string,
): boolean {
  return events.every(
    ({ patient_id }) =>
      known.patient(patient_id)['flags']?.includes(flag) === true &&
      !hasCareOf(row, patient_id, known),
  );
}

/** The most patients that were looked at within a time. */
function mostWithin(events: readonly AccessEvent[], length_ms: number): number {
  return Math.max(
    ...events.map((event) => {
      const begun = timeOf(event);
      const within = events.filter(
        (other) => timeOf(other) >= begun && timeOf(other) < begun + length_ms,
      );
      return patientsInOrder(within).length;
    }),
  );
}

function first<T>(items: readonly T[]): T {
  return items[0] as T;
}

function last<T>(items: readonly T[]): T {
  return items.at(-1) as T;
}
