/** The weekly budget: what holds, who set it, and that the queue follows. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { refreshQueue } from '../../../analytics/ranking/build.ts';
import { readBudgets, setBudget } from '../../../dashboard/lib/server/queue-budgets.ts';
import { createReader } from '../../../dashboard/lib/server/scope.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { fillSmallExchange, other_trust, trust } from '../../browser/small-exchange.ts';
import { onEachEngine } from '../../support/engines.ts';

const clock = fixedClock(Date.parse('2026-11-20T12:00:00Z'));
const viewer = {
  user_id: 'u1',
  role: 'guardian',
  organisation_codes: [trust, 'NEW01'],
} as const;

onEachEngine('the weekly budget', (engine) => {
  const looks: object[] = [];
  const read = () => readBudgets(createReader(engine().client, viewer), viewer, clock.now());
  const rows = (text: string) => engine().client.rows(parseStatement('test', text));
  const set = (items_per_week: number, reason: string, organisation_code: string = trust) =>
    setBudget(
      {
        services: { clock, people: engine().client },
        viewer,
        async record(look) {
          looks.push({ ...look, set_before: (await rows('SELECT * FROM queue_budgets')).length });
        },
      },
      { organisation_code, items_per_week, reason },
    );

  beforeAll(async () => {
    await fillSmallExchange(engine().client, clock.now());
    await engine().client.insert('user_versions', [
      { user_id: 'u1', version: 1, name: 'Gwen Guardian', role: 'guardian', changed_at: 1 },
    ]);
  });
  beforeEach(async () => {
    await engine().client.command({ name: 'test', text: 'TRUNCATE TABLE queue_budgets' });
    looks.length = 0;
  });

  test('without any row the default holds, for an organisation that no feed names too', async () => {
    const { budgets, earlier } = await read();
    expect(budgets).toMatchObject([
      { organisation_code: 'NEW01', organisation_name: 'NEW01', ground: 'default', weeks: [] },
      {
        organisation_code: trust,
        items_per_week: 20,
        ground: 'default',
        weeks: [{ monday: '2026-11-16', shown: 2, below: 0 }],
      },
    ]);
    expect(earlier).toEqual([]);
  });

  test('the newest holds, with who, when and why, and what was before stays readable', async () => {
    await set(5, 'One reviewer.');
    clock.set(clock.now() + 1000);
    await set(9, 'Two reviewers.');
    const { budgets, earlier } = await read();
    expect(budgets[1]).toMatchObject({
      items_per_week: 9,
      ground: 'own',
      author_name: 'Gwen Guardian',
      reason: 'Two reviewers.',
      set_at_ms: clock.now(),
    });
    expect(earlier).toMatchObject([{ items_per_week: 5, reason: 'One reviewer.' }]);
  });

  test('what is set for all holds where nobody set anything, and another organisation’s is not told', async () => {
    await set(7, 'Everybody.', '');
    await set(3, 'SECRET', other_trust);
    const seen = await read();
    expect(seen.budgets).toMatchObject([
      { items_per_week: 7, ground: 'general' },
      { items_per_week: 7, ground: 'general' },
    ]);
    expect(JSON.stringify(seen)).not.toMatch(/SECRET|RTB02/);
  });

  test('our own audit has it before it is written', async () => {
    await set(5, 'One reviewer.');
    expect(looks).toEqual([
      {
        action: 'command',
        subject_kind: 'queue_budget',
        subject_ids: [trust],
        detail: '{"items_per_week":5}',
        set_before: 0,
      },
    ]);
  });

  test('the queue is built anew from it, and shows as many', async () => {
    await refreshQueue(engine().client, clock);
    expect(await refreshQueue(engine().client, clock)).toBeUndefined();
    await set(1, 'One reviewer.');
    expect(await refreshQueue(engine().client, clock)).toBeDefined();
    const within = `SELECT countIf(is_within_budget) AS within, count() AS items FROM queue_entries
      WHERE organisation_code = '${trust}'`;
    expect(await rows(within)).toMatchObject([{ within: 1, items: 2 }]);
  });

  test('a role without alerts reads no budget', async () => {
    const lead = { user_id: 'u2', role: 'programme_lead', organisation_codes: [trust] } as const;
    const seen = await readBudgets(createReader(engine().client, lead), lead, clock.now());
    expect(seen.budgets).toEqual([]);
  });
});
