/** The cases of the detectors as a suite, in shares, so that test files run side by side: one engine each. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  alertsOfLastDay,
  alertsUnder,
  candidatesNow,
  fingerprint,
  mutationNamed,
  readCases,
  runCase,
} from '../../../analytics/case-harness.ts';
import { loadDetectors, type Detector } from '../../../analytics/detectors.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { useEngine } from '../../support/engines.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

/**
 * The cases of a share of the detectors, and of the mutations that they pin `all` or one of each detector.
 *
 * A threshold that somebody moves breaks a case by itself. That it would, of every threshold, is what moving them shows:
 * it speaks of the cases, holds until one of them changes, and takes as long again, so it is a project of its own. There
 * each case's last day is judged by itself as well, as the batches of a busier exchange would have it.
 *
 * The two engines share one parser and one arithmetic; what may differ between them, lateness.int.test.ts runs on both.
 */
export function describeCases(
  share: number,
  shares: number,
  moved: 'all' | 'one a detector',
): void {
  const engine = useEngine('embedded');
  // A case is some rows and much planning, which a second thread makes dearer.
  beforeAll(() => engine().client.command({ name: 'threads', text: 'SET max_threads = 1' }));
  beforeEach(() => engine().truncate());

  describe.each(dealt(shares)[share]?.map((detector) => [detector.id, detector] as const) ?? [])(
    '%s',
    (_id, detector) => {
      const cases = readCases(detector.id);
      const first = cases.find(({ pins }) => pins.length > 0);
      it.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
        const { client } = engine();
        const alerts = await runCase(client, clock, detector, one);
        expect(alerts, 'an alert too many or too few').toHaveLength(one.expect.length);
        for (const expected of one.expect)
          expect(alerts).toContainEqual(expect.objectContaining(nested(expected)));

        const candidates = await candidatesNow(client, detector);
        for (const { day } of candidates ? alerts : [])
          expect(candidates, `${day} is passed over`).toContain(day);

        const alone = moved === 'all' ? await alertsOfLastDay(client, detector) : undefined;
        if (alone) {
          expect(
            alone.alerts,
            `${alone.day} by itself says otherwise than among the others`,
          ).toEqual(alerts.filter(({ day }) => day === alone.day));
        }

        // That every mutation is pinned by some case, corpus.test.ts asks of the files.
        for (const pin of moved === 'all' ? one.pins : one === first ? one.pins.slice(0, 1) : []) {
          const { params, is_weight } = mutationNamed(pin, detector);
          const moved = await alertsUnder(client, detector, params);
          expect(fingerprint(moved, is_weight), `${pin} changes nothing`).not.toBe(
            fingerprint(alerts, is_weight),
          );
        }
      });
    },
  );
}

/** The detectors in shares of about as many cases: the one with the most cases goes to the lightest share. */
function dealt(shares: number): Detector[][] {
  const hands = Array.from({ length: shares }, () => ({ cases: 0, detectors: [] as Detector[] }));
  const counted = loadDetectors()
    .map((detector) => ({ detector, cases: readCases(detector.id).length }))
    .sort((a, b) => b.cases - a.cases);
  for (const { detector, cases } of counted) {
    const lightest = hands.reduce((least, hand) => (hand.cases < least.cases ? hand : least));
    lightest.cases += cases;
    lightest.detectors.push(detector);
  }
  return hands.map(({ detectors }) => detectors);
}

/** The expected fields of a row; of `facts`, those that are named. */
function nested(expected: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { facts, ...rest } = expected;
  return facts === undefined ? rest : { ...rest, facts: expect.objectContaining(facts as object) };
}
