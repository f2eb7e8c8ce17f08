/** The feeds as rows of a table: what is expected of each, and how far it keeps to it. */
import type { FeedHealth } from '#sql/feed-health.ts';
import { inDuration } from '#sql/feed-verdict.ts';
import { formatCount, formatTime } from '../format.ts';
import { latenessText } from './feed-source.ts';

export interface SourceRow {
  readonly source: string;
  readonly state: string;
  readonly is_simulated: boolean;
  readonly heard: string;
  readonly expected: string;
  readonly last_event: string;
  readonly volume: string;
  readonly lateness: string;
  readonly refused: string;
  /** Duplicates, unmapped, gaps and clock: each a line, where there is anything to say. */
  readonly other: readonly string[];
}

export interface ReferenceRow {
  readonly dataset: string;
  readonly source: string;
  readonly state: string;
  readonly heard: string;
  readonly expected: string;
  readonly deliveries: number;
}

/** Sources of access events. One that ended before it sent anything is left out. */
export function sourceRows(feeds: readonly FeedHealth[], sees_refusals: boolean): SourceRow[] {
  return feeds
    .filter(
      ({ dataset, state, heard_at_ms }) =>
        dataset === 'access_events' && (state !== 'ended' || heard_at_ms > 0),
    )
    .map((feed) => ({
      source: feed.source,
      state: feed.state,
      is_simulated: feed.is_simulated,
      heard: heardText(feed),
      expected: expectedText(feed),
      last_event: feed.last_event_at_ms > 0 ? formatTime(feed.last_event_at_ms) : 'None yet',
      volume: volumeText(feed),
      lateness: feed.has_lateness
        ? `half ${latenessText(feed.late_p50_s)}, 95 % ${latenessText(feed.late_p95_s)}`
        : '–',
      refused: sees_refusals ? formatCount(feed.rejects + feed.conflicts) : '',
      other: otherLines(feed),
    }));
}

/** Feeds of reference data, by dataset and source. */
export function referenceRows(feeds: readonly FeedHealth[]): ReferenceRow[] {
  return feeds
    .filter(({ dataset }) => dataset !== 'access_events')
    .map((feed) => ({
      dataset: feed.dataset,
      source: feed.source,
      state: feed.state,
      heard: heardText(feed),
      expected: expectedText(feed),
      deliveries: feed.deliveries,
    }));
}

/** What needs a look, as sentences: the worst first. */
export function feedProblems(feeds: readonly FeedHealth[], sees_refusals: boolean) {
  const worst_first = ['silent', 'late', 'problem'];
  return feeds
    .filter(({ state }) => worst_first.includes(state))
    .sort((a, b) => worst_first.indexOf(a.state) - worst_first.indexOf(b.state))
    .flatMap(({ source, dataset, problems }) =>
      problems
        .filter(({ code }) => sees_refusals || code !== 'rejects_high')
        .map(({ code, sentence }) => ({ source, dataset, code, sentence })),
    );
}

function heardText(feed: FeedHealth): string {
  return feed.heard_at_ms > 0 ? formatTime(feed.heard_at_ms) : 'Never';
}

function expectedText(feed: FeedHealth): string {
  if (feed.state === 'ended' || feed.heard_at_ms === 0) return '';
  return feed.has_rhythm
    ? `usually within ${inDuration(feed.usual_interval_ms)}`
    : 'rhythm not known yet';
}

function volumeText(feed: FeedHealth): string {
  const stored = `${formatCount(feed.stored)} stored in all`;
  if (feed.volume_weeks < 4) return stored;
  return `${formatCount(feed.volume)} in the last whole day, ${formatCount(feed.volume_forecast)} usual; ${stored}`;
}

function otherLines(feed: FeedHealth): string[] {
  const unmapped =
    feed.day_unmapped_staff + feed.day_unmapped_patients + feed.day_unmapped_organisations;
  return [
    ...(feed.duplicates > 0 ? [`${formatCount(feed.duplicates)} duplicates`] : []),
    ...(unmapped > 0
      ? [
          `unmapped in the last day: ${formatCount(feed.day_unmapped_staff)} staff, ${formatCount(feed.day_unmapped_patients)} patients, ${formatCount(feed.day_unmapped_organisations)} organisations`,
        ]
      : []),
    ...(feed.missing_numbers > 0 ? [`${formatCount(feed.missing_numbers)} numbers missing`] : []),
    ...(feed.ahead_events > 0 ? [`${formatCount(feed.ahead_events)} events ahead of receipt`] : []),
  ];
}
