import { beforeEach, expect, it } from 'vitest';
import { runCycle } from '../../../analytics/cycle.ts';
import { detect } from '../../../analytics/detect.ts';
import { checkInvariants } from '../../../analytics/invariants.ts';
import { addDays, fixedClock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { loadsInto, type Row } from './given.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
const world = makeWorld(20260302);
const datasets = Object.keys(world.reference);

onEachEngine('the same world', (engine) => {
  let expected: unknown;

  beforeEach(() => engine().truncate());

  async function judged() {
    expect(await detect({ client: engine().client, clock })).toMatchObject({ failed: [] });
    expect(await checkInvariants(engine().client)).toEqual([]);
    const unsaid = "SELECT alert_id FROM alert_versions WHERE version > 1 AND change_reason = ''";
    expect(await engine().client.rows(parseStatement('t', unsaid))).toEqual([]);
    const rows = <T>(text: string) => engine().client.rows<T>(parseStatement('t', text));
    return {
      alerts: await rows<{ detector_id: string }>(
        `SELECT alert_id, detector_id, staff_id, organisation_code, patient_id, day, first_at, last_at, event_ids, sources,
           score, severity, reason, facts
         FROM alerts WHERE status = 'open' ORDER BY alert_id`,
      ),
      explanations: await rows<{ explanation_id: string; evidence: string }>(
        `SELECT day, staff_id, organisation_code, patient_id, explanation_id, strength, evidence
         FROM access_explanations ORDER BY ALL`,
      ),
    };
  }
  const between = () => detect({ client: engine().client, clock });
  /** As the service does while events stream in: live detectors at once, days that were just built left to rest. */
  const streaming = () =>
    runCycle(
      { client: engine().client, clock },
      { is_settling: false, judges: ({ mode }) => mode === 'live' },
    );

  it('makes alerts of every detector when it comes in order', async () => {
    const loads = loadsInto(engine().client);
    for (const dataset of datasets) await loads.reference(dataset, world.reference[dataset] ?? []);
    for (const rows of world.days) await loads.events(rows);
    const all = await judged();
    const { alerts, explanations } = all;
    expect([...new Set(alerts.map(({ detector_id }) => detector_id))]).toEqual(
      expect.arrayContaining(['own_record', 'household', 'out_of_area', 'no_link']),
    );
    expect(new Set(explanations.map(({ explanation_id }) => explanation_id))).toEqual(
      new Set([
        'appointment',
        'caseload',
        'earlier_explained',
        'named_clinician',
        'registered_practice',
        'team_cluster',
      ]),
    );
    expected = all;
  });

  it('makes the same alerts when its events come shuffled, judged after each load', async () => {
    const random = seeded(1);
    const loads = loadsInto(engine().client);
    for (const dataset of datasets) await loads.reference(dataset, world.reference[dataset] ?? []);
    const events = shuffled(random, world.days.flat());
    const third = Math.ceil(events.length / 3);
    for (let from = 0; from < events.length; from += third) {
      await loads.events(events.slice(from, from + third));
      await between();
    }
    expect(await judged()).toEqual(expected);
  });

  it('makes the same alerts when its first day comes last', async () => {
    const loads = loadsInto(engine().client);
    for (const dataset of datasets) await loads.reference(dataset, world.reference[dataset] ?? []);
    for (const rows of [...world.days].reverse()) {
      await loads.events(rows);
      await streaming();
    }
    expect(await judged()).toEqual(expected);
  });

  it('makes the same alerts when the events come before the reference data, and that in another order', async () => {
    const loads = loadsInto(engine().client);
    for (const rows of world.days) await loads.events(rows);
    await between();
    for (const dataset of shuffled(seeded(2), datasets)) {
      await loads.reference(dataset, shuffled(seeded(3), world.reference[dataset] ?? []));
      await between();
    }
    expect(await judged()).toEqual(expected);
  });

  it('makes the same alerts when reference data comes twice, and wrong the first time', async () => {
    const loads = loadsInto(engine().client);
    const wrong: Record<string, Row> = {
      patients: { address_key: 'one-address', area_code: 'north', flags: [] },
      staff: { nhs_number: 'p1', address_key: 'one-address' },
      care_relationships: { patient_id: 'p130', organisation_code: 'ORG2' },
    };
    for (const dataset of datasets) {
      await loads.reference(
        dataset,
        (world.reference[dataset] ?? []).map((row) => ({ ...row, ...wrong[dataset] })),
      );
    }
    for (const rows of world.days) await loads.events(rows);
    await between();
    for (let twice = 0; twice < 2; twice++) {
      for (const dataset of datasets)
        await loads.reference(dataset, world.reference[dataset] ?? []);
      await streaming();
    }
    expect(await judged()).toEqual(expected);
  });

  it('makes the same alerts when reference data is corrected while events rest unbuilt', async () => {
    const loads = loadsInto(engine().client);
    for (const [dataset, rows] of Object.entries(world.reference)) {
      await loads.reference(
        dataset,
        dataset === 'staff'
          ? rows.map((row) => ({ ...row, address_key: '', nhs_number: '' }))
          : rows,
      );
    }
    for (const [index, rows] of world.days.entries()) {
      const half = Math.ceil(rows.length / 2);
      await loads.events(rows.slice(0, half));
      await streaming();
      await loads.events(rows.slice(half));
      // The day was built this very moment, so its second half is judged by live detectors, and not built.
      expect(await streaming()).toMatchObject({ resting_days: index + 1 });
    }
    await loads.reference('staff', world.reference.staff ?? []);
    await streaming();
    expect(await judged()).toEqual(expected);
  });
});

/**
 * A practice in the north and a hospital in the south, their staff with homes, and four days of care with some
 * misuse. The hospital's feed tells of a part of its care.
 */
function makeWorld(seed: number): { reference: Record<string, Row[]>; days: Row[][] } {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const patients = Array.from({ length: 180 }, (_, i) => ({
    patient_id: `p${i}`,
    surname: `Name${i % 7}`,
    date_of_birth: `19${50 + (i % 40)}-01-01`,
    address_key: `home-${Math.floor(i / 3)}`,
    area_code: i < 120 ? 'north' : 'south',
    gp_practice_code: i < 120 ? 'ORG1' : '',
    flags: i % 19 === 5 ? ['protected_address'] : [],
  }));
  const staff = Array.from({ length: 12 }, (_, i) => ({
    staff_id: `s${i}`,
    organisation_code: i < 8 ? 'ORG1' : 'ORG2',
    surname: `Name${i % 7}`,
    date_of_birth: `19${50 + (i % 40)}-01-01`,
    address_key: `home-${Math.floor(i / 3)}`,
    nhs_number: i % 3 === 0 ? '' : `p${i}`,
    team: `team-${i % 2}`,
  }));
  const days = Array.from({ length: 4 }, (_, index) => {
    const day = addDays('2026-03-27', index);
    return Array.from({ length: 180 }, (_event, i) => {
      const member = pick(staff);
      const patient = pick(
        i % 10 === 9
          ? patients
          : patients.filter(
              (one) => (one.gp_practice_code === 'ORG1') === (member.organisation_code === 'ORG1'),
            ),
      );
      return {
        event_id: `e-${index}-${i}`,
        source: pick(['a', 'b']),
        staff_id: member.staff_id,
        organisation_code: member.organisation_code,
        patient_id: i % 15 === 14 ? member.staff_id.replace('s', 'p') : patient.patient_id,
        occurred_at: `${day}T${String(8 + Math.floor(random() * 15)).padStart(2, '0')}:30:00Z`,
        trigger: random() < 0.1 ? 'system' : 'user',
      };
    });
  });
  return {
    reference: {
      areas: [
        { area_code: 'north', name: 'North' },
        { area_code: 'south', name: 'South' },
      ],
      organisations: [
        { organisation_code: 'ORG1', name: 'North Practice', type: 'gp', area_code: 'north' },
        { organisation_code: 'ORG2', name: 'South Hospital', type: 'acute', area_code: 'south' },
      ],
      staff,
      staff_identities: [
        { staff_id: 's1', person_key: 'one' },
        { staff_id: 's9', person_key: 'one' },
      ],
      patients,
      care_relationships: [
        {
          relationship_id: 'r1',
          patient_id: 'p150',
          organisation_code: 'ORG1',
          starts_at: '2026-03-28T10:00:00Z',
          team: 'team-1',
        },
        ...patients.slice(120).flatMap(({ patient_id }, i) =>
          i % 4 === 3
            ? []
            : [
                {
                  relationship_id: `care-${i}`,
                  patient_id,
                  organisation_code: 'ORG2',
                  kind: 'caseload',
                  starts_at: `2026-03-${27 + (i % 3)}T00:00:00Z`,
                  ends_at: `2026-03-${27 + (i % 3)}T10:00:00Z`,
                  staff_id: i % 2 === 0 ? `s${8 + (i % 4)}` : '',
                },
              ],
        ),
      ],
    },
    days,
  };
}

/** A small generator (mulberry32), so that a seed always makes the same world. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function shuffled<T>(random: () => number, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
