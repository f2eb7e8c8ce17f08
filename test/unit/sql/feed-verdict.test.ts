/** Durations in words, and the days on which feeds rest. */
import { expect, test } from 'vitest';
import { bankHolidaysAround, bankHolidaysOf } from '../../../sql/bank-holidays.ts';
import { inDuration } from '../../../sql/feed-verdict.ts';

test('a duration is told in the largest unit of which there are at least two', () => {
  expect(
    [200, 1000, 59_000, 90_000, 3_600_000, 26 * 3_600_000, 80 * 3_600_000].map(inDuration),
  ).toEqual([
    'less than a second',
    '1 second',
    '59 seconds',
    '2 minutes',
    '60 minutes',
    '26 hours',
    '3 days',
  ]);
});

test('bank holidays are those that were proclaimed', () => {
  // https://www.gov.uk/bank-holidays, England and Wales.
  expect(bankHolidaysOf(2026)).toEqual([
    '2026-01-01',
    '2026-04-03',
    '2026-04-06',
    '2026-05-04',
    '2026-05-25',
    '2026-08-31',
    '2026-12-25',
    '2026-12-28',
  ]);
  expect(bankHolidaysOf(2022)).toEqual([
    '2022-01-03',
    '2022-04-15',
    '2022-04-18',
    '2022-05-02',
    '2022-06-02',
    '2022-06-03',
    '2022-08-29',
    '2022-09-19',
    '2022-12-26',
    '2022-12-27',
  ]);
  expect(bankHolidaysOf(2027)).toEqual([
    '2027-01-01',
    '2027-03-26',
    '2027-03-29',
    '2027-05-03',
    '2027-05-31',
    '2027-08-30',
    '2027-12-27',
    '2027-12-28',
  ]);
  expect(bankHolidaysAround(Date.parse('2026-04-07T12:00:00Z'))).toEqual([
    '2025-12-25',
    '2025-12-26',
    '2026-01-01',
    '2026-04-03',
    '2026-04-06',
  ]);
});
