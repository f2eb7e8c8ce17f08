import { beforeEach, expect, it } from 'vitest';
import { createLoads, type Row } from '../../../analytics/case-data.ts';
import { runCycle } from '../../../analytics/cycle.ts';
import { detect } from '../../../analytics/detect.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
const on = (day: string) => `2026-03-${day}T12:00:00Z`;
/** A hundred patients of the organisation's own practice list, of three areas: by default all of the north. */
const locals = (areas: readonly string[] = ['north']) =>
  Array.from({ length: 100 }, (_, i) => ({
    patient_id: `local-${i}`,
    area_code: areas[i % areas.length],
    gp_practice_code: 'ORG1',
  }));
const usual = Array.from({ length: 99 }, (_, i) => ({
  staff_id: 'usual',
  patient_id: `local-${i}`,
  occurred_at: on('01'),
}));

onEachEngine('a day that looks back', (engine) => {
  beforeEach(() => engine().truncate());
  const select = <T>(text: string) => engine().client.rows<T>(parseStatement('t', text));
  const judge = () => detect({ client: engine().client, clock, detector: 'out_of_area' });

  async function begin(patients: readonly Row[], care: readonly Row[]) {
    const loads = createLoads(engine().client);
    await loads.reference('organisations', [
      { organisation_code: 'ORG1', type: 'acute', area_code: 'north' },
    ]);
    await loads.reference('staff', [
      { staff_id: 's1', team: 'blue' },
      { staff_id: 's2', team: 'blue' },
      { staff_id: 's3', team: 'green' },
    ]);
    await loads.reference('patients', patients);
    await loads.reference('care_relationships', care);
    return loads;
  }

  it('is built and judged anew when late events tell of earlier care by the same team, and no other day is', async () => {
    const loads = await begin(
      [...locals(), { patient_id: 'stranger', area_code: 'south' }],
      [
        {
          relationship_id: 'r1',
          patient_id: 'stranger',
          kind: 'caseload',
          starts_at: on('02'),
          ends_at: on('02'),
        },
      ],
    );
    await loads.events([...usual, { patient_id: 'local-99', occurred_at: on('01') }]);
    await loads.events([
      { staff_id: 's2', patient_id: 'stranger', occurred_at: on('20') },
      { staff_id: 's3', patient_id: 'stranger', occurred_at: on('21') },
      { staff_id: 's2', patient_id: 'local-1', occurred_at: on('22') },
    ]);
    expect(await judge()).toMatchObject({ raised: 2, built_days: 4 });

    await loads.events([{ staff_id: 's1', patient_id: 'stranger', occurred_at: on('02') }]);
    expect(await judge()).toMatchObject({ withdrawn: 1, built_days: 2 });
    expect(
      await select('SELECT staff_id, status, change_reason FROM alerts ORDER BY staff_id'),
    ).toMatchObject([
      {
        staff_id: 's2',
        status: 'withdrawn',
        change_reason: 'A relationship now explains it (earlier explained).',
      },
      { staff_id: 's3', status: 'open' },
    ]);
    expect(await judge()).toMatchObject({ built_days: 0 });

    // Another look on the same day says nothing new to a later one.
    await loads.events([{ staff_id: 's1', patient_id: 'stranger', occurred_at: on('02') }]);
    expect(await judge()).toMatchObject({ built_days: 1 });
  });

  it('is built anew when late events make its organisation a regional service for the area', async () => {
    const loads = await begin(
      [...locals(['north', 'south', 'east']), { patient_id: 'stranger', area_code: 'south' }],
      [],
    );
    await loads.events([...usual, { patient_id: 'stranger', occurred_at: on('20') }]);
    await loads.events([{ patient_id: 'nobody', occurred_at: on('21') }]);
    const regional = () =>
      select(
        "SELECT patient_id FROM access_explanations WHERE explanation_id = 'regional_service'",
      );
    expect(await judge()).toMatchObject({ built_days: 3 });
    expect(await regional()).toEqual([]);
    await loads.events([{ patient_id: 'local-99', occurred_at: on('01') }]);
    expect(await judge()).toMatchObject({ built_days: 2 });
    expect(await regional()).toEqual([{ patient_id: 'stranger' }]);
  });

  it('is not forgotten when the process dies after the earlier day was switched', async () => {
    const { client } = engine();
    const loads = await begin(locals(), []);
    await loads.events(usual.map((row) => ({ ...row, occurred_at: on('20') })));
    await judge();
    await client.insert('stale_days', [{ day: '2026-03-20', build: 7 }]);
    const cycle = () => runCycle({ client, clock }, { is_settling: true, judges: () => false });
    // Under the number that the crashed build had, and then once above it.
    await client.insert('access_builds', [{ build: 7, day: '2026-03-01', staff_id: 'ghost' }]);
    expect(await cycle()).toMatchObject({ built_days: 1 });
    expect(await cycle()).toMatchObject({ built_days: 0 });
  });
});
