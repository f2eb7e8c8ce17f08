import { beforeEach, describe, expect, it } from 'vitest';
import { runCycle } from '../../../analytics/cycle.ts';
import { checkInvariants } from '../../../analytics/invariants.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { useEngine } from '../../support/engines.ts';
import { loadsInto, type Row } from './given.ts';
import { makeWorld, seeded, shuffled } from './small-world.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
const world = makeWorld(20260302);

// deliveries/metamorphic.test.ts holds alerts and explanations on both engines; this asks for more orders, on one.
describe('what explains each access', () => {
  const engine = useEngine('embedded');
  let expected: unknown;
  beforeEach(() => engine().truncate());

  /** Builds what is dirty and judges nothing: the cycle is about what the days say of each other. */
  const build = () =>
    runCycle({ client: engine().client, clock }, { is_settling: true, judges: () => false });

  async function explained() {
    await build();
    expect(await build(), 'nothing is left to build').toMatchObject({ built_days: 0 });
    expect(await checkInvariants(engine().client)).toEqual([]);
    const rows = <T>(text: string) => engine().client.rows<T>(parseStatement('t', text));
    return {
      explanations: await rows<{ explanation_id: string; evidence: string; strength: string }>(
        `SELECT day, staff_id, organisation_code, patient_id, explanation_id, strength, evidence
         FROM access_explanations ORDER BY ALL`,
      ),
      links: await rows(
        `SELECT day, staff_id, organisation_code, patient_id, team, strength, explanation_ids
         FROM access_links ORDER BY ALL`,
      ),
      coverage: await rows('SELECT * EXCEPT build FROM link_coverage ORDER BY ALL'),
    };
  }

  it('is what all kinds of explanations say when it comes in order, built once', async () => {
    const loads = loadsInto(engine().client);
    for (const [dataset, rows] of Object.entries(world.reference))
      await loads.reference(dataset, rows);
    await loads.events(world.days.flat());
    const all = await explained();
    const said = new Set(all.explanations.map((row) => `${row.explanation_id} ${row.strength}`));
    for (const one of [
      'earlier_explained team',
      'earlier_explained organisation',
      'team_cluster team',
    ])
      expect(said).toContain(one);
    expected = all;
  });

  it.each([1])(
    'is the same in any order, built after each load, days and late halves of days (%i)',
    async (seed) => {
      const random = seeded(seed);
      const loads = loadsInto(engine().client);
      const parts = world.days.flatMap((rows) => [
        () => loads.events(rows.filter((_row, index) => index % 2 === 0)),
        () => loads.events(rows.filter((_row, index) => index % 2 === 1)),
      ]);
      const half = (rows: readonly Row[], odd: number) =>
        rows.filter((_row, index) => index % 2 === odd);
      const references = Object.entries(world.reference).flatMap(([dataset, rows]) => [
        () => loads.reference(dataset, half(rows, 0)),
        () => loads.reference(dataset, half(rows, 1)),
      ]);
      for (const [index, load] of shuffled(random, [...parts, ...references]).entries()) {
        await load();
        // Two loads in three are built by themselves, the others together with the next.
        if (index % 3 !== 2) await build();
      }
      expect(await explained()).toEqual(expected);
    },
  );
});
