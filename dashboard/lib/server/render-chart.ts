/** Draws charts on the server: Plot's SVG, without the inline styles that our content policy refuses. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';

/** The widths at which each chart is drawn: one for a phone, one for everything wider. Text is the same in both. */
export const chart_widths = { narrow: 330, wide: 720 } as const;

export interface DrawnChart {
  readonly narrow: string;
  readonly wide: string;
}

const { document } = new JSDOM('').window;

/**
 * Draws `chart` at both widths.
 *
 * @param options what the chart takes besides the width
 * @param label what the image is, for those who do not see it; the figures stand in the table beside it
 */
export function drawChart<Row, Options extends object>(
  chart: (rows: readonly Row[], size: { width: number } & Options) => Plot.PlotOptions,
  rows: readonly Row[],
  label: string,
  options = {} as Options,
): DrawnChart {
  return {
    narrow: renderSvg(chart(rows, { width: chart_widths.narrow, ...options }), label),
    wide: renderSvg(chart(rows, { width: chart_widths.wide, ...options }), label),
  };
}

/** The SVG of one plot, as text. */
export function renderSvg(options: Plot.PlotOptions, label: string): string {
  const svg = Plot.plot({ ...options, document, className: 'app-plot' });
  // A <style> or a style attribute would need 'unsafe-inline'; what they say stands in our own stylesheet.
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const styled of [svg, ...svg.querySelectorAll('[style]')]) styled.removeAttribute('style');
  // The parts are announced by the label as a whole, not one by one.
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg.outerHTML;
}
