/** How the weeks of a detector are put in a sentence. */
import { expect, test } from 'vitest';
import { weeksFinding } from '../../../dashboard/lib/server/detector-figures.ts';

const weeks = (...alerts: number[]) =>
  alerts.map((count, index) => ({
    week: new Date(Date.UTC(2026, 9, 5) + index * 7 * 86_400_000).toISOString().slice(0, 10),
    alerts: count,
    withdrawn: 0,
  }));

test.each([
  [[], 'No alert yet'],
  [[1], '1 alert in the week from 5 Oct 2026'],
  [[4, 2], '2 alerts in the week from 12 Oct 2026, 4 in the one before'],
  [[4, 1, 0], '0 alerts in the week from 19 Oct 2026, 2.5 a week in the 2 before'],
  [[0, 0, 0], 'No alert in the latest 3 weeks'],
])('of %j a week it says “%s”', (alerts, sentence) => {
  expect(weeksFinding(weeks(...alerts))).toBe(sentence);
});
