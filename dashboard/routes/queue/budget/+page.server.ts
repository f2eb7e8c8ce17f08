/** How many items of the queue are shown each week, of the viewer's organisations; a guardian sets it. */
import { error, fail, redirect } from '@sveltejs/kit';
import {
  items_per_week_max,
  maySetBudget,
  parseBudgetForm,
  readBudgets,
  setBudget,
} from '../../../lib/server/queue-budgets.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals }) => {
  const { viewer, reader, record, services } = locals;
  if (!viewer) error(403, 'You may not see this page.', { remedy: 'Sign in first.' });
  const { budgets, earlier } = await readBudgets(reader, viewer, services.clock.now());
  await record({
    action: 'list',
    subject_kind: 'queue_budgets',
    subject_ids: budgets.map(({ organisation_code }) => organisation_code),
  });
  return { budgets, earlier, items_per_week_max, may_set: maySetBudget(viewer) };
};

export const actions: Actions = {
  set: async ({ locals, request }) => {
    const { viewer, services, record } = locals;
    const asked = parseBudgetForm(await request.formData());
    const is_theirs =
      viewer !== undefined &&
      maySetBudget(viewer) &&
      viewer.organisation_codes.includes(asked.organisation_code);
    if (!is_theirs) {
      await record({ action: 'refused', subject_kind: 'queue_budget' });
      error(403, 'You may not set that budget.', {
        remedy: 'A guardian of the organisation sets it: ask them.',
      });
    }
    if ('problem' in asked) return fail(400, asked);
    await setBudget({ viewer, services, record }, asked);
    redirect(303, '/queue/budget');
  },
};
