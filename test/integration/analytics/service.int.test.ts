import { afterEach, beforeEach, expect, it } from 'vitest';
import { detect } from '../../../analytics/detect.ts';
import { checkInvariants } from '../../../analytics/invariants.ts';
import { startAnalytics, type Analytics } from '../../../analytics/service.ts';
import { system_clock } from '../../../sql/clock.ts';
import { createLogger } from '../../../sql/log.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { loadsInto, type Row } from './given.ts';

const clock = system_clock;
const catchment: Record<string, Row[]> = {
  organisations: [{ organisation_code: 'ORG1', type: 'gp', area_code: 'north' }],
  patients: [
    ...Array.from({ length: 100 }, (_, i) => ({
      patient_id: `local-${i}`,
      area_code: 'north',
      gp_practice_code: 'ORG1',
    })),
    { patient_id: 'stranger', area_code: 'south' },
  ],
  care_relationships: [{ relationship_id: 'r0', patient_id: 'nobody' }],
};
const usual = Array.from({ length: 100 }, (_, i) => ({
  staff_id: 'usual',
  patient_id: `local-${i}`,
  occurred_at: '2026-03-01T12:00:00Z',
}));

onEachEngine('the analytics service', (engine, kind) => {
  let analytics: Analytics | undefined;
  let log: string[] = [];

  beforeEach(() => engine().truncate());
  afterEach(async () => {
    await analytics?.close();
    analytics = undefined;
  });

  async function start(): Promise<void> {
    log = [];
    analytics = await startAnalytics({
      engine: engine().engine,
      clock,
      log: createLogger('info', { write: (line) => void log.push(line) }),
    });
  }
  const select = <T>(text: string) => engine().client.rows<T>(parseStatement('t', text));
  const change = (text: string) => engine().client.command(parseStatement('t', text));
  const alerts = () =>
    select<{ status: string }>(
      "SELECT detector_id, status, change_reason, version FROM alerts WHERE detector_id = 'out_of_area' ORDER BY alert_id",
    );
  async function loadCatchment() {
    const loads = loadsInto(engine().client);
    for (const [dataset, rows] of Object.entries(catchment)) await loads.reference(dataset, rows);
    return loads;
  }

  it('builds a day again, without a new load, when an insert into a roll-up failed', async () => {
    const loads = loadsInto(engine().client);
    await start();
    await analytics?.settled();
    await change('ALTER TABLE area_flow_builds ADD CONSTRAINT refused CHECK build = 0');
    try {
      await loads.events([{ patient_id: 'n1' }]);
      await expect
        .poll(() => log.join(''), { timeout: 60_000, interval: 20 })
        .toContain('a cycle failed');
      expect(await select('SELECT day FROM day_builds')).toEqual([]);
    } finally {
      await change('ALTER TABLE area_flow_builds DROP CONSTRAINT refused');
    }
    await expect
      .poll(() => select('SELECT patient_id FROM accesses'), { timeout: 60_000, interval: 50 })
      .toEqual([{ patient_id: 'n1' }]);
    expect(await checkInvariants(engine().client)).toEqual([]);
  });

  it('stops in the middle of a cycle, fails no detector by it, and goes on at the next start', async () => {
    const loads = await loadCatchment();
    await loads.events([...usual, { event_id: 'e1', patient_id: 'stranger' }]);
    const judged = () =>
      select<{ detector_id: string }>('SELECT DISTINCT detector_id FROM detector_runs');
    let closed: Promise<void> | undefined;
    log = [];
    const stopping = await startAnalytics({
      engine: engine().engine,
      clock,
      log: createLogger('info', { write: (line) => void log.push(line) }),
      on_progress: (line) => {
        if (line.startsWith('Judged')) closed ??= stopping.close();
      },
    });
    await expect.poll(() => closed !== undefined, { timeout: 60_000, interval: 5 }).toBe(true);
    await closed;
    const before = await judged();
    expect(log.join('')).not.toContain('failed');
    await start();
    await analytics?.settled();
    expect(before.length).toBeLessThan((await judged()).length);
    expect(await alerts()).toMatchObject([{ detector_id: 'out_of_area', status: 'open' }]);
    expect(await select("SELECT status FROM detector_runs WHERE status = 'failed'")).toEqual([]);
  });

  // What follows is about the schedule, which knows nothing of the engine, and every start judges by the whole catalogue.
  if (kind === 'server') return;

  it('lets a scheduled detector that failed judge again, without a new load, and withdraws its alert when a relationship explains it, before its time', async () => {
    const setParams = (params_version: number, params: string) =>
      engine().client.insert('detector_params', [
        { detector_id: 'out_of_area', params_version, organisation_code: '', params, set_at: 0 },
      ]);
    const loads = await loadCatchment();
    await loads.events([...usual, { event_id: 'e1', patient_id: 'stranger' }]);
    await setParams(1, '{"no_such":2}');
    await start();
    await expect
      .poll(() => select("SELECT status FROM detector_runs WHERE detector_id = 'out_of_area'"), {
        timeout: 60_000,
        interval: 20,
      })
      .toEqual([{ status: 'failed' }]);
    await setParams(2, '{}');
    await expect
      .poll(alerts, { timeout: 60_000, interval: 50 })
      .toMatchObject([{ detector_id: 'out_of_area', status: 'open', version: 1 }]);
    // Its cron comes every ten minutes; nobody calls settled() or detect from here on.
    await loads.reference('care_relationships', [
      { relationship_id: 'r1', patient_id: 'stranger' },
    ]);
    await expect.poll(alerts, { timeout: 60_000, interval: 20 }).toMatchObject([
      {
        status: 'withdrawn',
        version: 2,
        change_reason: 'A relationship now explains it (appointment).',
      },
    ]);
  });

  it('finds a roll-up that differs from its events, says which and not of whom, and builds it anew', async () => {
    const { client } = engine();
    const loads = await loadCatchment();
    await loads.events([...usual, { event_id: 'e1', patient_id: 'stranger' }]);
    await detect({ client, clock });
    const [wrong] = await select<{ build: string }>(
      "SELECT max(build) AS build FROM day_builds WHERE day = '2026-03-02'",
    );
    await client.insert('access_builds', [
      {
        build: wrong?.build,
        day: '2026-03-02',
        staff_id: 'ghost',
        organisation_code: 'ORG1',
        patient_id: 'haunted',
        events: 5,
      },
    ]);
    expect(await checkInvariants(client)).not.toEqual([]);
    await start();
    await expect
      .poll(() => checkInvariants(client), { timeout: 60_000, interval: 100 })
      .toEqual([]);
    expect(await select("SELECT staff_id FROM accesses WHERE day = '2026-03-02'")).toEqual([
      { staff_id: 's1' },
    ]);
    const errors = log.filter((line) => line.includes('ROLLUP_DIFFERS'));
    expect(errors).toHaveLength(1);
    expect(JSON.parse(errors[0] ?? '')).toMatchObject({
      level: 50,
      differences: expect.arrayContaining([{ day: '2026-03-02', figure: 'events on patients' }]),
    });
    expect(errors.join('')).not.toMatch(/ghost|haunted/);
    await expect
      .poll(() => select("SELECT name FROM analytics_marks WHERE name = 'invariants'"), {
        timeout: 60_000,
        interval: 50,
      })
      .toHaveLength(1);
    expect(await alerts()).toMatchObject([{ status: 'open', version: 1 }]);
  });
});
