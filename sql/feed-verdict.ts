/** What the figures of one feed come to, in words. Pure: the figures say as of when. */
import type { FeedFigures } from './feed-health.ts';

export type FeedState = 'ended' | 'never' | 'silent' | 'late' | 'problem' | 'learning' | 'ok';

export type FeedProblemCode =
  | 'silent'
  | 'late'
  | 'volume_low'
  | 'volume_high'
  | 'hours_missing'
  | 'numbers_missing'
  | 'rejects_high'
  | 'unmapped_staff'
  | 'unmapped_patients'
  | 'unmapped_organisations'
  | 'clock_ahead'
  | 'clock_behind';

export interface FeedProblem {
  readonly code: FeedProblemCode;
  /** A sentence with its figures. */
  readonly sentence: string;
}

export interface FeedVerdict {
  readonly state: FeedState;
  readonly problems: readonly FeedProblem[];
  /** What is not judged, and why: sentences. */
  readonly notes: readonly string[];
}

/** From a handful of rows no share is worth an alarm. */
const rows_min = 10;
/** One in twenty is seen without comparison; one in a hundred where it is four times what is usual. */
const share_high = 0.05;
const share_notable = 0.01;
const times_usual = 4;
/** A day is judged by volume where so many events are usual, on four weeks of the same hours at least. */
const forecast_min = 20;
const weeks_min = 4;
const spreads = 4;
const minute_ms = 60_000;
const hour_ms = 60 * minute_ms;

/** `loaded` are the datasets of which anything was ever received. */
export function judgeFeed(feed: FeedFigures, loaded: ReadonlySet<string>): FeedVerdict {
  const notes = notesOn(feed);
  if (feed.is_ended) return { state: 'ended', problems: [], notes: [] };
  if (feed.heard_at_ms === 0) return { state: 'never', problems: [], notes: [] };
  const problems = [
    ...silenceOf(feed),
    // What does not come at all is not told a second time as too little.
    ...(feed.is_late ? [] : volumeOf(feed)),
    ...(feed.missing_numbers > 0 ? [missingNumbers(feed)] : []),
    ...refusalsOf(feed),
    ...unmappedOf(feed, loaded),
    ...clockOf(feed),
  ];
  return { state: stateOf(feed, problems), problems, notes };
}

function stateOf(feed: FeedFigures, problems: readonly FeedProblem[]): FeedState {
  if (feed.is_silent) return 'silent';
  if (feed.is_late) return 'late';
  if (problems.length > 0) return 'problem';
  return feed.has_rhythm ? 'ok' : 'learning';
}

function silenceOf(feed: FeedFigures): FeedProblem[] {
  if (!feed.is_late) return [];
  const usual = feed.has_rhythm
    ? `at this hour of the week something usually comes within ${inDuration(feed.usual_interval_ms)}`
    : 'its rhythm is not known yet, and a day is taken for it';
  const code = feed.is_silent ? 'silent' : 'late';
  return [{ code, sentence: `Nothing has come for ${inDuration(feed.silence_ms)}; ${usual}.` }];
}

function volumeOf(feed: FeedFigures): FeedProblem[] {
  if (!isVolumeJudged(feed)) return [];
  const { volume, volume_forecast, volume_spread } = feed;
  const figures = `${inNumber(volume)} events of the last whole day are here, and ${inNumber(volume_forecast)} are usual for its hours of the week`;
  if (volume < volume_forecast - spreads * volume_spread && volume < volume_forecast / 2)
    return [{ code: 'volume_low', sentence: `Far fewer than usual: ${figures}.` }];
  if (volume > volume_forecast + spreads * volume_spread && volume > volume_forecast * 2)
    return [{ code: 'volume_high', sentence: `Far more than usual: ${figures}.` }];
  if (feed.missing_hours > 0) {
    const hours = feed.missing_hours === 1 ? '1 hour' : `${feed.missing_hours} hours`;
    return [
      {
        code: 'hours_missing',
        sentence: `No event occurred in ${hours} of the last whole day in which five or more are usual.`,
      },
    ];
  }
  return [];
}

/** Whether there is a forecast to hold the volume against. */
function isVolumeJudged(feed: FeedFigures): boolean {
  return (
    feed.dataset === 'access_events' &&
    feed.volume_weeks >= weeks_min &&
    feed.volume_forecast >= forecast_min &&
    !isBackfilling(feed)
  );
}

/** History that is being loaded comes in no rhythm, and the day that is judged may be the next to come. */
function isBackfilling(feed: FeedFigures): boolean {
  return feed.day_backfilled > feed.day_stored / 2;
}

function missingNumbers(feed: FeedFigures): FeedProblem {
  const refused = feed.rejects > 0 ? ` ${inNumber(feed.rejects)} rows were refused in all.` : '';
  return {
    code: 'numbers_missing',
    sentence: `The numbers of its events have gaps: ${inNumber(feed.missing_numbers)} are missing.${refused}`,
  };
}

function refusalsOf(feed: FeedFigures): FeedProblem[] {
  if (feed.day_refused < rows_min) return [];
  const share = feed.day_refused / feed.day_received;
  const is_high =
    share >= share_high ||
    (share >= share_notable && share >= times_usual * feed.usual_refused_share);
  if (!is_high) return [];
  return [
    {
      code: 'rejects_high',
      sentence: `${inPercent(share)} of what came in the last day was refused or conflicted (${inNumber(feed.day_refused)} rows); ${inPercent(feed.usual_refused_share)} in the four weeks before.`,
    },
  ];
}

const unmapped_kinds = [
  ['unmapped_staff', 'day_unmapped_staff', 'staff', 'members of staff'],
  ['unmapped_patients', 'day_unmapped_patients', 'patients', 'patients'],
  ['unmapped_organisations', 'day_unmapped_organisations', 'organisations', 'organisations'],
] as const;

function unmappedOf(feed: FeedFigures, loaded: ReadonlySet<string>): FeedProblem[] {
  return unmapped_kinds.flatMap(([code, figure, dataset, name]) => {
    const events = feed[figure];
    const share = events / feed.day_stored;
    if (events < rows_min || share < share_high || !loaded.has(dataset)) return [];
    return [
      {
        code,
        sentence: `${inPercent(share)} of the events of the last day name ${name} that no reference data knew when they came (${inNumber(events)}).`,
      },
    ];
  });
}

function clockOf(feed: FeedFigures): FeedProblem[] {
  const ahead = feed.day_ahead + feed.day_refused_as_future;
  if (ahead >= rows_min && ahead >= share_notable * feed.day_received) {
    const refused =
      feed.day_refused_as_future > 0
        ? `, ${inNumber(feed.day_refused_as_future)} of them so far that they were refused`
        : '';
    return [
      {
        code: 'clock_ahead',
        sentence: `${inNumber(ahead)} events of the last day lie in the future${refused}: its clock is ahead, or its times have a wrong offset.`,
      },
    ];
  }
  // Delivered through the day, yet never fresh: an offset between clocks, where delivery takes next to nothing.
  const is_constant =
    feed.day_hours >= 6 &&
    feed.day_least_late_ms >= 55 * minute_ms &&
    feed.late_p95_s * 1000 <= feed.day_least_late_ms + hour_ms &&
    feed.usual_interval_ms <= 30 * minute_ms;
  if (!is_constant) return [];
  return [
    {
      code: 'clock_behind',
      sentence: `It delivers through the day, and every event is at least ${inDuration(feed.day_least_late_ms)} old: its clock may be behind, or its times have a wrong offset.`,
    },
  ];
}

function notesOn(feed: FeedFigures): string[] {
  const notes: string[] = [];
  const is_events = feed.dataset === 'access_events';
  if (!feed.has_rhythm)
    notes.push(
      `Too little history for its rhythm: two weeks from the first delivery to the last are needed. ${
        is_events
          ? 'Until then a day is taken for its usual interval.'
          : 'Until then its age is not judged.'
      }`,
    );
  if (!is_events) return notes;
  if (isBackfilling(feed))
    notes.push(
      'Most of what came in the last day is more than a week old. While history is loaded, the volume is not judged.',
    );
  else if (feed.volume_weeks < weeks_min)
    notes.push('Too little history for a forecast of its volume: four weeks of events are needed.');
  return notes;
}

/** The largest unit of which there are two, e.g. `90 seconds`, `26 hours`, `3 days`. */
export function inDuration(ms: number): string {
  const units = [
    ['day', 24 * hour_ms],
    ['hour', hour_ms],
    ['minute', minute_ms],
    ['second', 1000],
  ] as const;
  for (const [name, unit_ms] of units) {
    const count = Math.round(ms / unit_ms);
    if (count >= (name === 'day' ? 3 : 2)) return `${inNumber(count)} ${name}s`;
  }
  return ms < 500 ? 'less than a second' : '1 second';
}

const numbers = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

function inNumber(count: number): string {
  return numbers.format(count);
}

/** With one decimal below ten. */
function inPercent(share: number): string {
  const percent = share * 100;
  return `${percent < 10 && percent > 0 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}
