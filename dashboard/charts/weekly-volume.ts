/** One bar a week: what stands, filled, and on top of it, hollow, what was withdrawn since. */
import * as Plot from '@observablehq/plot';
import { axis_colour, bar_colour, text_px } from './style.ts';

export interface WeekBar {
  /** Monday, YYYY-MM-DD. */
  readonly week: string;
  readonly alerts: number;
  /** Of them. */
  readonly withdrawn: number;
}

/** What `16 Nov` takes, with the space to the next. */
const label_px = 64;
const day_name = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

/** `width` in pixels. */
export function weeklyVolume(
  rows: readonly WeekBar[],
  { width }: { width: number },
): Plot.PlotOptions {
  const most = Math.max(1, ...rows.map(({ alerts }) => alerts));
  const step = Math.ceil((rows.length * label_px) / (width - 80));
  const named = rows.filter((_, index) => (rows.length - 1 - index) % step === 0);
  return {
    width,
    height: 260,
    marginLeft: 60,
    marginBottom: 40,
    marginTop: 24,
    x: { type: 'band', domain: rows.map(({ week }) => week), padding: 0.25 },
    // No more ticks than alerts: half of an alert is none.
    y: { nice: true, domain: [0, most] },
    marks: [
      Plot.axisX(
        named.map(({ week }) => week),
        {
          tickFormat: (week: string) => day_name.format(Date.parse(week)).replace('Sept', 'Sep'),
          tickSize: 0,
          tickPadding: 8,
          color: axis_colour,
          label: null,
          fontSize: text_px,
        },
      ),
      Plot.axisY({
        ticks: Math.min(4, most),
        tickFormat: ',d',
        tickSize: 0,
        color: axis_colour,
        label: null,
        fontSize: text_px,
      }),
      Plot.gridY({ ticks: Math.min(4, most), stroke: axis_colour, strokeOpacity: 0.2 }),
      Plot.barY(
        rows.filter(({ alerts, withdrawn }) => alerts > withdrawn),
        {
          x: 'week',
          y1: 0,
          y2: ({ alerts, withdrawn }: WeekBar) => alerts - withdrawn,
          fill: bar_colour,
        },
      ),
      Plot.barY(
        rows.filter(({ withdrawn }) => withdrawn > 0),
        {
          x: 'week',
          y1: ({ alerts, withdrawn }: WeekBar) => alerts - withdrawn,
          y2: 'alerts',
          fill: 'white',
          stroke: bar_colour,
          strokeWidth: 2,
          inset: 1,
        },
      ),
      Plot.ruleY([0], { stroke: axis_colour }),
    ],
  };
}
