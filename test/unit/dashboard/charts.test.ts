/** Charts as SVG: empty, one row, very long labels, and what our content policy asks of them. */
import { expect, test } from 'vitest';
import { monthlyBars } from '../../../dashboard/charts/monthly-bars.ts';
import { rankedBars } from '../../../dashboard/charts/ranked-bars.ts';
import { weeklyVolume } from '../../../dashboard/charts/weekly-volume.ts';
import { chart_widths, renderSvg } from '../../../dashboard/lib/server/render-chart.ts';

const wide = { width: chart_widths.wide };
const narrow = { width: chart_widths.narrow };
const months = Array.from({ length: 15 }, (_, index) => ({
  month: `${2025 + Math.floor((8 + index) / 12)}-${String(((8 + index) % 12) + 1).padStart(2, '0')}-01`,
  value: index === 3 ? null : 1000 * (index + 1),
  is_partial: index === 14,
}));
const long_name =
  'The Combined Hertfordshire and West Essex Urgent Treatment and Out-of-hours Service';

test('months without a row are drawn as empty axes', () => {
  expect(renderSvg(monthlyBars([], wide), 'No months')).toMatchSnapshot();
});

test('one month is one bar', () => {
  const rows = [{ month: '2026-10-01', value: 1234, is_partial: false }];
  expect(renderSvg(monthlyBars(rows, wide), 'One month')).toMatchSnapshot();
});

test('fifteen months show the latest thirteen, with a hidden one and one in part, on a phone', () => {
  const svg = renderSvg(monthlyBars(months, narrow), 'Many months');
  expect(svg).toMatchSnapshot();
  expect(svg.match(/<rect/g)?.length).toBe(12);
});

test('no names make an empty chart', () => {
  expect(renderSvg(rankedBars([], wide), 'No names')).toMatchSnapshot();
});

test('one name is one bar with its figure', () => {
  expect(
    renderSvg(rankedBars([{ name: 'Hospice', value: 10 }], wide), 'One name'),
  ).toMatchSnapshot();
});

test('very long names are broken and shortened, and the rest keeps its place', () => {
  const rows = [
    { name: long_name, value: 1_234_567 },
    { name: 'Hospice', value: null },
  ];
  const svg = renderSvg(rankedBars(rows, narrow), 'Long names');
  expect(svg).toMatchSnapshot();
  expect(svg).toContain('…');
});

test('weeks are filled for what stands, hollow on top for what was withdrawn, and bare where nothing was', () => {
  const rows = [
    { week: '2026-10-26', alerts: 3, withdrawn: 1 },
    { week: '2026-11-02', alerts: 0, withdrawn: 0 },
    { week: '2026-11-09', alerts: 2, withdrawn: 2 },
  ];
  const svg = renderSvg(weeklyVolume(rows, narrow), 'Three weeks');
  expect(svg).toMatchSnapshot();
  // One week stands in part, none wholly, two were withdrawn in part or wholly.
  expect(svg.match(/<rect/g)?.length).toBe(3);
});

test('one alert has no tick at a half', () => {
  const rows = [{ week: '2026-11-09', alerts: 1, withdrawn: 0 }];
  const figures = renderSvg(weeklyVolume(rows, wide), 'One alert').match(/>[0-9.,]+</g);
  expect(figures).toEqual(['>0<', '>1<']);
});

test('a chart needs no inline style, says what it is, and has text of twelve points', () => {
  const svg = renderSvg(monthlyBars(months, wide), 'What it is');
  expect(svg).not.toMatch(/<style|style="/);
  expect(svg).toMatch(/role="img"/);
  expect(svg).toMatch(/aria-label="What it is"/);
  expect(svg).toMatch(/font-size="16"/);
  expect(svg).not.toMatch(/rotate\(-?[1-9]/);
});

test('a name cannot bring markup into the page', () => {
  const svg = renderSvg(rankedBars([{ name: '<script>x</script>', value: 9 }], wide), 'Markup "&<');
  expect(svg).not.toContain('<script>');
});
