/** Hours side by side with what was to be expected of each. */
import * as Plot from '@observablehq/plot';
import { axis_colour, bar_colour, text_px } from './style.ts';

export interface HourRow {
  /** Start of the hour, epoch milliseconds. */
  readonly at_ms: number;
  readonly events: number;
  /** Null where there is none. */
  readonly forecast: number | null;
  readonly spread: number | null;
}

const hour_ms = 3_600_000;
/** What `Wed 18` takes. */
const label_px = 64;
const day_name = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  timeZone: 'Europe/London',
});
const local_hour = new Intl.DateTimeFormat('en-GB', {
  hour: 'numeric',
  hourCycle: 'h23',
  timeZone: 'Europe/London',
});

/** `width` in pixels. Bars are what occurred; the line is the forecast, the band two spreads to either side. */
export function hourlyVolume(
  rows: readonly HourRow[],
  { width }: { width: number },
): Plot.PlotOptions {
  const midnights = rows.map(({ at_ms }) => at_ms).filter((at) => local_hour.format(at) === '00');
  const step = Math.ceil((midnights.length * label_px) / (width - 80));
  const last_at = Math.max(...rows.map(({ at_ms }) => at_ms));
  // A day's name begins at its midnight, so one that is too near the end would be cut.
  const named_until = last_at - (label_px / (width - 80)) * rows.length * hour_ms;
  const forecasts = rows.filter((row) => row.forecast !== null && row.spread !== null);
  return {
    width,
    height: 300,
    marginLeft: 70,
    marginBottom: 40,
    marginTop: 24,
    x: { type: 'utc' },
    y: { nice: true, zero: true },
    marks: [
      Plot.axisX(
        midnights.filter((at, index) => index % step === 0 && at <= named_until),
        {
          tickFormat: (at: Date | number) => day_name.format(at),
          tickSize: 4,
          textAnchor: 'start',
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
      Plot.areaY(forecasts, {
        x: ({ at_ms }: HourRow) => at_ms + hour_ms / 2,
        y1: ({ forecast, spread }: HourRow) => Math.max(0, (forecast ?? 0) - 2 * (spread ?? 0)),
        y2: ({ forecast, spread }: HourRow) => (forecast ?? 0) + 2 * (spread ?? 0),
        fill: axis_colour,
        fillOpacity: 0.2,
      }),
      Plot.rectY(rows, {
        x1: 'at_ms',
        x2: ({ at_ms }: HourRow) => at_ms + hour_ms,
        y: 'events',
        fill: bar_colour,
      }),
      Plot.lineY(forecasts, {
        x: ({ at_ms }: HourRow) => at_ms + hour_ms / 2,
        y: 'forecast',
        stroke: '#212b32',
        strokeWidth: 2,
      }),
      Plot.ruleY([0], { stroke: axis_colour }),
    ],
  };
}
