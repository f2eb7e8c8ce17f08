/** The shares of the page as CSV: by month, by explanation or by organisation. */
import { error } from '@sveltejs/kit';
import { stringify } from 'csv-stringify/sync';
import {
  readExplainedBy,
  readExplainedMonths,
  readExplainedOrganisations,
} from '../../../lib/server/explained.ts';
import type { RequestHandler } from './$types';

const shares = ['accesses', 'explained', 'to_the_team', 'inferred_only'];
const columns: Readonly<Record<string, readonly string[]>> = {
  month: ['month', ...shares, 'is_partial'],
  explanation: ['id', 'name', 'share'],
  organisation: ['code', 'name', 'type_name', ...shares],
};

export const GET: RequestHandler = async ({ locals, url }) => {
  const by = url.searchParams.get('by') ?? 'month';
  const found = Object.hasOwn(columns, by) ? columns[by] : undefined;
  if (!found) {
    error(404, 'There are no shares by that.', {
      remedy: `Ask for one of: ${Object.keys(columns).join(', ')}.`,
    });
  }
  const months = await readExplainedMonths(locals.reader);
  const shown =
    months.find(({ month }) => month === url.searchParams.get('month')) ?? months.at(-1);
  const rows =
    by === 'month' || !shown
      ? months
      : by === 'explanation'
        ? await readExplainedBy(locals.reader, shown.month, shown.accesses)
        : await readExplainedOrganisations(locals.reader, shown.month);
  await locals.record({ action: 'export', subject_kind: 'explained_shares', detail: by });
  const csv = stringify([...rows], {
    header: true,
    columns: [...found],
    cast: { boolean: String },
    // A name that begins like a formula would run in the reader's spreadsheet.
    escape_formulas: true,
  });
  return new Response(csv, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="explained-by-${by}.csv"`,
    },
  });
};
