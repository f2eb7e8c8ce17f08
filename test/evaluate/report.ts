// Owns what the evaluation prints: tables in the form that the README shows, and counts for the ranking.

import { type Interval, median, overSeeds, wilson } from './intervals.ts';
import { link_classes } from '../../analytics/ranking/link.ts';
import { score_bands } from '../../analytics/ranking/priors.ts';
import { BUDGETS, type LinkBands, type QueueCounts, type WorldCounts } from './measure.ts';

/** Alerts and true alerts of each detector by link and band of scores, pooled and by seed. */
export interface Calibration {
  readonly detector_id: string;
  readonly status: string;
  readonly links: LinkBands;
  readonly by_seed: readonly { readonly seed: number; readonly links: LinkBands }[];
}

/** The whole report, in Markdown. */
export function reportOf(worlds: readonly WorldCounts[]): string {
  return `${[
    `${worlds.length} exchanges, ${number(sum(worlds.map(({ accesses }) => accesses)))} accesses, ${number(
      sum(worlds.flatMap((world) => Object.values(world.cases_by_scenario))),
    )} cases of misuse.`,
    detectorTable(worlds),
    ...queueTables(worlds),
    explainedTable(worlds),
  ].join('\n\n')}\n`;
}

/** Counts from which the ranking starts. */
export function calibrationOf(worlds: readonly WorldCounts[]): Calibration[] {
  return idsOf(worlds).map((detector_id) => {
    const by_seed = worlds.map(({ seed, detectors }) => ({
      seed,
      links: detectors.find((item) => item.detector_id === detector_id)?.links ?? {},
    }));
    const status =
      worlds[0]?.detectors.find((item) => item.detector_id === detector_id)?.status ?? '';
    return { detector_id, status, links: pooledLinks(by_seed.map(({ links }) => links)), by_seed };
  });
}

function pooledLinks(worlds: readonly LinkBands[]): LinkBands {
  const seen = link_classes.filter((link) => worlds.some((links) => links[link] !== undefined));
  return Object.fromEntries(
    seen.map((link) => [
      link,
      Array.from({ length: score_bands }, (_, band) => ({
        alerts: sum(worlds.map((links) => links[link]?.[band]?.alerts ?? 0)),
        true: sum(worlds.map((links) => links[link]?.[band]?.true ?? 0)),
      })),
    ]),
  );
}

/**
 * What of it stands in the README: one line of what was judged and of the queue, and the table of detectors with the columns
 * that whoever reviews alerts asks for.
 */
export function figuresOf(worlds: readonly WorldCounts[]): string {
  const accesses = sum(worlds.map((world) => world.accesses));
  const cases = sum(worlds.flatMap((world) => Object.values(world.cases_by_scenario)));
  const share = (kind: 'well_kept' | 'elsewhere'): string =>
    percent(
      sum(worlds.map(({ explained }) => explained[kind].explained)),
      sum(worlds.map(({ explained }) => explained[kind].accesses)),
    );
  const queue = BUDGETS.map((budget) => {
    const rows = worlds.flatMap(
      (world) => world.queue?.filter((row) => row.budget === budget) ?? [],
    );
    const student = overSeeds(rows.map(({ found, cases: of }) => found / Math.max(of, 1)));
    return student === undefined ? '–' : `${student.mean.toFixed(2)} (${between(student)})`;
  });
  const lines = idsOf(worlds).map((id) => {
    const { rows, of } = countsOf(worlds, id);
    return cells([
      `\`${id}\``,
      rows[0]?.status ?? '',
      of('misuse') === 0 ? '–' : `${of('found')} of ${of('misuse')}`,
      pooled(of('alerts_true'), of('alerts')),
      ((of('alerts') / Math.max(accesses, 1)) * 10_000).toFixed(1),
    ]);
  });
  return [
    `Seeds ${worlds.map(({ seed }) => seed).join(', ')}: ${number(accesses)} accesses, ${number(cases)} cases. Care on record explains ${share('well_kept')} of accesses where feeds are well kept, and ${share('elsewhere')} where half or all of the care is missing. Of the cases, the first ${BUDGETS.join(', ')} items of the queue for each 10 000 accesses hold ${queue.join(', ')} (mean over exchanges, 95 %).`,
    '',
    cells(['detector', 'status', 'misuse found', 'precision (95 %)', 'alerts per 10 000 accesses']),
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

/** The README with these figures in place of the ones that it has. @throws TypeError where it has no place for them */
export function withFigures(readme: string, figures: string): string {
  const [begin, end] = [readme.indexOf(figures_begin), readme.indexOf(figures_end)];
  if (begin < 0 || end < begin)
    throw new TypeError(`There is no ${figures_begin} … ${figures_end}.`);
  return `${readme.slice(0, begin)}${figures_begin}\n\n${figures}\n\n${readme.slice(end)}`;
}

const figures_begin = '<!-- figures: written by npm run evaluate -- --readme -->';
const figures_end = '<!-- end of figures -->';

function detectorTable(worlds: readonly WorldCounts[]): string {
  const accesses = sum(worlds.map((world) => world.accesses));
  const lines = idsOf(worlds).map((id) => {
    const { rows, of } = countsOf(worlds, id);
    const days = median(rows.flatMap(({ days_to_detect }) => days_to_detect));
    const troubles = [...new Set(rows.map(({ trouble }) => trouble).filter((text) => text !== ''))];
    return cells([
      id,
      [rows[0]?.status ?? '', ...troubles].join(', '),
      of('misuse') === 0 ? '–' : `${of('found')} of ${of('misuse')}`,
      pooled(of('found'), of('misuse')),
      `${pooled(of('alerts_true'), of('alerts'))}${spread(
        rows.filter(({ alerts }) => alerts > 0).map((row) => row.alerts_true / row.alerts),
      )}`,
      percent(of('alerts_own'), of('alerts')),
      ((of('alerts') / Math.max(accesses, 1)) * 10_000).toFixed(1),
      String(sum(rows.map((row) => row.alerts_on_hard_negatives))),
      days === undefined ? '–' : days.toFixed(1),
    ]);
  });
  return [
    'Detectors. Recall is of the cases that a detector answers for; an alert is true when it cites an event of any misuse, and "own" when of misuse that it answers for. Intervals are Wilson\'s at 95 % over all worlds, then the lowest and the highest world.',
    '',
    cells([
      'detector',
      'status',
      'found',
      'recall',
      'precision',
      'own',
      'alerts per 10 000',
      'on hard negatives',
      'days to detect',
    ]),
    '|---|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function queueTables(worlds: readonly WorldCounts[]): string[] {
  if (worlds.some(({ queue }) => queue === null))
    return ['Queue: there is no view `queue_items`, so there is nothing to measure.'];
  const at = (budget: number): QueueCounts[] =>
    worlds.flatMap(({ queue }) => queue?.filter((item) => item.budget === budget) ?? []);
  const lines = BUDGETS.map((budget) => {
    const rows = at(budget);
    const of = (field: 'items' | 'items_true' | 'cases' | 'found' | 'found_loosely') =>
      sum(rows.map((row) => row[field]));
    const shares = rows.filter(({ cases }) => cases > 0).map((row) => row.found / row.cases);
    const student = overSeeds(shares);
    return cells([
      String(budget),
      `${of('found')} of ${of('cases')}`,
      pooled(of('found'), of('cases')),
      student === undefined ? '–' : `${student.mean.toFixed(3)} (${between(student)})`,
      `${Math.min(...shares).toFixed(2)}–${Math.max(...shares).toFixed(2)}`,
      pooled(of('found_loosely'), of('cases')),
      pooled(of('items_true'), of('items')),
    ]);
  });
  const table = [
    "Queue. A case is found by an item that cites one of its events; loosely, by one of the same person and patient. The mean over worlds has Student's interval at 95 %.",
    '',
    cells([
      'items per 10 000',
      'found',
      'recall',
      'mean over worlds',
      'lowest–highest',
      'loosely',
      'precision',
    ]),
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
    `Cited by any alert that people see: ${pooled(
      sum(worlds.map(({ cases_cited }) => cases_cited)),
      sum(worlds.flatMap((world) => Object.values(world.cases_by_scenario))),
    )}.`,
  ].join('\n');
  return [table, missedTable(worlds, at)];
}

/** What the queue leaves out, scenario by scenario. */
function missedTable(
  worlds: readonly WorldCounts[],
  at: (budget: number) => QueueCounts[],
): string {
  const scenarios = [
    ...new Set(worlds.flatMap(({ cases_by_scenario }) => Object.keys(cases_by_scenario))),
  ].sort();
  const lines = scenarios.map((id) =>
    cells([
      id,
      String(sum(worlds.map(({ cases_by_scenario }) => cases_by_scenario[id] ?? 0))),
      ...BUDGETS.map((budget) =>
        String(sum(at(budget).map(({ found_by_scenario }) => found_by_scenario[id] ?? 0))),
      ),
    ]),
  );
  return [
    cells(['scenario', 'cases', ...BUDGETS.map((budget) => `found at ${budget}`)]),
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function explainedTable(worlds: readonly WorldCounts[]): string {
  const kinds = ['well_kept', 'elsewhere'] as const;
  const of = (kind: (typeof kinds)[number], field: 'accesses' | 'explained' | 'inferred') =>
    sum(worlds.map(({ explained }) => explained[kind][field]));
  const shares = worlds.map(
    ({ explained: { well_kept } }) => well_kept.explained / Math.max(well_kept.accesses, 1),
  );
  const student = overSeeds(shares);
  const ids = [
    ...new Set(
      worlds.flatMap(({ explained }) =>
        kinds.flatMap((kind) => Object.keys(explained[kind].by_explanation)),
      ),
    ),
  ].sort();
  const lines = ids.map((id) =>
    cells([
      id,
      ...kinds.map((kind) =>
        percent(
          sum(worlds.map(({ explained }) => explained[kind].by_explanation[id] ?? 0)),
          of(kind, 'accesses'),
        ),
      ),
    ]),
  );
  return [
    `Explained accesses, where feeds are well kept (all but 4 % of every kind) and elsewhere. Well kept: mean over worlds ${student === undefined ? percent(of('well_kept', 'explained'), of('well_kept', 'accesses')) : `${student.mean.toFixed(3)} (${between(student)})`}.`,
    '',
    cells(['explanation', 'well kept', 'elsewhere']),
    '|---|---|---|',
    cells([
      'by any, organisation strength or better',
      ...kinds.map((kind) => percent(of(kind, 'explained'), of(kind, 'accesses'))),
    ]),
    cells([
      'by an inference alone',
      ...kinds.map((kind) => percent(of(kind, 'inferred'), of(kind, 'accesses'))),
    ]),
    cells(['accesses', ...kinds.map((kind) => number(of(kind, 'accesses')))]),
    ...lines,
  ].join('\n');
}

/** What a detector did in each world, and sums of it over all. */
function countsOf(worlds: readonly WorldCounts[], id: string) {
  const rows = worlds.flatMap(({ detectors }) =>
    detectors.filter(({ detector_id }) => detector_id === id),
  );
  const of = (field: 'misuse' | 'found' | 'alerts' | 'alerts_true' | 'alerts_own'): number =>
    sum(rows.map((row) => row[field]));
  return { rows, of };
}

function idsOf(worlds: readonly WorldCounts[]): string[] {
  return [...new Set(worlds.flatMap(({ detectors }) => detectors.map((item) => item.detector_id)))];
}

function pooled(part: number, whole: number): string {
  const interval = wilson(part, whole);
  return interval === undefined ? '–' : `${(part / whole).toFixed(2)} (${between(interval)})`;
}

function spread(shares: readonly number[]): string {
  if (shares.length < 2) return '';
  return ` ${Math.min(...shares).toFixed(2)}–${Math.max(...shares).toFixed(2)}`;
}

function between({ low, high }: Interval): string {
  return `${low.toFixed(2)}–${high.toFixed(2)}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`;
}

function number(value: number): string {
  return value.toLocaleString('en-GB');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}
