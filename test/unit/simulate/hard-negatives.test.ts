// Holds every kind of innocent look-alike to its innocent ground, proved from the written files.

import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '../../simulate/events.ts';
import type { LabelRow } from '../../simulate/labels.ts';
import { dayNumber, londonDay } from '../../simulate/london-time.ts';
import { type Knowledge, daysOf, learn, patientsInOrder, timeOf } from './knowledge.ts';
import { LONG, ORDINARY, isLook, runExchange } from './run.ts';

const runs = [runExchange(ORDINARY), runExchange(LONG)];
const worlds = runs.map((run) => ({ run, known: learn(run) }));

const KINDS =
  `alphabetical_clinic audit_with_task back_from_leave bank_staff busy_pharmacist care_home_visit delegated_task
  denied_own_record family_clinic famous_patient_in_care feed_that_misses_care follow_up_of_earlier_care hall_of_residence
  homeless_patient letters_after_death long_term_care major_incident medical_examiner namesake_in_care neighbour_in_care nhs111 night_on_call no_family_name
  own_trust_patient protected_address_in_care reception_and_clerks reception_search records_of_employment_lag safeguarding_override
  same_surname_not_kin second_session_on_virtual_desktop shared_house student_registered_elsewhere subject_access
  system_preload_of_own_record team_meeting tertiary_flow unmarked_prefetch visitor_emergency visitor_unrecorded`.split(
    /\s+/,
  );

type Ground = (row: LabelRow, events: AccessEvent[], known: Knowledge) => boolean;

const GROUNDS: Record<string, Ground> = {
  alphabetical_clinic: (_row, events, known) => {
    const names = patientsInOrder(events).map((id) => known.patient(id)['surname'] ?? '');
    return (
      names.length >= 6 && names.every((name, nth) => nth === 0 || name >= (names[nth - 1] ?? ''))
    );
  },
  audit_with_task: (row, events, known) =>
    patientsInOrder(events).length >= 20 && isAll(row, known, 'delegation'),
  subject_access: (row, events, known) =>
    daysOf(events).length >= 2 && isAll(row, known, 'delegation'),
  family_clinic: (row, events, known) =>
    patientsInOrder(events).length >= 2 &&
    new Set(events.map(({ patient_id }) => known.patient(patient_id)['address_key'])).size === 1 &&
    isAll(row, known, 'appointment'),
  famous_patient_in_care: (row, events, known) =>
    events.every(
      ({ patient_id }) => known.patient(patient_id)['flags']?.includes('watchlist') === true,
    ) && isAll(row, known),
  long_term_care: (row, events, known) =>
    daysOf(events).length >= 4 &&
    patientsInOrder(events).length === 1 &&
    isAll(row, known, 'caseload'),
  major_incident: (row, _events, known) => isAll(row, known, 'emergency_attendance'),
  team_meeting: (row, _events, known) => isAll(row, known, 'referral'),
  safeguarding_override: (row, events, known) =>
    events.every(({ override, reason = '' }) => override !== undefined && reason.length > 15) &&
    isAll(row, known),
  unmarked_prefetch: (row, events, known) =>
    events.every(({ trigger }) => trigger === undefined) &&
    events.length >= 11 &&
    timeOf(events[10] as AccessEvent) - timeOf(events[0] as AccessEvent) < 60_000 &&
    isAll(row, known, 'appointment'),
  second_session_on_virtual_desktop: (row, events, known) =>
    new Set(events.map(({ ip_address }) => ip_address)).size === 1 && isAll(row, known),
  medical_examiner: (_row, events, known) =>
    events.every((event) => {
      const died = dayNumber(known.patient(event.patient_id)['died_on'] ?? '1970-01-01');
      const days = londonDay(timeOf(event)) - died;
      return days >= 0 && days <= 30;
    }),
  neighbour_in_care: (row, events, known) =>
    events.every(
      ({ patient_id }) =>
        known.staffRow(row)['postcode'] === undefined ||
        known.patient(patient_id)['postcode'] === undefined ||
        known.patient(patient_id)['postcode'] === known.staffRow(row)['postcode'],
    ),
  no_family_name: (row, events, known) =>
    events.every(
      ({ patient_id }) => known.patient(patient_id)['surname'] === known.staffRow(row)['surname'],
    ),
  protected_address_in_care: (_row, events, known) =>
    events.every(({ patient_id }) =>
      known.patient(patient_id)['flags']?.includes('protected_address'),
    ),
  records_of_employment_lag: (row, events, known) => {
    const { starts_on, ends_on } = known.staffRow(row);
    return daysOf(events).every((day) => {
      const early = starts_on === undefined ? 0 : dayNumber(starts_on) - day;
      const late = ends_on === undefined ? 0 : day - dayNumber(ends_on);
      const days = Math.max(early, late);
      // A night shift reaches a day further.
      return days >= 0 && days <= 29;
    });
  },
  visitor_unrecorded: ({ organisation_code, patient_ids }, _events, known) =>
    patient_ids.every((id) => known.careOf(organisation_code, id).length === 0),
  reception_search: (row, _events, known) => isAll(row, known, 'appointment'),
  letters_after_death: (_row, events, known) =>
    events.every(({ patient_id }) => known.patient(patient_id)['died_on'] !== undefined),
  homeless_patient: (_row, events, known) =>
    events.every(({ patient_id }) => known.patient(patient_id)['address_key'] === undefined),
};

describe('the hard negatives', () => {
  it('are of every kind', () => {
    const kinds = new Set(
      runs.flatMap(({ hard_negatives }) => hard_negatives.map(({ scenario }) => scenario)),
    );
    expect([...kinds].sort()).toEqual(KINDS);
  });

  it.each(Object.entries(GROUNDS))('of the kind %s have their ground', (scenario, ground) => {
    const wrong = worlds.flatMap(({ known }) =>
      known.innocents(scenario).filter((row) => !ground(row, known.eventsOf(row), known)),
    );
    expect(wrong).toEqual([]);
  });

  it('are crowds about one patient in a meeting, and about several in an incident', () => {
    for (const [scenario, staff_min] of [
      ['team_meeting', 8],
      ['major_incident', 10],
    ] as const) {
      const crowds = worlds.flatMap(({ known }) => [
        ...Map.groupBy(known.innocents(scenario), (row) => row.organisation_code).values(),
      ]);
      expect(crowds.length).toBeGreaterThan(0);
      for (const crowd of crowds) expect(crowd.length).toBeGreaterThanOrEqual(staff_min);
    }
  });

  it('share no event with misuse', () => {
    for (const { truth, hard_negatives } of runs) {
      const misuse = new Set(truth.flatMap(({ event_ids }) => event_ids));
      expect(
        hard_negatives.flatMap(({ event_ids }) => event_ids.filter((id) => misuse.has(id))),
      ).toEqual([]);
    }
  });
});

describe('surroundings', () => {
  it('cover the care of some organisations in part or not at all, and of most nearly all', () => {
    const shares = worlds.flatMap(({ run }) => {
      const coverage = [...(run.files.get('coverage.ndjson') ?? '').trim().split('\n')].map(
        (line) => JSON.parse(line) as { kinds: Record<string, number> },
      );
      return coverage.map(({ kinds }) => Math.max(...Object.values(kinds)));
    });
    for (const share of [0, 0.5, 0.96]) expect(shares).toContain(share);
    const kept = shares.filter((share) => share === 0.96).length / shares.length;
    expect(kept).toBeGreaterThan(0.8);
  });

  it('differ from seed to seed in what feeds tell', () => {
    const habits = [1, 2, 3, 4, 5, 6].map((seed) => {
      const { events } = runExchange({ staff: 120, days: 7, seed, ends_on: '2026-09-30' });
      const looks = [...events.values()].filter(isLook);
      const share = (field: keyof AccessEvent): number =>
        looks.filter((event) => event[field] !== undefined).length / looks.length;
      return [looks.length / 840, share('section'), share('role_code'), share('ip_address')];
    });
    for (const nth of [0, 1, 2, 3]) {
      const values = habits.map((world) => world[nth] ?? 0);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.1);
    }
  });

  it('tell some relationships by team and staff, some by team, and some by organisation alone', () => {
    for (const { run } of worlds) {
      const care = run.reference('care_relationships').filter(({ kind }) => kind === 'caseload');
      const detail = new Set(
        care.map(
          ({ staff_id, team }) =>
            `${staff_id === undefined ? '' : 'staff'} ${team === undefined ? '' : 'team'}`,
        ),
      );
      expect([...detail].sort()).toEqual(expect.arrayContaining([' team', 'staff team']));
    }
  });
});

/** Whether care, of the kind if one is given, is recorded of every patient by the organisation. */
function isAll(
  { organisation_code, patient_ids }: LabelRow,
  known: Knowledge,
  kind?: string,
): boolean {
  return patient_ids.every((id) =>
    known.careOf(organisation_code, id).some((care) => kind === undefined || care['kind'] === kind),
  );
}
