/** How much the record is used: published figures only, for every role. */
import { formatMonth } from '../../lib/format.ts';
import { drawChart } from '../../lib/server/render-chart.ts';
import {
  monthFinding,
  monthToShow,
  partFinding,
  readUsage,
  type UsageRow,
} from '../../lib/server/usage.ts';
import { monthlyBars } from '../../charts/monthly-bars.ts';
import { rankedBars } from '../../charts/ranked-bars.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const [months, by_area, by_type] = await Promise.all([
    readUsage(locals.reader, 'month'),
    readUsage(locals.reader, 'area'),
    readUsage(locals.reader, 'organisation_type'),
  ]);
  const month = monthToShow(months, url.searchParams.get('month'));
  if (month === undefined) return { usage: undefined };
  const areas = by_area.filter((row) => row.month === month);
  const types = by_type.filter((row) => row.month === month);
  const name = formatMonth(month);
  return {
    usage: {
      month,
      months: months.map((row) => ({ ...row, text: formatMonth(row.month) })),
      openings: {
        finding: monthFinding(months, 'openings'),
        svg: drawChart(
          monthlyBars,
          monthRows(months, 'openings'),
          'Bar chart of openings by month',
        ),
      },
      staff: {
        finding: monthFinding(months, 'staff'),
        svg: drawChart(
          monthlyBars,
          monthRows(months, 'staff'),
          'Bar chart of distinct staff by month',
        ),
      },
      areas: {
        rows: areas,
        finding: partFinding(areas, month, 'area'),
        svg: drawChart(rankedBars, rankedRows(areas), `Bar chart of openings by area, ${name}`),
      },
      types: {
        rows: types,
        finding: partFinding(types, month, 'type of organisation'),
        svg: drawChart(
          rankedBars,
          rankedRows(types),
          `Bar chart of openings by type of organisation, ${name}`,
        ),
      },
    },
  };
};

function monthRows(rows: readonly UsageRow[], figure: 'openings' | 'staff') {
  return rows.map(({ month, published, is_partial }) => ({
    month,
    value: shown(published[figure]),
    is_partial,
  }));
}

function rankedRows(rows: readonly UsageRow[]) {
  return rows.map(({ name, published }) => ({ name, value: shown(published.openings) }));
}

function shown(figure: number | '*'): number | null {
  return figure === '*' ? null : figure;
}
