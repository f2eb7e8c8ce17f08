import { beforeEach, expect, it } from 'vitest';
import { runCycle } from '../../../analytics/cycle.ts';
import { loadDetectors } from '../../../analytics/detectors.ts';
import type { SqlClient } from '../../../sql/client.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { loadsInto, type Row } from './given.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
const staff: Row[] = [
  { staff_id: 's1', nhs_number: 'p1', address_key: 'home' },
  { staff_id: 's2', nhs_number: 'p2', address_key: 'far' },
];
const patients: Row[] = [
  { patient_id: 'p1', address_key: 'home' },
  { patient_id: 'p2', address_key: 'far' },
  { patient_id: 'p3', address_key: 'home' },
  { patient_id: 'p4', address_key: 'elsewhere' },
];
const live = loadDetectors().filter(({ mode }) => mode === 'live');

onEachEngine('live detectors', (engine) => {
  beforeEach(() => engine().truncate());

  const rows = <T>(text: string) => engine().client.rows<T>(parseStatement('t', text));
  const cycle = (client: SqlClient = engine().client) =>
    runCycle({ client, clock }, { is_settling: false, judges: ({ mode }) => mode === 'live' });
  const judging = async () =>
    (await cycle()).detectors.map(({ detector_id }) => detector_id).filter(mayPass);
  /** Of those that may pass a load over. */
  const mayPass = (id: string) => live.some((one) => one.id === id && one.candidates);
  const raised = async () =>
    (
      await rows<{ alert: string }>(
        `SELECT concat(detector_id, ' ', staff_id, ' ', patient_id, ' ', status) AS alert FROM alerts ORDER BY alert`,
      )
    ).map(({ alert }) => alert);

  it('pass over a load that can raise nothing, judge the next that can, and all after other data', async () => {
    const loads = loadsInto(engine().client);
    await loads.reference('staff', staff);
    await loads.reference('patients', patients);
    await loads.reference('patient_contacts', [{ patient_id: 'p7', contact_patient_id: 'p8' }]);
    await loads.events([{ event_id: 'e1', staff_id: 's1', patient_id: 'p4' }]);
    // A day that was never judged is judged whole.
    expect(await judging()).toContain('own_record');
    await loads.events([{ event_id: 'e2', staff_id: 's2', patient_id: 'p4' }]);
    expect(await judging()).toEqual([]);
    expect(await judging(), 'what was passed over is due again').toEqual([]);
    expect(
      await rows(`SELECT DISTINCT detector_id FROM judged_days WHERE run_id = '' ORDER BY ALL`),
    ).toHaveLength(live.filter(({ candidates }) => candidates).length);
    expect(await raised()).toEqual([]);

    await loads.events([{ event_id: 'e3', staff_id: 's1', patient_id: 'p1' }]);
    expect(await judging()).toEqual(['own_record']);
    expect(await raised()).toEqual(['own_record s1 p1 open']);
    await loads.events([{ event_id: 'e4', staff_id: 's1', patient_id: 'p3' }]);
    expect(await judging()).toContain('household');
    expect(await raised()).toEqual(['household s1 p3 open', 'own_record s1 p1 open']);

    // It takes the tie away that two alerts stand on.
    await loads.reference('staff', [{ staff_id: 's1', nhs_number: 'p9', address_key: 'moved' }]);
    await loads.events([{ event_id: 'e5', staff_id: 's2', patient_id: 'p4' }]);
    expect(await judging()).toContain('own_record');
    expect((await raised()).filter((alert) => alert.endsWith('open'))).not.toContain(
      'own_record s1 p1 open',
    );
  });

  it('judge what is loaded while a day is built, in the same cycle, and the day is built again', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.reference('staff', staff);
    await loads.reference('patients', patients);
    await loads.events([{ event_id: 'e1', staff_id: 's1', patient_id: 'p4' }]);
    let has_come = false;
    const interrupted: SqlClient = {
      ...client,
      insertSelect: async (statement, binds, options) => {
        await client.insertSelect(statement, binds, options);
        if (has_come || statement.name !== 'analytics/rollups/accesses.sql') return;
        has_come = true;
        await loads.events([{ event_id: 'e2', staff_id: 's1', patient_id: 'p1' }]);
        await loads.reference('patients', [{ patient_id: 'p4', address_key: 'home' }]);
      },
    };
    const options = { judges: ({ mode }: { mode: string }) => mode === 'live', live_every_ms: 0 };
    const { built_days, resting_days } = await runCycle(
      { client: interrupted, clock },
      { ...options, is_settling: false },
    );
    expect({ has_come, built_days, resting_days }).toEqual({
      has_come: true,
      built_days: 1,
      resting_days: 1,
    });
    expect(await raised()).toEqual(['household s1 p4 open', 'own_record s1 p1 open']);
    expect(await rows('SELECT patient_id FROM accesses')).toEqual([{ patient_id: 'p4' }]);
    expect(await runCycle({ client, clock }, { ...options, is_settling: true })).toMatchObject({
      built_days: 1,
      resting_days: 0,
    });
    expect(await rows('SELECT patient_id FROM accesses ORDER BY patient_id')).toEqual([
      { patient_id: 'p1' },
      { patient_id: 'p4' },
    ]);
  });
});
