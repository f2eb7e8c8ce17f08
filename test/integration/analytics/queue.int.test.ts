import { beforeEach, expect, it } from 'vitest';
import { detect } from '../../../analytics/detect.ts';
import { readQueueInputs } from '../../../analytics/ranking/read-inputs.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { loadStatement, parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { loadsInto } from './given.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

onEachEngine('the queue', (engine) => {
  beforeEach(async () => {
    await engine().truncate();
    clock.set(Date.parse('2026-06-01T12:00:00Z'));
  });

  const items = () =>
    engine().client.rows<Record<string, unknown>>(
      parseStatement(
        't',
        `SELECT item_id, rank, rank_in_organisation, organisation_code, staff_id, patient_ids, alert_ids, event_ids,
           sources, expected_yield, reason, grouping_reason, is_within_budget
         FROM queue_items WHERE NOT has(detector_ids, 'random_sample') ORDER BY rank`,
      ),
    );

  const judge = (detector: string) => detect({ client: engine().client, clock, detector });

  /** Two people who opened their own record: one on two days, under two identifiers. */
  async function given() {
    const loads = loadsInto(engine().client);
    await loads.reference('staff', [
      { staff_id: 'anna', organisation_code: 'ORG1', nhs_number: '9990000018' },
      { staff_id: 'ben', organisation_code: 'ORG1', nhs_number: '9990000026' },
    ]);
    await loads.reference('staff_identities', [
      { staff_id: 'anna', person_key: 'p1' },
      { staff_id: 'anna-2', person_key: 'p1' },
    ]);
    await loads.events([
      {
        event_id: 'a1',
        staff_id: 'anna',
        patient_id: '9990000018',
        occurred_at: '2026-03-02T10:00:00Z',
      },
      {
        event_id: 'a2',
        staff_id: 'anna-2',
        patient_id: '9990000018',
        occurred_at: '2026-05-04T10:00:00Z',
      },
      {
        event_id: 'b1',
        staff_id: 'ben',
        patient_id: '9990000026',
        occurred_at: '2026-03-03T10:00:00Z',
      },
    ]);
    await judge('own_record');
  }

  it('holds one item for each person, with the alerts of both identifiers and the events they cite', async () => {
    await given();
    const queue = await items();
    expect(queue).toHaveLength(2);
    expect(queue.map(({ rank }) => Number(rank))).toEqual([1, 2]);
    const anna = queue.find(({ patient_ids }) => (patient_ids as string[]).includes('9990000018'));
    expect(anna).toMatchObject({
      organisation_code: 'ORG1',
      event_ids: ['a1', 'a2'],
      grouping_reason: '2 alerts of the same person about one patient, over 64 days.',
      is_within_budget: true,
    });
    expect(anna?.alert_ids).toHaveLength(2);
    for (const order of [
      'rank',
      'expected_yield DESC',
      'organisation_code, rank_in_organisation',
    ]) {
      const top = parseStatement(
        't',
        `SELECT rank, event_ids FROM queue_items ORDER BY ${order} LIMIT 1`,
      );
      expect(await engine().client.rows(top)).toMatchObject([{ rank: 1 }]);
    }
    expect(Number(anna?.expected_yield)).toBeGreaterThan(0);
  });

  it('leaves out signals before alerts that people are to see, and says the same of these however few it looks up at once', async () => {
    await given();
    await engine().client.insert(
      'alert_versions',
      ['s1', 's2'].map((alert_id) => ({
        alert_id,
        version: 1,
        change: 'raised',
        detector_id: 'volume_self',
        detector_version: '1.0',
        severity: 'low',
        staff_id: 'ben',
        organisation_code: 'ORG1',
        day: '2026-05-30',
        score: 1,
        reason: 'Much.',
      })),
    );
    const read = async (sizes?: Parameters<typeof readQueueInputs>[2]) =>
      readQueueInputs(engine().client, clock.now(), sizes);
    const all = await read();
    expect(all).toMatchObject({ left_out: 0 });
    expect(
      all.inputs.alerts.filter(({ detector_id }) => detector_id === 'own_record'),
    ).toHaveLength(3);
    const some = await read({ alerts_max: 4, looked_up_max: 1 });
    expect(some.left_out).toBe(1);
    expect(some.inputs.alerts).toEqual(
      all.inputs.alerts.filter(({ alert_id }) => alert_id !== 's2'),
    );
    expect(await read({ alerts_max: 3, looked_up_max: 2 })).toMatchObject({
      left_out: 2,
      inputs: { alerts: all.inputs.alerts.slice(0, 3) },
    });
  });

  it('reads a million alerts as they lie, and of those of a page no others', async () => {
    await given();
    const planOf = async (text: string, binds: object, limits: 'ranking' | 'page') => {
      const explained = parseStatement('t', `EXPLAIN PLAN actions = 1 ${text}`);
      const rows = await engine().client.rows<{ explain: string }>(
        explained,
        { ...binds },
        { limits },
      );
      return rows.map(({ explain }) => explain).join('\n');
    };
    // All groups at once are more than a query may hold.
    const standing = loadStatement('analytics/ranking/queries/standing_alerts.sql').text;
    expect(
      await planOf(
        standing,
        { detector_ids: ['own_record'], signal_ids: [], alerts_max: 10 },
        'ranking',
      ),
    ).toMatch(/alert_versions[^]*Read type: InOrder/);
    // What stands below the grouping is left out before it.
    const page = await planOf(
      `SELECT alert_id, status FROM alerts
       WHERE detector_id = 'own_record' AND organisation_code = 'ORG1' AND NOT has(['x|y'], concat(staff_id_system, '|', staff_id))`,
      {},
      'page',
    );
    const below = page.slice(page.indexOf('Aggregating'));
    for (const asked of ['own_record', 'ORG1', 'x|y']) expect(below).toContain(`'${asked}'`);
  });

  it('knows who else of the organisation opened the record that week, and takes one human for no company', async () => {
    const loads = loadsInto(engine().client);
    await loads.reference('staff', [
      { staff_id: 'anna', organisation_code: 'ORG1', nhs_number: '9990000018' },
      { staff_id: 'ben', organisation_code: 'ORG1', nhs_number: '9990000026' },
      { staff_id: 'lea', organisation_code: 'ORG1', ends_on: '2026-03-01' },
    ]);
    await loads.reference('staff_identities', [
      { staff_id: 'anna', person_key: 'p1' },
      { staff_id: 'anna-2', person_key: 'p1' },
    ]);
    const look = (event_id: string, staff_id: string, patient_id: string, day: string) => ({
      event_id,
      staff_id,
      patient_id,
      occurred_at: `${day}T10:00:00Z`,
    });
    await loads.events([
      look('a1', 'anna', '9990000018', '2026-03-02'),
      look('a2', 'anna-2', '9990000018', '2026-03-03'),
      look('b1', 'ben', '9990000026', '2026-03-03'),
      look('c1', 'cara', '9990000026', '2026-03-10'),
      look('b2', 'ben', '9990000026', '2026-04-20'),
      // An alert of a person and no one patient cites the accesses of its day.
      look('l1', 'lea', '9990000034', '2026-03-20'),
    ]);
    await judge('own_record');
    await judge('leaver');
    const { inputs } = await readQueueInputs(engine().client, clock.now());
    const links = inputs.alerts
      .filter(({ detector_id }) => ['own_record', 'leaver'].includes(detector_id))
      .map(({ staff_id, day, link }) => `${staff_id} ${day} ${link}`)
      .sort();
    expect(links).toEqual([
      'anna 2026-03-02 unfed',
      'anna-2 2026-03-03 unfed',
      'ben 2026-03-03 unfed_in_company',
      'ben 2026-04-20 unfed',
      'lea 2026-03-20 unfed',
    ]);
  });
});
