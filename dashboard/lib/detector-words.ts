/** The words and figures of detectors, as people read them. */
import { inWords } from './words.ts';

export const detector_status_names: Readonly<Record<string, string>> = {
  draft: 'Draft',
  shadow: 'Shadow',
  signal: 'Signal',
  active: 'Active',
  retired: 'Retired',
};

export const detector_status_colours: Readonly<Record<string, string>> = {
  draft: 'grey',
  shadow: 'purple',
  signal: 'blue',
  active: 'green',
  retired: 'grey',
};

export const detector_status_sentences: Readonly<Record<string, string>> = {
  draft: 'It is not ready, and does not run.',
  shadow: 'It runs and is measured, and raises nothing that people see.',
  signal: 'It adds to the rank of other alerts, and never stands alone.',
  active: 'It raises alerts.',
  retired: 'It no longer runs.',
};

/** A threshold's name as people read it: `occupants_max` is `Occupants, at most`. */
export function paramText(name: string): string {
  const bound = name.endsWith('_min') ? 'at least' : name.endsWith('_max') ? 'at most' : undefined;
  return bound === undefined
    ? inWords(name)
    : `${inWords(name.slice(0, -'_min'.length))}, ${bound}`;
}

/** A share as a percentage: `62%`; in tenths below ten. */
export function percentText(share: number): string {
  const percent = 100 * share;
  return `${percent < 10 && percent > 0 ? percent.toFixed(1) : Math.round(percent)}%`;
}

/** `62% (41% to 79%)`, or what is said where nothing was found. */
export function intervalText(
  interval: { share: number; from: number; to: number } | undefined,
): string {
  return interval === undefined
    ? 'No findings yet'
    : `${percentText(interval.share)} (${percentText(interval.from)} to ${percentText(interval.to)})`;
}

/** How the last four weeks compare with those before. */
export function driftText(drift: number | null): string {
  if (drift === null) return 'Too early to tell';
  if (Math.abs(drift) < 0.1) return 'As before';
  return `${percentText(Math.abs(drift))} ${drift > 0 ? 'more' : 'fewer'} than before`;
}
