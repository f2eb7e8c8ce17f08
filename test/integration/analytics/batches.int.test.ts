import { beforeEach, describe, expect, it } from 'vitest';
import { runCycle } from '../../../analytics/cycle.ts';
import { isOutOfMemory } from '../../../analytics/errors.ts';
import { checkInvariants } from '../../../analytics/invariants.ts';
import type { Binds, SqlClient } from '../../../sql/client.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { QueryError } from '../../../sql/sql-client.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { useEngine } from '../../support/engines.ts';
import { loadsInto } from './given.ts';
import { makeWorld } from './small-world.ts';

/** Some live and some scheduled, of each day and of weeks: planning all of them for each day takes minutes. */
const judging = [
  'household',
  'own_record',
  'protected_view',
  'colleague',
  'fixation',
  'out_of_area',
];
const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

describe('days that are too much for a query at once', () => {
  const engine = useEngine('embedded');
  beforeEach(() => engine().truncate());

  const select = (text: string) => engine().client.rows(parseStatement('t', text));

  /** Four days judged through `client`. Returns what came of them, and how each detector's run ended. */
  async function judged(client: SqlClient) {
    await engine().truncate();
    const loads = loadsInto(engine().client);
    const { reference, days } = makeWorld(7);
    for (const [dataset, rows] of Object.entries(reference)) await loads.reference(dataset, rows);
    for (const rows of days) await loads.events(rows);
    const { detectors, built_days } = await runCycle(
      { client, clock },
      { is_settling: true, judges: ({ id }) => judging.includes(id) },
    );
    return {
      built_days,
      detectors,
      accesses: await select('SELECT * EXCEPT (build) FROM accesses ORDER BY ALL'),
      explained: await select('SELECT * EXCEPT (build) FROM access_explanations ORDER BY ALL'),
      links: await select('SELECT * EXCEPT (build) FROM access_links ORDER BY ALL'),
      alerts: await select(
        'SELECT * EXCEPT (raised_at, recorded_at, run_id) FROM alerts ORDER BY ALL',
      ),
    };
  }

  /** The client, whose engine has no room for a statement that is about more than `days_max` days. */
  function cramped(days_max: number, isMeant: (statement: string) => boolean) {
    const { client } = engine();
    const refused: string[] = [];
    const admit = (name: string, binds: Binds = {}): void => {
      const days = binds['days'];
      if (!isMeant(name) || !Array.isArray(days) || days.length <= days_max) return;
      refused.push(name);
      throw new QueryError(name, 'MEMORY_LIMIT_EXCEEDED', '');
    };
    const cramped: SqlClient = {
      ...client,
      rows: async (statement, binds, options) => {
        admit(statement.name, binds);
        return client.rows(statement, binds, options);
      },
      insertSelect: async (statement, binds, options) => {
        admit(statement.name, binds);
        return client.insertSelect(statement, binds, options);
      },
    };
    return { cramped, refused };
  }

  it('are built and judged in halves, which come to the same', async () => {
    const at_once = await judged(engine().client);
    expect(at_once.alerts.length).toBeGreaterThan(10);
    // The last roll-up but two, so that what the failed batch wrote by then has to be left alone.
    const { cramped: small, refused } = cramped(
      1,
      (name) => name.endsWith('/access_links.sql') || name.includes('/detectors/'),
    );
    expect(await judged(small)).toEqual(at_once);
    expect(refused.filter((name) => name.endsWith('/access_links.sql'))).not.toEqual([]);
    // Each detector was refused four days, and then two.
    const of_detectors = refused.filter((name) => name.includes('/detectors/'));
    expect(of_detectors).toHaveLength(2 * judging.length);
    expect(await checkInvariants(engine().client)).toEqual([]);
  });

  it('fail where a day by itself is too much: the detector says so, and the others judge', async () => {
    const { cramped: none } = cramped(0, (name) => name.includes('/detectors/household/'));
    const { detectors } = await judged(none);
    expect(detectors.filter(({ status }) => status === 'failed')).toEqual([
      expect.objectContaining({
        detector_id: 'household',
        detail: 'QUERY_FAILED MEMORY_LIMIT_EXCEEDED',
      }),
    ]);
  });

  it('are told by what the engine itself says', async () => {
    const too_much = engine().client.rows(
      parseStatement('t', 'SELECT length(groupArray(toString(number))) FROM numbers(1000000000)'),
    );
    const error = await too_much.catch((cause: unknown) => cause);
    expect(isOutOfMemory(error)).toBe(true);
  });
});
