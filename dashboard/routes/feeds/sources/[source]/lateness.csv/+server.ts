/** How late the events of a source came, as CSV. */
import { error } from '@sveltejs/kit';
import { stringify } from 'csv-stringify/sync';
import { findSource, readLateness } from '../../../../../lib/server/feed-source.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals, params }) => {
  const feed = await findSource(locals, params.source);
  if (!feed) error(404, 'There is no such source.', { remedy: 'Choose one on the feeds page.' });
  const rows = await readLateness(locals, feed.source);
  await locals.record({
    action: 'export',
    subject_kind: 'feeds',
    detail: JSON.stringify({ source: feed.source, of: 'lateness' }),
  });
  const csv = stringify(
    rows.map(({ at_most_s, events }) => [at_most_s, events]),
    { header: true, columns: ['late_at_most_s', 'events'] },
  );
  return new Response(csv, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="lateness.csv"',
    },
  });
};
