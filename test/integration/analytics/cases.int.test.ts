import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  alertsUnder,
  fingerprint,
  mutationsOf,
  readCases,
  runCase,
} from '../../../analytics/case-harness.ts';
import { loadDetectors } from '../../../analytics/detectors.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { useEngine } from '../../support/engines.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

// The two engines share one parser and one arithmetic; what may differ between them, lateness.int.test.ts runs on both.
describe('the cases of the detectors', () => {
  const engine = useEngine('embedded');
  beforeEach(() => engine().truncate());

  describe.each(loadDetectors().map((detector) => [detector.id, detector] as const))(
    '%s',
    (_id, detector) => {
      const mutations = mutationsOf(detector);
      const unmoved = new Set(mutations.map(({ name }) => name));

      it.each(readCases(detector.id).map((one) => [one.name, one] as const))(
        '%s',
        async (_name, one) => {
          const { client } = engine();
          const alerts = await runCase(client, clock, detector, one);
          expect(alerts, 'an alert too many or too few').toHaveLength(one.expect.length);
          for (const expected of one.expect)
            expect(alerts).toContainEqual(expect.objectContaining(nested(expected)));

          // One case that notices a move is enough, so the later ones need not try it.
          for (const { name, params, is_weight } of mutations) {
            if (!unmoved.has(name)) continue;
            const moved = await alertsUnder(client, detector, params);
            if (fingerprint(moved, is_weight) !== fingerprint(alerts, is_weight))
              unmoved.delete(name);
          }
        },
      );

      afterAll(() => {
        expect([...unmoved], 'params that can be moved without any case noticing').toEqual([]);
      });
    },
  );
});

/** The expected fields of a row; of `facts`, those that are named. */
function nested(expected: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { facts, ...rest } = expected;
  return facts === undefined ? rest : { ...rest, facts: expect.objectContaining(facts as object) };
}
