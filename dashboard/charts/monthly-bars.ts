/** One bar a month: how something went over time. */
import * as Plot from '@observablehq/plot';
import { axis_colour, bar_colour, text_px } from './style.ts';

export interface MonthRow {
  /** First day of the month, YYYY-MM-DD. */
  readonly month: string;
  /** Null where the figure is hidden. */
  readonly value: number | null;
  readonly is_partial: boolean;
}

const months_max = 13;
const short_month = new Intl.DateTimeFormat('en-GB', { month: 'short', timeZone: 'UTC' });

/** `width` in pixels. The latest thirteen months, so that the same month of the year before is among them. */
export function monthlyBars(
  rows: readonly MonthRow[],
  { width }: { width: number },
): Plot.PlotOptions {
  const shown = rows.slice(-months_max);
  // On a phone only every so many months find room for their name.
  const step = Math.ceil((shown.length * 48) / (width - 80));
  const ticks = shown.filter((_, index) => (shown.length - 1 - index) % step === 0);
  const partial = new Set(shown.filter(({ is_partial }) => is_partial).map(({ month }) => month));
  const tickText = (month: string, index: number) => {
    const name = short_month.format(Date.parse(month)).replace('Sept', 'Sep');
    const year = index === 0 || month.slice(5, 7) === '01' ? `\n${month.slice(0, 4)}` : '';
    return `${name}${year}${partial.has(month) ? '\npart' : ''}`;
  };
  return {
    width,
    height: 300,
    marginLeft: 80,
    marginBottom: 70,
    marginTop: 24,
    x: { type: 'band', domain: shown.map(({ month }) => month), padding: 0.25 },
    y: { nice: true, zero: true },
    marks: [
      Plot.axisX(
        ticks.map(({ month }) => month),
        {
          tickFormat: tickText,
          tickSize: 0,
          tickPadding: 8,
          color: axis_colour,
          label: null,
          fontSize: text_px,
        },
      ),
      Plot.axisY({
        ticks: 4,
        tickFormat: ',d',
        tickSize: 0,
        color: axis_colour,
        label: null,
        fontSize: text_px,
      }),
      Plot.gridY({ ticks: 4, stroke: axis_colour, strokeOpacity: 0.2 }),
      Plot.barY(
        shown.filter(({ value }) => value !== null),
        {
          x: 'month',
          y: 'value',
          fill: bar_colour,
          fillOpacity: (row: MonthRow) => (row.is_partial ? 0.5 : 1),
          insetTop: 0,
        },
      ),
      Plot.text(
        shown.filter(({ value }) => value === null),
        { x: 'month', y: 0, text: () => '*', dy: -10, fill: axis_colour, fontSize: text_px },
      ),
      Plot.ruleY([0], { stroke: axis_colour }),
    ],
  };
}
