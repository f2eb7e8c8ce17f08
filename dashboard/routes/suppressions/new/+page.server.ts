/** Leaving out what is like an alert: first what it would have hidden, then the decision. */
import { error, fail, redirect } from '@sveltejs/kit';
import {
  parseSuppressionForm,
  previewSuppression,
  readSubject,
  suppress,
} from '../../../lib/server/alert-suppressions.ts';
import { detectorTitle, readDetectors } from '../../../lib/server/detectors.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const { alert_id, subject } = await alertOf(locals, url);
  const detectors = await readDetectors(locals.reader);
  await locals.record({ action: 'view', subject_kind: 'alert', subject_ids: [alert_id] });
  return {
    alert_id,
    title: detectorTitle(detectors, subject.detector_id),
    staff_id: subject.staff_id,
    organisation: subject.organisation_code,
    has_patient: subject.patient_id !== '',
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

/** The alert that the address names. */
async function alertOf(locals: App.Locals, url: URL) {
  const alert_id = url.searchParams.get('alert') ?? '';
  const subject = await readSubject(locals.reader, alert_id);
  if (!subject)
    error(404, 'There is nothing at this address.', { remedy: 'Begin with an alert’s page.' });
  return { alert_id, subject };
}
