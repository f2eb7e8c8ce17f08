/** The alerts of a detector by week, as CSV. */
import { error } from '@sveltejs/kit';
import { stringify } from 'csv-stringify/sync';
import { readDetector } from '../../../../lib/server/detector-list.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals, params }) => {
  const { viewer, reader, record } = locals;
  if (!viewer) error(403, 'You may not see this page.', { remedy: 'Sign in first.' });
  const detector = await readDetector(reader, viewer, params.detector_id);
  if (!detector)
    error(404, 'There is no such detector.', { remedy: 'Choose one on the detectors page.' });
  await record({
    action: 'export',
    subject_kind: 'detector',
    detail: JSON.stringify({ detector_id: params.detector_id, of: 'weeks' }),
  });
  const csv = stringify(
    detector.weeks.map(({ week, alerts, withdrawn }) => [week, alerts, withdrawn]),
    { header: true, columns: ['week_from', 'alerts', 'of_them_withdrawn_since'] },
  );
  return new Response(csv, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="alerts-by-week.csv"',
    },
  });
};
