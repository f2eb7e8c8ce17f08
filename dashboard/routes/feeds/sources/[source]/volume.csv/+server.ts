/** The hours of a source and their forecast, as CSV. */
import { error } from '@sveltejs/kit';
import { stringify } from 'csv-stringify/sync';
import { findSource, readVolume } from '../../../../../lib/server/feed-source.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals, params }) => {
  const feed = await findSource(locals, params.source);
  if (!feed) error(404, 'There is no such source.', { remedy: 'Choose one on the feeds page.' });
  const sees_refusals = locals.viewer?.role !== 'programme_lead';
  const hours = await readVolume(locals, feed.source);
  await locals.record({
    action: 'export',
    subject_kind: 'feeds',
    detail: JSON.stringify({ source: feed.source, of: 'volume' }),
  });
  const csv = stringify(
    hours.map(({ at_ms, events, forecast, spread, stored, duplicates, refused }) => [
      new Date(at_ms).toISOString(),
      events,
      forecast ?? '',
      spread === null ? '' : spread.toFixed(1),
      stored,
      duplicates,
      ...(sees_refusals ? [refused] : []),
    ]),
    {
      header: true,
      columns: [
        'hour',
        'events_occurred',
        'forecast',
        'spread',
        'events_stored',
        'duplicates',
        ...(sees_refusals ? ['refused'] : []),
      ],
    },
  );
  return new Response(csv, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="volume-by-hour.csv"',
    },
  });
};
