/** One source: its verdict, a week of it hour by hour, and how late its events come. */
import { bankHolidaysAround } from '#sql/bank-holidays.ts';
import type { FeedHealth } from '#sql/feed-health.ts';
import { inDuration } from '#sql/feed-verdict.ts';
import { formatCount, formatTime, plural } from '../format.ts';
import type { Looking } from './feed-health.ts';

export interface VolumeHour {
  readonly at_ms: number;
  readonly events: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Null where there is too little history. */
  readonly forecast: number | null;
  readonly spread: number | null;
}

export interface LatenessRow {
  readonly at_most_s: number;
  readonly events: number;
}

/** The feed of access events of `source`, or undefined where nobody knows such a source. */
export async function findSource(
  { services }: Looking,
  source: string,
): Promise<FeedHealth | undefined> {
  const feeds = await services.readFeeds(services.clock.now());
  return feeds.find((feed) => feed.source === source && feed.dataset === 'access_events');
}

export function readVolume({ reader, services }: Looking, source: string) {
  const now = services.clock.now();
  return reader.exchange<VolumeHour>('feed_volume', {
    source,
    now,
    bank_holidays: bankHolidaysAround(now),
  });
}

export function readLateness({ reader, services }: Looking, source: string) {
  return reader.exchange<LatenessRow>('feed_lateness', { source, now: services.clock.now() });
}

const last_bound_s = 4_294_967_295;

/** `at most 5 minutes`; what is later than the last bound says so. */
export function latenessText(at_most_s: number): string {
  if (at_most_s === 0) return 'at once, or ahead';
  if (at_most_s === last_bound_s) return 'more than a year';
  return `at most ${inDuration(at_most_s * 1000)}`;
}

/** What the chart of hours shows, in a sentence. */
export function volumeFinding(feed: FeedHealth, hours: readonly VolumeHour[]): string {
  if (feed.volume_forecast > 0 && feed.volume_weeks >= 4) {
    const share = Math.round((feed.volume / feed.volume_forecast) * 100);
    return `${plural(feed.volume, 'event')} in the last whole day: ${share} % of what is usual`;
  }
  const events = hours.reduce((sum, row) => sum + row.events, 0);
  return `${plural(events, 'event')} occurred in the last 7 days`;
}

export function latenessFinding(feed: FeedHealth): string {
  if (!feed.has_lateness) return 'No event has come in the last four weeks';
  const half = latenessText(feed.late_p50_s);
  const most = latenessText(feed.late_p95_s);
  return half === most
    ? `Nearly all events come ${half} late`
    : `Half of the events come ${half} late, 95 % ${most}`;
}

/** For a source whose ids are not numbered in one sequence, so that a gap shows in the hours alone. */
function hoursMissing({ volume_weeks, missing_hours, is_late }: FeedHealth): string {
  if (is_late) return 'Not judged while nothing comes';
  if (volume_weeks < 4) return 'Not judged yet: its ids are not numbered, and there is no forecast';
  if (missing_hours === 0)
    return 'None: in the last whole day, events came of every hour in which five or more are usual';
  return `${plural(missing_hours, 'hour')} of the last whole day without events in which five or more are usual`;
}

/** Rows of the summary at the top of the page. */
export function sourceFacts(feed: FeedHealth, sees_refusals: boolean) {
  const usual = feed.has_rhythm
    ? `within ${inDuration(feed.usual_interval_ms)} at this hour of the week`
    : 'not known yet';
  return [
    {
      key: 'Last delivery',
      value:
        feed.heard_at_ms > 0
          ? `${formatTime(feed.heard_at_ms)} (${inDuration(feed.silence_ms)} ago)`
          : 'Never',
    },
    { key: 'Usually comes', value: usual },
    {
      key: 'Latest event',
      value: feed.last_event_at_ms > 0 ? formatTime(feed.last_event_at_ms) : 'None yet',
    },
    { key: 'Stored', value: plural(feed.stored, 'event') },
    {
      key: 'Duplicates',
      value: `${formatCount(feed.duplicates)} in all, ${formatCount(feed.day_duplicates)} in the last day`,
    },
    ...(sees_refusals
      ? [
          {
            key: 'Refused',
            value: `${formatCount(feed.rejects)} and ${plural(feed.conflicts, 'conflict')} in all, ${formatCount(feed.day_refused)} in the last day`,
          },
        ]
      : []),
    {
      key: 'Unmapped',
      value: `${plural(feed.unmapped_staff, 'event')} by staff, ${formatCount(feed.unmapped_patients)} on patients and ${formatCount(feed.unmapped_organisations)} by organisations that no reference data knew when they came`,
    },
    {
      key: 'Gaps',
      value: feed.is_sequence
        ? `${formatCount(feed.missing_numbers)} missing in the numbers of its events`
        : hoursMissing(feed),
    },
    {
      key: 'Clock',
      value:
        feed.ahead_events === 0
          ? 'No event lies ahead of its receipt'
          : `${plural(feed.ahead_events, 'event')} ahead of the time of receipt`,
    },
  ];
}
