// Holds the counts of the evaluation to small worlds counted by hand.

import { describe, expect, it } from 'vitest';
import { median, overSeeds, wilson } from '../../evaluate/intervals.ts';
import {
  type WorldCounts,
  casesCited,
  casesOf,
  measureDetectors,
  measureExplained,
  measureQueue,
} from '../../evaluate/measure.ts';
import { calibrationOf, reportOf } from '../../evaluate/report.ts';
import type { Judged, JudgedAlert, QueueItem, TruthRow } from '../../support/judged-exchange.ts';

const truth: TruthRow[] = [
  row('own_record', 'a', ['p1'], ['e1', 'e2']),
  row('own_record', 'b', ['p2'], ['e3']),
  row('record_surge', 'c', ['p9'], ['e4']),
  row('record_surge', 'd', ['p9'], ['e5']),
];
const hard_negatives = [row('hall_of_residence', 'f', ['p7'], ['h1'])];
const cases = casesOf(truth);

describe('cases', () => {
  it('are rows of the truth, and a surge on one record is one', () => {
    expect(cases.map(({ scenario, event_ids }) => [scenario, event_ids.length])).toEqual([
      ['own_record', 2],
      ['own_record', 1],
      ['record_surge', 2],
    ]);
  });

  it('are cited by an alert that names any of their events, each once', () => {
    const alerts = [{ event_ids: ['e2'] }, { event_ids: ['e1', 'x'] }];
    expect(casesCited(alerts, cases)).toBe(1);
  });
});

describe('the counts of a detector', () => {
  const alerts = [
    alertOf('own_record', ['e2'], 0.9, '2026-05-03 10:00:00.000'),
    alertOf('own_record', ['h1'], 0.5),
    alertOf('own_record', ['x1'], 0.1),
    alertOf('own_record', ['e4'], 0.95),
    alertOf('household', ['e3'], 0.9),
  ];
  const detectors = [
    { detector_id: 'own_record', status: 'active', trouble: '', elapsed_ms: 5 },
    { detector_id: 'household', status: 'shadow', trouble: 'blind: staff', elapsed_ms: 0 },
  ];
  const [own_record, household] = measureDetectors(
    { alerts, shadow_alerts: [], detectors } as unknown as Judged,
    cases,
    hard_negatives,
    (id) => (id === 'e1' ? Date.parse('2026-05-01T10:00:00Z') : Date.parse('2026-05-03T10:00:00Z')),
  );

  it('hold recall to its own scenario, and precision to any misuse', () => {
    expect(own_record).toMatchObject({ misuse: 2, found: 1, alerts: 4 });
    expect(own_record).toMatchObject({
      alerts_true: 2,
      alerts_own: 1,
      alerts_on_hard_negatives: 1,
    });
    expect(household).toMatchObject({ misuse: 0, found: 0, alerts: 1, alerts_true: 1 });
  });

  it('take the time from the first look to the last that is cited', () => {
    expect(own_record?.days_to_detect).toEqual([2]);
  });

  it('fall into thirds of the score, by link, each patient once', () => {
    expect(own_record?.links).toEqual({
      none: [
        { alerts: 1, true: 0 },
        { alerts: 1, true: 0 },
        { alerts: 1, true: 1 },
      ],
    });
  });
});

describe('the counts of the queue', () => {
  const queue: QueueItem[] = [
    itemOf(1, 'z', ['p0'], ['x']),
    itemOf(2, 'a', ['p1'], ['e1']),
    itemOf(3, 'b', ['p2'], ['another event']),
    itemOf(4, 'd', ['p9'], ['e5']),
  ];

  it('are of as many items as the budget allows, the best first', () => {
    const counts = measureQueue(queue, cases, 2_000);
    expect(counts.map(({ budget, items, found }) => [budget, items, found])).toEqual([
      [5, 1, 0],
      [10, 2, 1],
      [20, 4, 2],
    ]);
    expect(counts[2]).toMatchObject({
      items_true: 2,
      cases: 3,
      found_loosely: 3,
      found_by_scenario: { own_record: 1, record_surge: 1 },
    });
  });
});

describe('intervals', () => {
  it("are Wilson's: of 7 in 10, from 0.40 to 0.89", () => {
    const interval = wilson(7, 10);
    expect(interval?.low).toBeCloseTo(0.397, 3);
    expect(interval?.high).toBeCloseTo(0.892, 3);
    expect(wilson(0, 0)).toBeUndefined();
  });

  it("are Student's over worlds: of 0.8, 0.9 and 1.0, from 0.65 to 1", () => {
    const interval = overSeeds([0.8, 0.9, 1]);
    expect(interval?.mean).toBeCloseTo(0.9, 6);
    expect(interval?.low).toBeCloseTo(0.9 - (4.303 * 0.1) / Math.sqrt(3), 6);
    expect(interval?.high).toBe(1);
    expect(overSeeds([0.5])).toBeUndefined();
  });

  it('are not needed for the middle value', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, undefined]);
  });
});

describe('the report', () => {
  const world = worldOf(3, 8, 10);

  it('pools what worlds counted, and says how far they lie apart', () => {
    const report = reportOf([world, worldOf(4, 10, 10)]);
    expect(report).toContain('| 5 | 18 of 20 | 0.90 (0.70–0.97) | 0.900 (');
    expect(report).toContain('| 0.80–1.00 |');
    expect(report).toContain('| own_record | active | 2 of 4 |');
    expect(report).toContain('Cited by any alert that people see: 0.90 (');
  });

  it('says that there is no queue while there is none', () => {
    expect(reportOf([{ ...world, queue: null }])).toContain('there is no view `queue_items`');
  });

  it('gives the ranking its counts by link and band, pooled and by seed', () => {
    const [own_record] = calibrationOf([world, worldOf(4, 10, 10)]);
    expect(own_record?.links).toEqual({
      none: [
        { alerts: 0, true: 0 },
        { alerts: 4, true: 2 },
        { alerts: 8, true: 6 },
      ],
    });
    expect(own_record?.by_seed.map(({ seed }) => seed)).toEqual([3, 4]);
  });
});

describe('explained accesses', () => {
  it('are summed over the organisations that are chosen', () => {
    const counts = [
      { organisation_code: 'A', accesses: 10, explained: 9, inferred: 1, by_explanation: { x: 9 } },
      { organisation_code: 'B', accesses: 5, explained: 1, inferred: 0, by_explanation: { x: 1 } },
    ];
    expect(measureExplained(counts, (code) => code === 'A')).toEqual({
      accesses: 10,
      explained: 9,
      inferred: 1,
      by_explanation: { x: 9 },
    });
  });
});

function row(
  scenario: string,
  staff_id: string,
  patient_ids: string[],
  event_ids: string[],
): TruthRow {
  return { scenario, staff_id, organisation_code: 'RZ1', patient_ids, event_ids };
}

function alertOf(
  detector_id: string,
  event_ids: string[],
  score: number,
  last_at = '2026-05-04 10:00:00.000',
): Partial<JudgedAlert> {
  return { detector_id, event_ids, score, last_at, link: 'none' };
}

function itemOf(
  rank: number,
  staff_id: string,
  patient_ids: string[],
  event_ids: string[],
): QueueItem {
  const item_id = `item ${rank}`;
  return { item_id, rank, organisation_code: 'RZ1', staff_id, patient_ids, event_ids, reason: '' };
}

function worldOf(seed: number, found: number, of: number): WorldCounts {
  const share = { accesses: 100, explained: 95, inferred: 1, by_explanation: { appointment: 90 } };
  return {
    seed,
    accesses: 1_000,
    cases_by_scenario: { own_record: of },
    cases_cited: found,
    detectors: [
      {
        detector_id: 'own_record',
        status: 'active',
        trouble: '',
        misuse: 2,
        found: 1,
        alerts: 6,
        alerts_true: 4,
        alerts_own: 4,
        alerts_on_hard_negatives: 0,
        days_to_detect: [0.5],
        links: {
          none: [
            { alerts: 0, true: 0 },
            { alerts: 2, true: 1 },
            { alerts: 4, true: 3 },
          ],
        },
        elapsed_ms: 1,
      },
    ],
    queue: [5, 10, 20].map((budget) => ({
      budget,
      items: budget,
      items_true: found,
      cases: of,
      found,
      found_loosely: found,
      found_by_scenario: { own_record: found },
    })),
    explained: { well_kept: share, elsewhere: share },
    seconds: 1,
  };
}
