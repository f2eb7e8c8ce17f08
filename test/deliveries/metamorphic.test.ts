import { beforeEach, expect, it } from 'vitest';
import { runCycle } from '../../analytics/cycle.ts';
import { detect } from '../../analytics/detect.ts';
import { isRun, loadDetectors } from '../../analytics/detectors.ts';
import { checkInvariants } from '../../analytics/invariants.ts';
import { fixedClock } from '../../sql/clock.ts';
import { parseStatement } from '../../sql/statement.ts';
import { canRunServer } from '../support/clickhouse-server.ts';
import { onEachEngine } from '../support/engines.ts';
import { loadsInto, type Row } from '../integration/analytics/given.ts';
import { makeWorld, seeded, shuffled } from '../integration/analytics/small-world.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
const world = makeWorld(20260302);
const datasets = Object.keys(world.reference);
const catalogue = loadDetectors().filter(isRun);
/** What the embedded engine makes of the world in order; the server has to make the same of it. */
let expected: unknown;

onEachEngine('the same world', (engine, kind) => {
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
  /**
   * Judges what there is by one share of the catalogue, dealt one detector at a time. A judgement of all costs the
   * planning of all, however little there is; with as many shares as moments, each detector judged too early once.
   */
  const between = async (share: number, shares: number) => {
    const { detectors } = await runCycle(
      { client: engine().client, clock },
      { is_settling: true, judges: (one) => catalogue.indexOf(one) % shares === share },
    );
    expect(detectors.filter(({ status }) => status === 'failed')).toEqual([]);
  };
  /** As the service does while events stream in: live detectors at once, days that were just built left to rest. */
  const streaming = () =>
    runCycle(
      { client: engine().client, clock },
      { is_settling: false, judges: ({ mode }) => mode === 'live' },
    );

  if (kind === 'embedded') {
    it('makes alerts of every detector when it comes in order', async () => {
      const loads = loadsInto(engine().client);
      for (const dataset of datasets)
        await loads.reference(dataset, world.reference[dataset] ?? []);
      for (const rows of world.days) await loads.events(rows);
      const all = await judged();
      expect([...new Set(all.alerts.map(({ detector_id }) => detector_id))]).toEqual(
        expect.arrayContaining(['own_record', 'household', 'out_of_area', 'no_link']),
      );
      expected = all;
    });
  }

  // On the server where there is one: that holds the two engines to the same alerts as well.
  if (kind === 'server' || !canRunServer()) {
    it('makes the same alerts when its events come shuffled, judged after each load', async () => {
      const random = seeded(1);
      const loads = loadsInto(engine().client);
      for (const dataset of datasets)
        await loads.reference(dataset, world.reference[dataset] ?? []);
      const events = shuffled(random, world.days.flat());
      const third = Math.ceil(events.length / 3);
      for (const part of [0, 1, 2]) {
        await loads.events(events.slice(part * third, (part + 1) * third));
        if (part < 2) await between(part, 2);
      }
      expect(await judged()).toEqual(expected);
    });
  }

  // What follows is the same code and the same arithmetic on both engines, and every judgement takes seconds.
  if (kind === 'server') return;

  it('makes the same alerts when the events come before reference data that is wrong at first, and then comes twice in another order', async () => {
    const loads = loadsInto(engine().client);
    const wrong: Record<string, Row> = {
      patients: { address_key: 'one-address', area_code: 'north', flags: [] },
      staff: { nhs_number: 'p1', address_key: 'one-address' },
      care_relationships: { patient_id: 'p130', organisation_code: 'ORG2' },
    };
    for (const rows of world.days) await loads.events(rows);
    await between(0, 2);
    for (const dataset of datasets) {
      await loads.reference(
        dataset,
        (world.reference[dataset] ?? []).map((row) => ({ ...row, ...wrong[dataset] })),
      );
    }
    // Now by all: whatever one of them made of the wrong rows has to go.
    expect(await detect({ client: engine().client, clock })).toMatchObject({ failed: [] });
    for (const [index, dataset] of shuffled(seeded(2), datasets).entries()) {
      // At once, and not at the end: a second round would have all days judged again, whatever the first forgot.
      for (let twice = 0; twice < 2; twice++)
        await loads.reference(dataset, shuffled(seeded(3), world.reference[dataset] ?? []));
      await between(index, datasets.length);
    }
    expect(await judged()).toEqual(expected);
  });

  it('makes the same alerts when its first day comes last, each in halves, and reference data is corrected while events rest unbuilt', async () => {
    const loads = loadsInto(engine().client);
    for (const [dataset, rows] of Object.entries(world.reference)) {
      await loads.reference(
        dataset,
        dataset === 'staff'
          ? rows.map((row) => ({ ...row, address_key: '', nhs_number: '' }))
          : rows,
      );
    }
    for (const [index, rows] of [...world.days].reverse().entries()) {
      // Before the first day comes, so that nothing but that day itself has the others judged again.
      if (index === world.days.length - 1) {
        await loads.reference('staff', world.reference.staff ?? []);
        await streaming();
      }
      const half = Math.ceil(rows.length / 2);
      await loads.events(rows.slice(0, half));
      await streaming();
      await loads.events(rows.slice(half));
      // The day was built this very moment, so its second half is judged by live detectors, and not built.
      expect(await streaming()).toMatchObject({ resting_days: index + 1 });
    }
    expect(await judged()).toEqual(expected);
  });
});
