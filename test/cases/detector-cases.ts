/** The cases of the detectors as a suite. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  alertsOfLastDay,
  alertsUnder,
  candidatesNow,
  fingerprint,
  mutationNamed,
  readCases,
  runCase,
  type DetectorCase,
} from '../../analytics/case-harness.ts';
import { loadDetectors, type Detector } from '../../analytics/detectors.ts';
import { fixedClock } from '../../sql/clock.ts';
import { useEngine } from '../support/engines.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

/**
 * All cases of these detectors with all mutations that they pin, or one case of each with one.
 *
 * That a threshold which somebody moves breaks a case is what moving each of them shows. A case's last day is judged by
 * itself as well, as the batches of a busier exchange would have it.
 *
 * The two engines share one parser and one arithmetic; what may differ between them, lateness.int.test.ts runs on both.
 */
export function describeDetectorCases(
  detectors: readonly Detector[],
  which: 'all' | 'one of each',
): void {
  const engine = useEngine('embedded');
  // A case is some rows and much planning, which a second thread makes dearer.
  beforeAll(() => engine().client.command({ name: 'threads', text: 'SET max_threads = 1' }));
  beforeEach(() => engine().truncate());

  describe.each(detectors.map((detector) => [detector.id, detector] as const))(
    '%s',
    (_id, detector) => {
      it.each(chosen(detector, which).map((one) => [one.name, one] as const))(
        '%s',
        async (_name, one) => {
          const { client } = engine();
          const alerts = await runCase(client, clock, detector, one);
          expect(alerts, 'an alert too many or too few').toHaveLength(one.expect.length);
          for (const expected of one.expect)
            expect(alerts).toContainEqual(expect.objectContaining(nested(expected)));

          const candidates = await candidatesNow(client, detector);
          for (const { day } of candidates ? alerts : [])
            expect(candidates, `${day} is passed over`).toContain(day);

          const alone = await alertsOfLastDay(client, detector);
          if (alone) {
            expect(
              alone.alerts,
              `${alone.day} by itself says otherwise than among the others`,
            ).toEqual(alerts.filter(({ day }) => day === alone.day));
          }

          // That every mutation is pinned by some case, corpus.test.ts asks of the files.
          for (const pin of one.pins.slice(0, which === 'all' ? undefined : 1)) {
            const { params, is_weight } = mutationNamed(pin, detector);
            const moved = await alertsUnder(client, detector, params);
            expect(fingerprint(moved, is_weight), `${pin} changes nothing`).not.toBe(
              fingerprint(alerts, is_weight),
            );
          }
        },
      );
    },
  );
}

/** Of one of each, the first that raises something and pins a threshold, if any does. */
function chosen({ id }: Detector, which: 'all' | 'one of each'): DetectorCase[] {
  const cases = readCases(id);
  if (which === 'all') return cases;
  const telling = cases.find(({ pins, expect: raised }) => pins.length > 0 && raised.length > 0);
  return [telling ?? cases[0]].filter((one) => one !== undefined);
}

/**
 * A share of the detectors, numbered from 0, so that test files run side by side: one engine each. The shares have about
 * as many cases: the detector with the most goes to the lightest.
 */
export function detectorsInShare(share: number, shares: number): Detector[] {
  const hands = Array.from({ length: shares }, () => ({ cases: 0, detectors: [] as Detector[] }));
  const counted = loadDetectors()
    .map((detector) => ({ detector, cases: readCases(detector.id).length }))
    .sort((a, b) => b.cases - a.cases);
  for (const { detector, cases } of counted) {
    const lightest = hands.reduce((least, hand) => (hand.cases < least.cases ? hand : least));
    lightest.cases += cases;
    lightest.detectors.push(detector);
  }
  return hands[share]?.detectors ?? [];
}

/** The expected fields of a row; of `facts`, those that are named. */
function nested(expected: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { facts, ...rest } = expected;
  return facts === undefined ? rest : { ...rest, facts: expect.objectContaining(facts as object) };
}
