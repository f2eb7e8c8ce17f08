import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusesOf } from '../../../../analytics/ranking/activation.ts';
import { allot, default_items_per_week, weekOf } from '../../../../analytics/ranking/budget.ts';
import { expectedYield, type Weighed } from '../../../../analytics/ranking/combine.ts';
import type { LinkClass } from '../../../../analytics/ranking/link.ts';
import { buildQueue, type QueueInputs } from '../../../../analytics/ranking/queue.ts';
import { loadPriors } from '../../../../analytics/ranking/priors.ts';
import { alert, someAlerts } from './given.ts';

const seeded = { seed: 20260601, numRuns: 200 };
const signals = ['no_link', 'off_shift', 'volume_self'];

function queueOf(given: Partial<QueueInputs>) {
  return buildQueue({
    alerts: [],
    findings: [],
    suppressions: [],
    statusOf: (id) => (signals.includes(id) ? 'signal' : 'active'),
    detectors: new Map([
      ['household', { title: 'Same address', detector_version: '1.0', silenced_by: 'none' }],
      ['off_shift', { title: 'Off shift', detector_version: '1.0', silenced_by: 'none' }],
    ]),
    budgets: new Map(),
    accesses: new Map([
      ['ORG1', 50_000],
      ['ORG2', 50_000],
    ]),
    priors: { source: { command: '', commit: '', accesses: 0 }, detectors: {} },
    ...given,
  });
}

const weighed = (detector_id: string, precision: number, given = {}): Weighed => ({
  alert: alert({ alert_id: `${detector_id}-${JSON.stringify(given)}`, detector_id, ...given }),
  precision,
  needs_no_link: false,
});

describe('the queue', () => {
  it('is the same in whatever order the alerts come', () => {
    fc.assert(
      fc.property(
        someAlerts.chain((alerts) =>
          fc.tuple(
            fc.constant(alerts),
            fc.shuffledSubarray(alerts, { minLength: alerts.length, maxLength: alerts.length }),
          ),
        ),
        ([alerts, shuffled]) => {
          expect(queueOf({ alerts: shuffled })).toEqual(queueOf({ alerts }));
        },
      ),
      seeded,
    );
  });

  it('ranks a look at kin that nothing explains above one that care explains, and silences neither', () => {
    const links = ['team', 'organisation_in_company', 'none', 'organisation'] as const;
    const { items } = queueOf({
      alerts: links.map((link) => alert({ alert_id: link, person_key: link, link })),
    });
    expect(items.map(({ alert_ids }) => alert_ids[0])).toEqual([
      'none',
      'organisation',
      'organisation_in_company',
      'team',
    ]);
  });

  it("lowers one's own record less for a link than a relative's or a colleague's", () => {
    const drop = (detector_id: string) => {
      const of = (link: 'none' | 'team') =>
        queueOf({ alerts: [alert({ alert_id: 'a', detector_id, link })] }).items[0]
          ?.expected_yield ?? NaN;
      return of('none') / of('team');
    };
    expect(drop('own_record') * 2).toBeLessThan(drop('colleague'));
    expect(drop('own_record') * 2).toBeLessThan(drop('household'));
  });

  it('puts the second item of one person below the first of somebody else', () => {
    const far = '2026-05-04';
    const { items } = queueOf({
      alerts: [
        alert({ alert_id: 'first', score: 1 }),
        alert({ alert_id: 'second', score: 0.99, patient_id: 'p2', day: far }),
        alert({ alert_id: 'other', score: 0.9, person_key: 'staff:|s2', staff_id: 's2' }),
      ],
    });
    expect(items.map(({ alert_ids }) => alert_ids[0])).toEqual(['first', 'other', 'second']);
  });

  it('puts the second of a crowd at one record below the first of another, but not who has more against them', () => {
    const inCrowd = (staff_id: string, patient_id: string, score: number) =>
      alert({
        alert_id: `${staff_id} ${patient_id}`,
        detector_id: 'record_surge',
        person_key: `staff:|${staff_id}`,
        staff_id,
        patient_id,
        score,
      });
    const household = alert({ alert_id: 'household', detector_id: 'household', patient_id: 'p1' });
    const { items } = queueOf({
      alerts: [
        inCrowd('s4', 'p1', 0.8),
        inCrowd('s5', 'p1', 0.79),
        inCrowd('s6', 'p2', 0.7),
        inCrowd('s1', 'p1', 0.6),
        { ...household, person_key: 'staff:|s1', staff_id: 's1' },
      ],
      priors: loadPriors(),
    });
    expect(items.map(({ staff_id }) => staff_id)).toEqual(['s1', 's4', 's6', 's5']);
  });

  it('puts a look at a protected record that nothing explains into the lane of dangers, and usual work not', () => {
    const lane = (link: LinkClass, score: number) =>
      queueOf({
        alerts: [alert({ alert_id: 'a', detector_id: 'protected_view', link, score })],
        priors: loadPriors(),
      }).items.map((item) => item.lane);
    expect(lane('none', 0.8)).toEqual(['danger']);
    expect(lane('organisation_in_company', 0.2)).toEqual(['ordinary']);
  });

  it('holds every open alert that is no signal in exactly one item, and ranks from 1 without a gap', () => {
    fc.assert(
      fc.property(someAlerts, (alerts) => {
        const { items } = queueOf({ alerts });
        const open = alerts.filter((one) => !one.is_closed && !signals.includes(one.detector_id));
        expect(items.flatMap(({ alert_ids }) => alert_ids).sort()).toEqual(
          open.map(({ alert_id }) => alert_id).sort(),
        );
        expect(items.map(({ rank }) => rank)).toEqual(items.map((_, index) => index + 1));
        const shown = items.filter((item) => item.is_within_budget || item.is_sampled);
        for (const theirs of Map.groupBy(shown, (item) => item.organisation_code).values()) {
          expect(theirs.map(({ place }) => place).sort((a, b) => a - b)).toEqual(
            theirs.map((_, index) => index + 1),
          );
        }
      }),
      seeded,
    );
  });

  it('makes no item of a signal, but ranks an alert higher with one, most on the same patient', () => {
    const one = alert({ alert_id: 'a' });
    const off_shift = { detector_id: 'off_shift', severity: 'low', score: 1 } as const;
    const yieldWith = (...others: ReturnType<typeof alert>[]) =>
      queueOf({ alerts: [one, ...others] }).items[0]?.expected_yield ?? 0;
    expect(queueOf({ alerts: [alert({ alert_id: 's', ...off_shift })] }).items).toEqual([]);
    const alone = yieldWith();
    const same_week = yieldWith(
      alert({ alert_id: 's', ...off_shift, patient_id: 'p2', day: '2026-03-04' }),
    );
    const same_patient = yieldWith(alert({ alert_id: 's', ...off_shift }));
    expect(same_week).toBeGreaterThan(alone);
    expect(same_patient).toBeGreaterThan(same_week);
    expect(
      yieldWith(alert({ alert_id: 's', ...off_shift, patient_id: 'p2', day: '2026-04-04' })),
    ).toBe(alone);
  });

  it('keeps an item when one of its alerts is closed, and drops it when all are', () => {
    const two = (first: boolean, second: boolean) =>
      queueOf({
        alerts: [
          alert({ alert_id: 'a', is_closed: first }),
          alert({ alert_id: 'b', day: '2026-03-03', is_closed: second }),
        ],
      }).items;
    expect(two(true, false)[0]).toMatchObject({
      item_id: two(false, false)[0]?.item_id,
      alert_ids: ['b'],
      closed_alert_ids: ['a'],
    });
    expect(two(true, true)).toEqual([]);
  });

  it('leaves out what is suppressed, and counts it', () => {
    const suppression = {
      organisation_code: 'ORG1',
      detector_id: 'household',
      staff_id_system: '',
      staff_id: 's1',
      patient_id: '',
    };
    const alerts = [
      alert({ alert_id: 'a' }),
      alert({ alert_id: 'b', staff_id: 's2', person_key: 'x' }),
    ];
    expect(queueOf({ alerts, suppressions: [suppression] })).toMatchObject({
      suppressed_alerts: 1,
      items: [{ alert_ids: ['b'] }],
    });
    const elsewhere = { ...suppression, organisation_code: 'ORG2' };
    expect(queueOf({ alerts, suppressions: [elsewhere] }).items).toHaveLength(2);
  });

  it('shows a possible danger first, though its rank goes by yield', () => {
    const alerts = [
      ...Array.from({ length: 3 }, (_, index) =>
        alert({ alert_id: `h${index}`, person_key: `x${index}` }),
      ),
      alert({ alert_id: 'f', detector_id: 'fixation', score: 0, person_key: 'y' }),
    ];
    const danger = queueOf({ alerts }).items.find(({ lane }) => lane === 'danger');
    expect(danger).toMatchObject({ rank: 4, place: 1 });
  });
});

describe('combining evidence', () => {
  it('never lets weak signals outrank one proof, however many there are', () => {
    const many = ['off_shift', 'enumeration', 'role_mismatch', 'dormant', 'override', 'watchlist'];
    const weak = many.flatMap((id) =>
      Array.from({ length: 30 }, (_, day) => weighed(id, 0.03, { patient_id: `p${day}` })),
    );
    expect(expectedYield(weak, weak)).toBeLessThan(expectedYield([weighed('household', 0.5)], []));
  });

  it('counts two detectors of one family hardly more than one, and of two families clearly more', () => {
    const alone = expectedYield([weighed('household', 0.3)], []);
    const same = expectedYield([weighed('household', 0.3), weighed('neighbour', 0.2)], []);
    const other = expectedYield([weighed('household', 0.3), weighed('off_shift', 0.2)], []);
    expect(same).toBeGreaterThan(alone);
    expect(same - alone).toBeLessThan((other - alone) / 2);
  });

  it('adds repetitions less than in proportion', () => {
    const times = (count: number) =>
      expectedYield(
        Array.from({ length: count }, (_, index) =>
          weighed('no_link', 0.01, { patient_id: `p${index}` }),
        ),
        [],
      );
    expect(times(4)).toBeGreaterThan(times(1));
    expect(times(4)).toBeLessThan(4 * times(1));
  });

  it('counts once what says the same of a person day after day', () => {
    const days = ['2026-03-02', '2026-03-03', '2026-03-04'].map((day) =>
      weighed('leaver', 0.1, { patient_id: '', day }),
    );
    expect(expectedYield(days, [])).toBeCloseTo(expectedYield(days.slice(0, 1), []), 12);
  });

  it('is never lowered by more evidence', () => {
    fc.assert(
      fc.property(
        someAlerts,
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        (alerts, precision) => {
          const all = alerts.map((one) => ({ alert: one, precision, needs_no_link: false }));
          const [first] = all;
          if (!first) return;
          expect(expectedYield(all, [])).toBeGreaterThanOrEqual(expectedYield([first], []) - 1e-12);
        },
      ),
      seeded,
    );
  });
});

describe('the budget', () => {
  const item = (index: number, given = {}) => ({
    item_id: `i${index}`,
    organisation_code: 'ORG1',
    week: '2026-03-02',
    is_danger: false,
    is_draw: false,
    ...given,
  });
  const shown = (allotted: ReturnType<typeof allot>) =>
    [...allotted].filter(([, { is_within_budget }]) => is_within_budget).map(([id]) => id);

  it('shows as many a week as there are places, and draws one from what is below', () => {
    const items = Array.from({ length: default_items_per_week + 10 }, (_, index) => item(index));
    const allotted = allot(items, new Map(), new Map());
    expect(shown(allotted)).toEqual(
      items.slice(0, default_items_per_week).map((one) => one.item_id),
    );
    expect([...allotted.values()].filter(({ is_sampled }) => is_sampled)).toHaveLength(1);
  });

  it('takes the budget of the organisation before that of all, and counts work that is done', () => {
    const items = [item(1), item(2), item(3), item(4, { organisation_code: 'ORG2' })];
    const budgets = new Map([
      ['', 0],
      ['ORG1', 3],
    ]);
    const done = new Map([['ORG1\n2026-03-02', 2]]);
    expect(shown(allot(items, budgets, done))).toEqual(['i1']);
  });

  it('shows every possible danger and every random draw', () => {
    const items = [item(1), item(2, { is_danger: true }), item(3, { is_draw: true })];
    expect(shown(allot(items, new Map([['', 1]]), new Map())).sort()).toEqual(['i2', 'i3']);
  });

  it('begins weeks on Monday', () => {
    expect(['2026-03-01', '2026-03-02', '2026-03-08'].map(weekOf)).toEqual([
      '2026-02-23',
      '2026-03-02',
      '2026-03-02',
    ]);
  });
});

describe('what is switched on', () => {
  const detectors = [
    { id: 'one', version: 2, status: 'active' },
    { id: 'two', version: 1, status: 'signal' },
    { id: 'three', version: 1, status: 'retired' },
  ];
  const made = (detector_id: string, status: string, organisation_code = '', version = 1) => ({
    detector_id,
    version,
    organisation_code,
    status,
  });

  it('is what the header says until somebody decides, and never more', () => {
    const statusOf = statusesOf(detectors, [made('two', 'active'), made('three', 'active')]);
    expect(['one', 'two', 'three', 'gone'].map((id) => statusOf(id, 'ORG1'))).toEqual([
      'active',
      'signal',
      'retired',
      'retired',
    ]);
  });

  it('goes by the newest decision for the organisation, then for all, and holds for later versions', () => {
    const statusOf = statusesOf(detectors, [
      made('one', 'shadow'),
      made('one', 'active', 'ORG1'),
      made('one', 'active', 'ORG3', 3),
    ]);
    expect(['ORG1', 'ORG2', 'ORG3'].map((code) => statusOf('one', code))).toEqual([
      'active',
      'shadow',
      'shadow',
    ]);
  });
});
