/** One bar a name, the largest first: how parts compare. */
import * as Plot from '@observablehq/plot';
import { axis_colour, bar_colour, character_px, text_px } from './style.ts';

export interface RankedRow {
  readonly name: string;
  /** Null where the figure is hidden. */
  readonly value: number | null;
}

const row_px = 40;

/**
 * `width` in pixels. Hidden figures come last, as a star.
 *
 * @param is_ranked false keeps the rows in the order in which they are given
 */
export function rankedBars(
  rows: readonly RankedRow[],
  { width, is_ranked = true }: { width: number; is_ranked?: boolean },
): Plot.PlotOptions {
  const ranked = is_ranked
    ? [...rows].sort((a, b) => (b.value ?? -1) - (a.value ?? -1) || (a.name < b.name ? -1 : 1))
    : [...rows];
  const longest = Math.max(4, ...ranked.map(({ name }) => name.length));
  const label_px = Math.min(longest * character_px + 12, width * 0.42);
  const characters = Math.floor((label_px - 12) / character_px);
  const figures = Math.max(1, ...ranked.map(({ value }) => figureText(value).length));
  return {
    width,
    height: ranked.length * row_px + 20,
    marginLeft: label_px,
    marginRight: figures * character_px + 20,
    marginTop: 8,
    marginBottom: 12,
    x: { axis: null, zero: true },
    y: { type: 'band', domain: ranked.map(({ name }) => name), padding: 0.3 },
    marks: [
      Plot.axisY({
        tickSize: 0,
        tickFormat: (name: string) => shortened(name, characters),
        color: axis_colour,
        label: null,
        fontSize: text_px,
      }),
      Plot.barX(
        ranked.filter(({ value }) => value !== null),
        { x: 'value', y: 'name', fill: bar_colour },
      ),
      Plot.text(ranked, {
        x: (row: RankedRow) => row.value ?? 0,
        y: 'name',
        text: (row: RankedRow) => figureText(row.value),
        textAnchor: 'start',
        dx: 8,
        fill: axis_colour,
        fontSize: text_px,
      }),
      Plot.ruleX([0], { stroke: axis_colour }),
    ],
  };
}

function figureText(value: number | null): string {
  return value === null ? '*' : value.toLocaleString('en-GB');
}

/** Two lines at most; the table behind the chart has the whole name. */
function shortened(name: string, characters: number): string {
  if (name.length <= characters) return name;
  const words = name.split(' ');
  let first = '';
  while (words.length > 0 && `${first} ${words[0]}`.trim().length <= characters) {
    first = `${first} ${words.shift()}`.trim();
  }
  const rest = words.join(' ');
  const cut = (text: string) =>
    text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
  return first === '' ? cut(rest) : `${first}\n${cut(rest)}`;
}
