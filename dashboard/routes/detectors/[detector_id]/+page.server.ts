/** One detector: why it is there, how it does, what was decided of it, and a way to try a change. */
import { error, fail, redirect } from '@sveltejs/kit';
import {
  activate,
  isTheirs,
  mayDecide,
  parseActivationForm,
  parseParams,
  requestReplay,
  saveReplayed,
  type Deciding,
} from '../../../lib/server/detector-decisions.ts';
import { weeklyVolume } from '../../../charts/weekly-volume.ts';
import { weeksFinding } from '../../../lib/server/detector-figures.ts';
import { drawChart } from '../../../lib/server/render-chart.ts';
import { readDetector } from '../../../lib/server/detector-list.ts';
import type { Actions, PageServerLoad, RequestEvent } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
  const { viewer, reader, record } = locals;
  if (!viewer) error(403, 'You may not see this page.', { remedy: 'Sign in first.' });
  const detector = await readDetector(reader, viewer, params.detector_id);
  if (!detector) notFound();
  await record({
    action: 'view',
    subject_kind: 'detector',
    subject_ids: [...new Set(detector.replayed.map(({ alert_id }) => alert_id))],
    detail: JSON.stringify({ detector_id: params.detector_id }),
  });
  return {
    detector,
    volume: {
      finding: weeksFinding(detector.weeks),
      svg: drawChart(
        weeklyVolume,
        detector.weeks,
        'Bar chart of alerts by week, those that stand and those withdrawn since',
      ),
    },
    may_decide: mayDecide(viewer),
    is_administrator: viewer.role === 'administrator',
  };
};

export const actions: Actions = {
  activate: async (event) => {
    const { deciding, detector } = await given(event);
    if (!mayDecide(deciding.viewer)) notTheirs();
    const asked = parseActivationForm(await event.request.formData());
    if ('problem' in asked) return fail(400, { at: 'activate', problem: asked.problem });
    if (!isTheirs(deciding.viewer, asked.organisation_code)) notTheirs();
    await activate(deciding, event.params.detector_id, detector.version.code_version, asked);
    redirect(303, `/detectors/${event.params.detector_id}#activation`);
  },
  try: async (event) => {
    const { deciding, detector } = await given(event);
    const form = await event.request.formData();
    const changed = parseParams(form, detector.params_now);
    if ('problem' in changed && typeof changed.problem === 'string')
      return fail(400, { at: 'try', problem: changed.problem });
    const organisation = textOf(form, 'organisation');
    if (!isTheirs(deciding.viewer, organisation)) notTheirs();
    const reason = textOf(form, 'reason');
    await requestReplay(
      deciding,
      event.params.detector_id,
      organisation,
      changed as Record<string, number | string>,
      reason,
    );
    redirect(303, `/detectors/${event.params.detector_id}#replays`);
  },
  save: async (event) => {
    const { deciding, detector } = await given(event);
    if (!mayDecide(deciding.viewer)) notTheirs();
    const problem = await saveReplayed(deciding, detector.replays, await event.request.formData());
    if (problem !== undefined) return fail(400, { at: 'save', problem });
    redirect(303, `/detectors/${event.params.detector_id}#activation`);
  },
};

async function given({ locals, params }: RequestEvent) {
  const { viewer, reader, services } = locals;
  if (!viewer) notTheirs();
  const detector = await readDetector(reader, viewer, params.detector_id);
  if (!detector) notFound();
  const deciding: Deciding = { services, viewer, reader, record: locals.record };
  return { deciding, detector };
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

function notFound(): never {
  error(404, 'There is no such detector.', { remedy: 'Choose one on the detectors page.' });
}

function notTheirs(): never {
  error(403, 'You may not decide that.', {
    remedy: 'A guardian decides for their organisations, an administrator for all the others.',
  });
}
