import { expect, it } from 'vitest';
import { batchesOf, dueDays, isResting } from '../../../analytics/days.ts';
import { paramsInForce } from '../../../analytics/params.ts';

const seqs = new Map([
  ['2026-03-28', 5],
  ['2026-03-29', 9],
  ['2026-03-31', 4],
]);

it('finds due what was never judged, and what has something newer', () => {
  expect(dueDays(seqs, new Map(), 0).map(({ day }) => day)).toEqual([
    '2026-03-28',
    '2026-03-29',
    '2026-03-31',
  ]);
  const judged = new Map([
    ['2026-03-28', 5],
    ['2026-03-29', 8],
    ['2026-03-31', 4],
  ]);
  expect(dueDays(seqs, judged, 0)).toEqual([{ day: '2026-03-29', load_seq: 9 }]);
});

it('finds due a day that looks back on a newer one, over a clock change', () => {
  const judged = new Map([
    ['2026-03-28', 5],
    ['2026-03-29', 9],
    ['2026-03-31', 4],
  ]);
  expect(dueDays(seqs, judged, 1)).toEqual([]);
  expect(dueDays(seqs, judged, 2)).toEqual([{ day: '2026-03-31', load_seq: 9 }]);
});

it('lets a day rest after its build, the longer the bigger it is', () => {
  const day = {
    day: '2026-03-28',
    dirty: 2,
    is_stale: false,
    built: 1,
    built_at: 10_000,
    events: 150_000,
    accesses: 0,
  };
  expect(isResting(day, 39_999)).toBe(true);
  expect(isResting(day, 40_000)).toBe(false);
  expect(isResting({ ...day, events: 1 }, 10_999)).toBe(true);
  expect(isResting({ ...day, events: 1 }, 11_000)).toBe(false);
  expect(isResting({ ...day, built: 0 }, 10_000)).toBe(false);
});

it('cuts days in batches by events and by number, and never cuts a day', () => {
  const days = ['01', '02', '03', '04'].map((day) => ({ day: `2026-03-${day}` }));
  const events = new Map([
    ['2026-03-01', 6],
    ['2026-03-02', 6],
    ['2026-03-03', 1],
    ['2026-03-04', 1],
  ]);
  expect(batchesOf(days, events, 10, 31).map((batch) => batch.length)).toEqual([1, 3]);
  expect(batchesOf(days, events, 100, 3).map((batch) => batch.length)).toEqual([3, 1]);
  expect(batchesOf(days, events, 1, 31).map((batch) => batch.length)).toEqual([1, 1, 1, 1]);
  // What looks back would read all that lies between days far apart.
  const apart = [{ day: '2026-01-01' }, { day: '2026-01-31' }, { day: '2026-02-01' }];
  expect(batchesOf(apart, new Map(), 100, 31).map((batch) => batch.length)).toEqual([2, 1]);
});

it('puts an organisation’s own thresholds over everyone’s, and refuses what the detector lacks', () => {
  const detector = { id: 'd', version: 2, params: { a: 1, lookback_days: 90 }, lookback_days: 90 };
  const rows = [
    { organisation_code: '', params: '{"a":2}', params_version: '3' },
    { organisation_code: 'ORG2', params: '{"lookback_days":120}', params_version: 4 },
  ];
  expect(paramsInForce(detector, rows)).toEqual({
    detector_version: '2.4',
    lookback_days: 120,
    runs: [
      { params: { a: 2, lookback_days: 90 }, except: ['ORG2'] },
      { params: { a: 2, lookback_days: 120 }, organisation_code: 'ORG2', except: [] },
    ],
  });
  expect(() =>
    paramsInForce(detector, [{ organisation_code: '', params: '{"b":2}', params_version: 1 }]),
  ).toThrow('b is not a param');
  expect(() =>
    paramsInForce(detector, [{ organisation_code: '', params: '{"a":"2"}', params_version: 1 }]),
  ).toThrow('a is not a param');
});
