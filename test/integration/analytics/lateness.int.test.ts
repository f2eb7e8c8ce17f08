import { beforeEach, expect, it } from 'vitest';
import { runCycle } from '../../../analytics/cycle.ts';
import { detect } from '../../../analytics/detect.ts';
import { findDetector, loadDetectors } from '../../../analytics/detectors.ts';
import { checkInvariants } from '../../../analytics/invariants.ts';
import { deleteOldBuilds } from '../../../analytics/old-builds.ts';
import { startAnalytics } from '../../../analytics/service.ts';
import { fixedClock, system_clock } from '../../../sql/clock.ts';
import { createLogger } from '../../../sql/log.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { loadsInto, type Row } from './given.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
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

onEachEngine('analytics', (engine, kind) => {
  beforeEach(async () => {
    await engine().truncate();
    clock.set(Date.parse('2026-06-01T12:00:00Z'));
  });

  const select = <T>(text: string) => engine().client.rows<T>(parseStatement('t', text));
  /** Builds what is dirty and judges nothing: what follows is about the builds. */
  const build = () =>
    runCycle({ client: engine().client, clock }, { is_settling: true, judges: () => false });
  const open = () =>
    select<{
      detector_id: string;
      patient_id: string;
      status: string;
      reason: string;
      change_reason: string;
      version: number;
    }>(
      `SELECT detector_id, patient_id, day, status, event_ids, score, reason, change_reason, version FROM alerts
       WHERE detector_id != 'random_sample' ORDER BY alert_id`,
    );

  it('withdraws an alert when a relationship comes after it, says so, and raises it anew when that ends', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    for (const [dataset, rows] of Object.entries(catchment)) await loads.reference(dataset, rows);
    await loads.events([...usual, { event_id: 'e1', patient_id: 'stranger' }]);
    expect(await detect({ client, clock, detector: 'out_of_area' })).toMatchObject({
      raised: 1,
      failed: [],
    });
    const [before] = await open();
    expect(before).toMatchObject({ detector_id: 'out_of_area', status: 'open', version: 1 });

    await loads.reference('care_relationships', [
      { relationship_id: 'r1', patient_id: 'stranger' },
    ]);
    expect(await detect({ client, clock, detector: 'out_of_area' })).toMatchObject({
      withdrawn: 1,
      raised: 0,
    });
    expect(await open()).toMatchObject([
      {
        status: 'withdrawn',
        version: 2,
        change_reason: 'A relationship now explains it (appointment).',
      },
    ]);

    await loads.reference('care_relationships', [
      { relationship_id: 'r1', patient_id: 'stranger', organisation_code: 'ORG9' },
    ]);
    expect(await detect({ client, clock, detector: 'out_of_area' })).toMatchObject({ raised: 1 });
    expect(await open()).toMatchObject([{ status: 'open', version: 3, reason: before?.reason }]);
    expect(await detect({ client, clock, detector: 'out_of_area' })).toMatchObject({
      raised: 0,
      changed: 0,
      withdrawn: 0,
      detectors: [],
    });
  });

  it('judges the days that look back on a late day again', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    for (const [dataset, rows] of Object.entries(catchment)) await loads.reference(dataset, rows);
    await loads.events([{ event_id: 'e1', patient_id: 'stranger' }]);
    expect(await detect({ client, clock, detector: 'out_of_area' })).toMatchObject({ raised: 0 });
    await loads.events(usual);
    expect(await detect({ client, clock, detector: 'out_of_area' })).toMatchObject({ raised: 1 });
  });

  it('finds a household again when one of nine occupants moves away', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.reference('staff', [{ staff_id: 's1', address_key: 'home' }]);
    await loads.reference(
      'patients',
      Array.from({ length: 9 }, (_, i) => ({ patient_id: `n${i}`, address_key: 'home' })),
    );
    await loads.events([{ patient_id: 'n1' }]);
    expect(await detect({ client, clock, detector: 'household' })).toMatchObject({ raised: 0 });
    await loads.reference('patients', [{ patient_id: 'n8', address_key: 'elsewhere' }]);
    expect(await detect({ client, clock, detector: 'household' })).toMatchObject({ raised: 1 });
    await loads.reference('patients', [{ patient_id: 'n9', address_key: 'home' }]);
    expect(await detect({ client, clock, detector: 'household' })).toMatchObject({ withdrawn: 1 });
  });

  it('judges an event that no build holds yet again when the staff feed comes after it', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    const live = () =>
      runCycle({ client, clock }, { is_settling: false, judges: ({ mode }) => mode === 'live' });
    await loads.reference('staff', [{ staff_id: 's2' }]);
    await loads.events([{ staff_id: 's2', patient_id: 'n2' }]);
    await live();
    await loads.events([{ staff_id: 's1', patient_id: 'n1' }]);
    expect(await live()).toMatchObject({ built_days: 0, resting_days: 1 });
    await loads.reference('staff', [{ staff_id: 's1', nhs_number: 'n1' }]);
    expect(await live()).toMatchObject({ built_days: 0, resting_days: 1 });
    expect(await open()).toMatchObject([{ detector_id: 'own_record', status: 'open' }]);
  });

  it('forgets what an identifier lent to a person once it is somebody else’s', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.reference('staff', [{ staff_id: 's1', nhs_number: 'n1' }]);
    await loads.reference('staff_identities', [
      { staff_id: 's1', person_key: 'one' },
      { staff_id: 's2', person_key: 'one' },
    ]);
    await loads.events([{ staff_id: 's2', patient_id: 'n1' }]);
    expect(await detect({ client, clock, detector: 'own_record' })).toMatchObject({ raised: 1 });
    // s1, which has no accesses, leaves the person: what it said of s2 no longer holds.
    await loads.reference('staff_identities', [{ staff_id: 's1', person_key: 'two' }]);
    expect(await detect({ client, clock, detector: 'own_record' })).toMatchObject({ withdrawn: 1 });
    expect(await open()).toMatchObject([
      { status: 'withdrawn', change_reason: 'The reference data that it relied on was corrected.' },
    ]);
  });

  it('puts events on their London day through both clock changes, and builds what adds up', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.events([
      // The clocks go forward at 01:00 UTC on 29 March: 23:30 UTC that evening is 00:30 on the 30th.
      { event_id: 'a', patient_id: 'n1', occurred_at: '2026-03-29T00:30:00Z' },
      { event_id: 'b', patient_id: 'n1', occurred_at: '2026-03-29T22:59:59.999Z' },
      { event_id: 'c', patient_id: 'n1', occurred_at: '2026-03-29T23:30:00Z' },
      // They go back at 01:00 UTC on 25 October: that day has 25 hours, and 23:30 UTC the evening before is in it.
      { event_id: 'd', patient_id: 'n1', occurred_at: '2026-10-24T23:30:00Z' },
      { event_id: 'e', patient_id: 'n1', occurred_at: '2026-10-25T23:59:59.999Z' },
      { event_id: 'f', patient_id: 'n1', occurred_at: '2026-10-26T00:00:00Z' },
      {
        event_id: 'g',
        patient_id: '',
        action: 'search',
        search_terms: 'x',
        occurred_at: '2026-10-26T00:00:01Z',
      },
    ]);
    // Half an hour past local midnight on the day after the change: the window of days is local as well.
    await loads.reference('care_relationships', [
      {
        relationship_id: 'r1',
        patient_id: 'n1',
        kind: 'caseload',
        starts_at: '2026-03-29T23:10:00Z',
        ends_at: '2026-10-24T23:10:00Z',
      },
    ]);
    await build();
    expect(
      await select('SELECT toString(day) AS day, events, views FROM accesses ORDER BY day'),
    ).toEqual([
      { day: '2026-03-29', events: 2, views: 2 },
      { day: '2026-03-30', events: 1, views: 1 },
      { day: '2026-10-25', events: 2, views: 2 },
      { day: '2026-10-26', events: 1, views: 1 },
    ]);
    expect(
      await select(
        "SELECT toString(day) AS day FROM access_explanations WHERE explanation_id = 'caseload' ORDER BY day",
      ),
    ).toEqual([{ day: '2026-03-30' }, { day: '2026-10-25' }]);
    expect(
      await select(
        'SELECT toString(day) AS day, explanations FROM link_coverage WHERE notEmpty(explanations) ORDER BY day',
      ),
    ).toEqual([
      { day: '2026-03-30', explanations: { caseload: 1 } },
      { day: '2026-10-25', explanations: { caseload: 1 } },
      { day: '2026-10-26', explanations: { earlier_explained: 1 } },
    ]);
    expect(
      await select("SELECT events, searches, patients FROM staff_days WHERE day = '2026-10-26'"),
    ).toEqual([{ events: 2, searches: 1, patients: 1 }]);
    expect(
      await select(
        "SELECT DISTINCT day = toDate(occurred_at, 'Europe/London') AS is_same FROM access_events",
      ),
    ).toEqual([{ is_same: 1 }]);
    expect(await checkInvariants(client)).toEqual([]);
  });

  it('never shows what a crashed build left, never reuses its number, and clears it away later', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.uncommitted([{ patient_id: 'n9' }]);
    await loads.events([{ patient_id: 'n1' }]);
    await client.insert('access_builds', [
      {
        build: 7,
        day: '2026-03-02',
        staff_id: 'ghost',
        organisation_code: 'ORG1',
        patient_id: 'n1',
        events: 5,
      },
    ]);
    await build();
    expect(
      await select('SELECT staff_id, patient_id, toUInt32(build) AS build FROM accesses'),
    ).toEqual([{ staff_id: 's1', patient_id: 'n1', build: 8 }]);
    await loads.events([{ patient_id: 'n2' }]);
    await build();
    expect(await deleteOldBuilds(client, clock), 'too early').toBe(false);
    clock.set(clock.now() + 3_600_001);
    await loads.events([{ patient_id: 'n3' }]);
    await build();
    expect(await deleteOldBuilds(client, clock)).toBe(true);
    const builds = () =>
      select('SELECT DISTINCT toUInt32(build) AS build FROM access_builds ORDER BY build');
    // Build 9 was what readers saw until this moment.
    await expect.poll(builds, { timeout: 60_000 }).toEqual([{ build: 9 }, { build: 10 }]);
    clock.set(clock.now() + 3_600_001);
    expect(await deleteOldBuilds(client, clock)).toBe(true);
    await expect.poll(builds, { timeout: 60_000 }).toEqual([{ build: 10 }]);
    expect(await deleteOldBuilds(client, clock), 'nothing is left').toBe(false);
    expect(await select('SELECT toUInt32(count()) AS n FROM accesses')).toEqual([{ n: 3 }]);
    expect(await checkInvariants(client)).toEqual([]);
  });

  it('keeps a build that was superseded a moment ago, however old the builds of other days are', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    const builds = () =>
      select(
        'SELECT toString(day) AS day, toUInt32(build) AS build FROM access_builds ORDER BY build',
      );
    await loads.events([{ patient_id: 'n1' }]);
    await build();
    // Twice on another day, so that there is something to delete, under higher numbers and an hour old.
    const other = { patient_id: 'n1', occurred_at: '2026-03-05T12:00:00Z' };
    await loads.events([other]);
    await build();
    await loads.events([other]);
    await build();
    clock.set(clock.now() + 3_600_001);
    await loads.events([{ patient_id: 'n1' }]);
    await build();
    expect(await deleteOldBuilds(client, clock)).toBe(true);
    await expect.poll(builds, { timeout: 60_000 }).toEqual([
      { day: '2026-03-02', build: 1 },
      { day: '2026-03-05', build: 3 },
      { day: '2026-03-02', build: 4 },
    ]);
  });

  it('notices a roll-up that does not equal its source', async () => {
    const { client } = engine();
    await loadsInto(client).events([{ patient_id: 'n1' }]);
    await build();
    await client.insert('access_builds', [
      {
        build: 1,
        day: '2026-03-02',
        staff_id: 'ghost',
        organisation_code: 'ORG1',
        patient_id: 'n1',
        events: 5,
      },
    ]);
    expect((await checkInvariants(client)).map(({ figure }) => figure)).toContain(
      'events on patients',
    );
  });

  it('lives by thresholds that people set, for all and for one organisation, and says which version judged', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.reference('staff', [{ staff_id: 's1', address_key: 'home' }]);
    await loads.reference(
      'patients',
      Array.from({ length: 3 }, (_, i) => ({ patient_id: `n${i}`, address_key: 'home' })),
    );
    await loads.events([{ patient_id: 'n1' }, { patient_id: 'n1', organisation_code: 'ORG2' }]);
    expect(await detect({ client, clock, detector: 'household' })).toMatchObject({ raised: 2 });
    await client.insert('detector_params', [
      {
        detector_id: 'household',
        params_version: 1,
        organisation_code: 'ORG2',
        params: '{"occupants_max":2}',
        set_at: 0,
      },
    ]);
    expect(await detect({ client, clock, detector: 'household', dry_run: true })).toMatchObject({
      withdrawn: 1,
      is_dry_run: true,
    });
    expect((await open()).map(({ status }) => status)).toEqual(['open', 'open']);
    await detect({ client, clock, detector: 'household' });
    const alerts = await select<{
      organisation_code: string;
      status: string;
      change_reason: string;
      detector_version: string;
    }>(
      `SELECT organisation_code, status, change_reason, detector_version FROM alerts
       WHERE detector_id != 'random_sample' ORDER BY organisation_code`,
    );
    expect(alerts).toMatchObject([
      {
        organisation_code: 'ORG1',
        status: 'open',
        detector_version: `${findDetector('household').version}.1`,
      },
      {
        organisation_code: 'ORG2',
        status: 'withdrawn',
        change_reason: expect.stringContaining('thresholds'),
      },
    ]);
  });

  it('records a detector that fails, with its code, and judges by the others', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.reference('staff', [{ staff_id: 's1', nhs_number: 'n1' }]);
    await loads.reference('patients', [{ patient_id: 'n1' }]);
    await client.insert('detector_params', [
      {
        detector_id: 'household',
        params_version: 1,
        organisation_code: '',
        params: '{"no_such":2}',
        set_at: 0,
      },
    ]);
    await loads.events([{ patient_id: 'n1' }]);
    const judges = ({ id }: { id: string }) => ['household', 'own_record'].includes(id);
    expect(await runCycle({ client, clock }, { is_settling: true, judges })).toMatchObject({
      detectors: [
        { detector_id: 'household', status: 'failed' },
        { detector_id: 'own_record', status: 'succeeded', raised: 1 },
      ],
    });
    expect(
      await select("SELECT status, detail FROM detector_runs WHERE detector_id = 'household'"),
    ).toEqual([{ status: 'failed', detail: 'DEFINITION_INVALID' }]);
  });

  // On a server it is service.int.test.ts that starts it, and judges by the whole catalogue.
  if (kind === 'server') return;

  it('as a service catches up, judges what is loaded, and settles', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.reference('staff', [{ staff_id: 's1', nhs_number: 'n1' }]);
    await loads.events([{ event_id: 'e1', patient_id: 'n1' }]);
    const analytics = await startAnalytics({
      engine: engine().engine,
      clock: system_clock,
      log: createLogger('silent'),
    });
    try {
      await expect.poll(open, { timeout: 60_000, interval: 20 }).toHaveLength(1);
      await analytics.settled();
      await loads.events([
        { event_id: 'e2', patient_id: 'n1', occurred_at: '2026-03-02T13:00:00Z' },
      ]);
      await expect
        .poll(open, { timeout: 60_000, interval: 20 })
        .toMatchObject([{ event_ids: ['e1', 'e2'] }]);
      await analytics.settled();
      expect(await checkInvariants(client)).toEqual([]);
      expect(
        await select('SELECT detector_id FROM detector_versions ORDER BY detector_id'),
      ).toEqual(loadDetectors().map(({ id }) => ({ detector_id: id })));
    } finally {
      await analytics.close();
    }
  });
});
