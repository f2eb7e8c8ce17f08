/** Leaving out what is like an alert: first what it would have hidden, then the decision. */
import { error, fail, redirect } from '@sveltejs/kit';
import { readAlert } from '../../../lib/server/alert-detail.ts';
import {
  parseSuppressionForm,
  previewSuppression,
  suppress,
} from '../../../lib/server/alert-suppressions.ts';
import { detectorTitle, readDetectors } from '../../../lib/server/detectors.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const { alert_id, detail } = await alertOf(locals, url);
  await locals.record({ action: 'view', subject_kind: 'alert', subject_ids: [alert_id] });
  return {
    alert_id,
    title: detail.title,
    reason: detail.alert.reason,
    staff_id: detail.alert.staff_id,
    organisation: detail.alert.organisation_name || detail.alert.organisation_code,
    has_patient: detail.alert.patient_id !== '',
    name: locals.viewer?.name ?? '',
  };
};

export const actions: Actions = {
  preview: async ({ locals, request, url }) => {
    const { alert_id } = await alertOf(locals, url);
    const asked = parseSuppressionForm(await request.formData());
    if (asked.problem !== undefined) return fail(400, { problem: asked.problem });
    const [rows, detectors] = await Promise.all([
      previewSuppression(locals.reader, locals.services.clock.now(), alert_id, asked),
      readDetectors(locals.reader),
    ]);
    return {
      asked,
      preview: rows.map((row) => ({ ...row, title: detectorTitle(detectors, row.detector_id) })),
    };
  },
  save: async ({ locals, request, url }) => {
    const { viewer, reader, services } = locals;
    const { alert_id } = await alertOf(locals, url);
    const asked = parseSuppressionForm(await request.formData());
    if (asked.problem !== undefined) return fail(400, { problem: asked.problem });
    if (!viewer) error(403, 'You may not decide that.', { remedy: 'Sign in first.' });
    await suppress({ viewer, reader, services, record: locals.record }, alert_id, asked);
    redirect(303, '/suppressions');
  },
};

/** The alert that the address names. One that names nobody cannot be the ground of anything. */
async function alertOf(locals: App.Locals, url: URL) {
  const alert_id = url.searchParams.get('alert') ?? '';
  const detail = await readAlert(locals.reader, alert_id);
  if (!detail || detail.is_withheld)
    error(404, 'There is nothing at this address.', { remedy: 'Begin with an alert’s page.' });
  return { alert_id, detail };
}
