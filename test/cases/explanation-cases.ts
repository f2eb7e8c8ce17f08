/** The cases of the explanations as a suite. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mutationNamed } from '../../analytics/case-harness.ts';
import {
  readExplanationCases,
  runExplanationCase,
  saidFingerprint,
  saidUnder,
} from '../../analytics/explanation-cases.ts';
import { loadExplanations } from '../../analytics/explanations.ts';
import { fixedClock } from '../../sql/clock.ts';
import { useEngine } from '../support/engines.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

/** All cases of the explanations with all mutations that they pin, or one case of each. */
export function describeExplanationCases(which: 'all' | 'one of each'): void {
  const engine = useEngine('embedded');
  // A case is some rows and much planning, which a second thread makes dearer.
  beforeAll(() => engine().client.command({ name: 'threads', text: 'SET max_threads = 1' }));
  beforeEach(() => engine().truncate());

  describe.each(loadExplanations().map((explanation) => [explanation.id, explanation] as const))(
    '%s',
    (id, explanation) => {
      const cases = readExplanationCases(id);
      it.each((which === 'all' ? cases : cases.slice(0, 1)).map((one) => [one.name, one] as const))(
        '%s',
        async (_name, one) => {
          const { client } = engine();
          const said = await runExplanationCase(client, clock, explanation, one);
          expect(said, 'an access too many or too few').toHaveLength(one.expect.length);
          for (const expected of one.expect)
            expect(said).toContainEqual(expect.objectContaining(expected));

          // That every mutation is pinned by some case, corpus.test.ts asks of the files.
          for (const pin of one.pins) {
            const moved = await saidUnder(
              client,
              explanation,
              mutationNamed(pin, explanation).params,
            );
            expect(saidFingerprint(moved), `${pin} changes nothing`).not.toBe(
              saidFingerprint(said),
            );
          }
        },
      );
    },
  );
}
