/** How much of what staff open is explained by care on record: shares alone, for every role. */
import { monthlyBars } from '../../charts/monthly-bars.ts';
import { rankedBars } from '../../charts/ranked-bars.ts';
import { formatMonth } from '../../lib/format.ts';
import {
  explainedFinding,
  readExplainedBy,
  readExplainedMonths,
  readExplainedOrganisations,
} from '../../lib/server/explained.ts';
import { drawChart } from '../../lib/server/render-chart.ts';
import type { PageServerLoad } from './$types';

const organisations_shown = 50;

export const load: PageServerLoad = async ({ locals, url }) => {
  const months = await readExplainedMonths(locals.reader);
  const asked = url.searchParams.get('month');
  const shown =
    months.find(({ month }) => month === asked) ??
    months.findLast(({ is_partial }) => !is_partial) ??
    months.at(-1);
  if (!shown) return { explained: undefined };
  const [organisations, by] = await Promise.all([
    readExplainedOrganisations(locals.reader, shown.month),
    readExplainedBy(locals.reader, shown.month, shown.accesses),
  ]);
  const name = formatMonth(shown.month);
  const first = by[0];
  return {
    explained: {
      shown,
      month_name: name,
      months: months.map((row) => ({ ...row, text: formatMonth(row.month) })),
      finding: explainedFinding(months),
      svg: drawChart(
        monthlyBars,
        months.map(({ month, explained, is_partial }) => ({
          month,
          value: explained === '*' ? null : explained,
          is_partial,
        })),
        'Bar chart of the share of accesses that is explained, in percent, by month',
      ),
      by,
      by_finding: first
        ? `${first.name} explains the most accesses in ${name}: ${first.share}%`
        : `Nothing explains an access in ${name} yet`,
      by_svg: drawChart(
        rankedBars,
        by.map((row) => ({ name: row.name, value: row.share })),
        `Bar chart of the share of accesses by explanation, in percent, ${name}`,
      ),
      thin: organisations.filter(({ is_thin }) => is_thin).length,
      organisations: organisations.slice(0, organisations_shown),
      organisations_total: organisations.length,
    },
  };
};
