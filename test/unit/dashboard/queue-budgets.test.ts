/** The form of the weekly budget: what it takes, and how it says what is wrong. */
import { expect, test } from 'vitest';
import * as ranking from '../../../analytics/ranking/budget.ts';
import {
  default_items_per_week,
  items_per_week_max,
  maySetBudget,
  parseBudgetForm,
} from '../../../dashboard/lib/server/queue-budgets.ts';
import { roles } from '../../../dashboard/lib/server/roles.ts';

function parse(change: Record<string, string>) {
  const form = new FormData();
  const filled = { organisation: 'RTA01', items: '12', reason: 'Two reviewers.', ...change };
  for (const [name, value] of Object.entries(filled)) form.set(name, value);
  return parseBudgetForm(form);
}

test('the page calls the default what the ranking takes for it', () => {
  expect(default_items_per_week).toBe(ranking.default_items_per_week);
});

test('a whole number with a reason is taken, at either bound too', () => {
  expect(parse({})).toEqual({
    organisation_code: 'RTA01',
    items_per_week: 12,
    reason: 'Two reviewers.',
  });
  for (const items of ['1', ' 7 ', String(items_per_week_max)])
    expect(parse({ items })).toMatchObject({ items_per_week: Number(items) });
});

test.each(['', '0', '-3', '2.5', '1e2', '0x10', 'twenty', '501', '9'.repeat(400)])(
  'the number %j is refused with the bounds, and what was filled in stays',
  (items) => {
    expect(parse({ items })).toEqual({
      problem: 'Write a whole number of items a week, from 1 to 500.',
      organisation_code: 'RTA01',
      items,
      reason: 'Two reviewers.',
    });
  },
);

test('a reason is asked for, and not a long one', () => {
  expect(parse({ reason: '  ' })).toMatchObject({ problem: 'Say why the number is changed.' });
  expect(parse({ reason: 'x'.repeat(1_001) })).toMatchObject({
    problem: 'Say why in 1000 characters at most.',
  });
});

test('a form without any field is refused in a sentence', () => {
  expect(parseBudgetForm(new FormData())).toHaveProperty('problem');
});

test('guardians alone set it', () => {
  expect(roles.filter((role) => maySetBudget({ role }))).toEqual(['guardian']);
  expect(maySetBudget(undefined)).toBe(false);
});
