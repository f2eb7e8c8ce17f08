/** One source: how it keeps to its rhythm, what was refused, and a way to run that again. No person is in it. */
import { error, fail, redirect } from '@sveltejs/kit';
import { hourlyVolume } from '../../../../charts/hourly-volume.ts';
import { rankedBars } from '../../../../charts/ranked-bars.ts';
import {
  findSource,
  latenessFinding,
  latenessText,
  readLateness,
  readVolume,
  sourceFacts,
  volumeFinding,
} from '../../../../lib/server/feed-source.ts';
import { drawChart } from '../../../../lib/server/render-chart.ts';
import { parseRerunForm, requestRerun, type Rerun } from '../../../../lib/server/reruns.ts';
import type { Actions, PageServerLoad } from './$types';

interface RejectCode {
  source: string;
  dataset: string;
  code: string;
  rows: number;
  last_at_ms: number;
}

const unknown_remedy = 'Choose one on the feeds page.';

export const load: PageServerLoad = async ({ locals, params }) => {
  const { reader, viewer } = locals;
  const { source } = params;
  const feed = await findSource(locals, source);
  if (!feed) error(404, 'There is no such source.', { remedy: unknown_remedy });
  const sees_refusals = viewer?.role !== 'programme_lead';
  const is_administrator = viewer?.role === 'administrator';
  const [hours, lateness, codes, reruns] = await Promise.all([
    readVolume(locals, source),
    readLateness(locals, source),
    sees_refusals ? reader.exchange<RejectCode>('reject_codes') : [],
    is_administrator ? reader.administrator<Rerun>('reruns', { source }) : [],
  ]);
  return {
    source,
    state: feed.state,
    problems: sees_refusals
      ? feed.problems
      : feed.problems.filter(({ code }) => code !== 'rejects_high'),
    notes: feed.notes,
    is_heard: feed.heard_at_ms > 0,
    facts: sourceFacts(feed, sees_refusals),
    sees_refusals,
    is_administrator,
    rejects: codes.filter((row) => row.source === source),
    reruns,
    volume: {
      finding: volumeFinding(feed, hours),
      // The latest hours first, as people look for them.
      hours: hours.toReversed(),
      has_forecast: hours.some(({ forecast }) => forecast !== null),
      svg: drawChart(hourlyVolume, hours, `Bar chart of events by hour of the last 7 days`),
    },
    lateness: {
      finding: latenessFinding(feed),
      rows: lateness.map((row) => ({ ...row, name: latenessText(row.at_most_s) })),
      svg: drawChart(
        rankedBars,
        lateness.map(({ at_most_s, events }) => ({ name: latenessText(at_most_s), value: events })),
        'Bar chart of events by how late they came',
        { is_ranked: false },
      ),
    },
  };
};

export const actions: Actions = {
  rerun: async ({ locals, params, request }) => {
    if (locals.viewer?.role !== 'administrator') {
      error(403, 'Only an administrator may run refusals again.', { remedy: 'Ask one of them.' });
    }
    const feed = await findSource(locals, params.source);
    if (!feed) error(404, 'There is no such source.', { remedy: unknown_remedy });
    const asked = parseRerunForm(await request.formData());
    if ('problem' in asked) return fail(400, { problem: asked.problem });
    await requestRerun(locals, feed.source, asked);
    redirect(303, `/feeds/sources/${encodeURIComponent(feed.source)}#reruns`);
  },
};
