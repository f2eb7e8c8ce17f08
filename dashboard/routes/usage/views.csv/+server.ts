/** The figures of the usage page as CSV, as published there. */
import { error } from '@sveltejs/kit';
import { stringify } from 'csv-stringify/sync';
import { cuts, readUsage, type Cut } from '../../../lib/server/usage.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals, url }) => {
  const by = url.searchParams.get('by') ?? 'month';
  if (!isCut(by)) {
    error(404, 'There are no figures by that.', { remedy: `Ask for one of: ${cuts.join(', ')}.` });
  }
  const rows = await readUsage(locals.reader, by);
  await locals.record({ action: 'export', subject_kind: 'usage', detail: by });
  const part =
    by === 'month'
      ? []
      : by === 'area'
        ? ['area_code', 'area_name']
        : ['organisation_type', 'organisation_type_name'];
  const csv = stringify(
    rows.map(({ month, code, name, published, is_partial }) => [
      month.slice(0, 7),
      ...(by === 'month' ? [] : [code, name]),
      published.openings,
      published.views,
      published.staff,
      is_partial,
    ]),
    {
      header: true,
      columns: ['month', ...part, 'openings', 'view_events', 'staff', 'is_partial'],
      cast: { boolean: String },
      // A name that begins like a formula would run in the reader's spreadsheet.
      escape_formulas: true,
    },
  );
  return new Response(csv, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="views-by-${by.replace('_', '-')}.csv"`,
    },
  });
};

function isCut(text: string): text is Cut {
  return (cuts as readonly string[]).includes(text);
}
