/** One alert. Another organisation's is a 404, as is one that never was. */
import { error } from '@sveltejs/kit';
import { readAlert } from '../../../lib/server/alert-detail.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
  const { alert_id } = params;
  const detail = await readAlert(locals.reader, alert_id);
  if (!detail) {
    // What does not look like our ids may be anything that a person typed, and is not kept.
    const subject_ids = /^[0-9a-f]{16,64}$/.test(alert_id) ? [alert_id] : [];
    await locals.record({ action: 'refused', subject_kind: 'alert', subject_ids });
    error(404, 'There is nothing at this address.', {
      remedy: 'Check the address, or start again from the first page.',
    });
  }
  await locals.record({ action: 'view', subject_kind: 'alert', subject_ids: [alert_id] });
  return { detail };
};
