/** Silence: a feed that stops is known within three of its usual intervals, and one that rests as it always does is not. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { rollUpFeeds } from '../../../analytics/feed-hours.ts';
import { readFeedHealth, type FeedHealth } from '../../../sql/feed-health.ts';
import { onEachEngine, type TestEngine } from '../../support/engines.ts';
import { day, givenFeeds, hour, minute, ticks, type GivenDelivery } from './given-feeds.ts';

const london = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  weekday: 'short',
  hour: 'numeric',
  hourCycle: 'h23',
});

/** Whether it is between 8 and 18 on a weekday in London. */
function isOfficeHour(at: number): boolean {
  const parts = new Map(london.formatToParts(at).map(({ type, value }) => [type, value]));
  const hour_of_day = Number(parts.get('hour'));
  return (
    !['Sat', 'Sun'].includes(parts.get('weekday') ?? '') && hour_of_day >= 8 && hour_of_day < 18
  );
}

const bank_holidays = ['2026-04-03', '2026-04-06', '2026-05-04', '2026-05-25'];
const isWorked = (at: number) =>
  isOfficeHour(at) && !bank_holidays.includes(new Date(at).toISOString().slice(0, 10));

function delivered(source: string, at: readonly number[]): GivenDelivery[] {
  return at.map((instant) => ({ source, at: instant }));
}

/** What is told of a source at some instants. */
interface Told {
  readonly source: string;
  readonly at: string;
  readonly state: FeedHealth['state'];
}

// Each source has a history of nine weeks that ends as its name says, so any instant after its end may be asked about.
const nine_weeks = 63 * day;
/** Busy feeds fill every hour of the week in less. */
const three_weeks = 22 * day;
const wednesday = Date.parse('2026-03-18T10:30:00Z');
const friday_evening = Date.parse('2026-03-20T19:03:00Z');
const friday_close = Date.parse('2026-03-20T17:55:00Z');
const before_easter = Date.parse('2026-04-02T16:55:00Z');
const spring_forward = Date.parse('2026-03-29T00:59:00Z');
const fall_back = Date.parse('2025-10-26T00:59:00Z');
const tuesday_night = Date.parse('2026-03-17T02:10:00Z');
const after_clock_change = Date.parse('2026-04-01T02:10:00Z');

const histories: readonly GivenDelivery[] = [
  ...delivered('minutely', ticks(wednesday - three_weeks, wednesday, minute)),
  ...delivered(
    'minutely, dead on friday',
    ticks(friday_evening - three_weeks, friday_evening, minute),
  ),
  ...delivered(
    'nightly',
    ticks(tuesday_night - nine_weeks, tuesday_night, day).map(
      (at, night) => at + ((night * 7) % 11) * 2 * minute,
    ),
  ),
  ...delivered('nightly by utc', ticks(after_clock_change - nine_weeks, after_clock_change, day)),
  ...delivered('office', ticks(friday_close - nine_weeks, friday_close, 5 * minute, isWorked)),
  ...delivered(
    'office, easter',
    ticks(before_easter - nine_weeks, before_easter, 5 * minute, isWorked),
  ),
  ...delivered('minutely, spring', ticks(spring_forward - three_weeks, spring_forward, minute)),
  ...delivered('minutely, autumn', ticks(fall_back - three_weeks, fall_back, minute)),
  ...delivered('weekly', ticks(wednesday - nine_weeks, wednesday, 7 * day)),
  ...delivered('once', [wednesday]),
  ...delivered('ten days', ticks(wednesday - 10 * day, wednesday, 10 * minute)),
  // Clumps of twenty within minutes, a few hours apart.
  ...delivered(
    'bursts',
    ticks(wednesday - nine_weeks, wednesday, 5 * hour).flatMap((at, clump) =>
      Array.from({ length: 20 }, (_, i) => at - 20 * minute + i * minute - (clump % 3) * hour),
    ),
  ),
];

const told: readonly Told[] = [
  { source: 'minutely', at: '2026-03-18T10:31:00Z', state: 'ok' },
  { source: 'minutely', at: '2026-03-18T10:33:00Z', state: 'silent' },
  { source: 'minutely', at: '2026-03-25T10:33:00Z', state: 'silent' },
  { source: 'minutely, dead on friday', at: '2026-03-20T19:04:00Z', state: 'ok' },
  { source: 'minutely, dead on friday', at: '2026-03-20T19:06:00Z', state: 'silent' },
  { source: 'nightly', at: '2026-03-17T22:00:00Z', state: 'ok' },
  { source: 'nightly', at: '2026-03-18T03:30:00Z', state: 'ok' },
  { source: 'nightly', at: '2026-03-18T20:00:00Z', state: 'late' },
  { source: 'nightly', at: '2026-03-20T02:00:00Z', state: 'silent' },
  { source: 'nightly by utc', at: '2026-04-02T02:30:00Z', state: 'ok' },
  { source: 'nightly by utc', at: '2026-04-04T01:00:00Z', state: 'silent' },
  { source: 'office', at: '2026-03-20T23:00:00Z', state: 'ok' },
  { source: 'office', at: '2026-03-22T12:00:00Z', state: 'ok' },
  { source: 'office', at: '2026-03-23T08:02:00Z', state: 'ok' },
  { source: 'office', at: '2026-03-23T09:05:00Z', state: 'silent' },
  { source: 'office, easter', at: '2026-04-03T12:00:00Z', state: 'ok' },
  { source: 'office, easter', at: '2026-04-06T12:00:00Z', state: 'ok' },
  { source: 'office, easter', at: '2026-04-07T03:00:00+01:00', state: 'ok' },
  { source: 'office, easter', at: '2026-04-07T09:30:00+01:00', state: 'silent' },
  { source: 'minutely, spring', at: '2026-03-29T01:00:00Z', state: 'ok' },
  { source: 'minutely, spring', at: '2026-03-29T01:02:00Z', state: 'silent' },
  { source: 'minutely, autumn', at: '2025-10-26T01:00:00Z', state: 'ok' },
  { source: 'minutely, autumn', at: '2025-10-26T01:02:00Z', state: 'silent' },
  { source: 'weekly', at: '2026-03-25T10:00:00Z', state: 'ok' },
  { source: 'weekly', at: '2026-04-08T10:30:00Z', state: 'silent' },
  { source: 'once', at: '2026-03-19T10:30:00Z', state: 'learning' },
  { source: 'once', at: '2026-03-22T10:30:00Z', state: 'silent' },
  { source: 'ten days', at: '2026-03-18T20:30:00Z', state: 'learning' },
  { source: 'bursts', at: '2026-03-18T15:00:00Z', state: 'ok' },
  { source: 'bursts', at: '2026-03-19T10:30:00Z', state: 'silent' },
];

const feed_shape = fc.record({
  interval: fc.oneof(
    fc.integer({ min: 20, max: 600 }).map((s) => s * 1000),
    fc.integer({ min: 10, max: 240 }).map((m) => m * minute),
    fc.integer({ min: 5, max: 36 }).map((h) => h * hour),
  ),
  /** Share of the interval by which a delivery may come late. */
  jitter: fc.double({ min: 0, max: 0.3, noNaN: true }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

onEachEngine('the silence of feeds', (engine) => {
  const at = async (now: number) =>
    new Map((await readFeedHealth(engine().client, now)).map((feed) => [feed.source, feed]));

  describe('of weeks of history', () => {
    beforeAll(async () => {
      await engine().truncate();
      await givenFeeds(engine().client).deliver(histories);
      while ((await rollUpFeeds(engine().client)).has_more);
    }, 60_000);

    test('each is told as it should be, at each instant', async () => {
      const wrong: unknown[] = [];
      for (const instant of new Set(told.map((row) => row.at))) {
        const feeds = await at(Date.parse(instant));
        for (const { source, state } of told.filter((row) => row.at === instant)) {
          const feed = feeds.get(source);
          if (feed?.state !== state)
            wrong.push({
              source,
              instant,
              expected: state,
              found: feed?.state,
              problems: feed?.problems,
            });
        }
      }
      expect(wrong).toEqual([]);
    });

    test('a feed too young for a rhythm says so', async () => {
      const feed = (await at(wednesday + hour)).get('ten days');
      expect(feed?.notes.join(' ')).toContain('Too little history');
    });
  });

  regularFeeds(engine);
});

function regularFeeds(engine: () => TestEngine): void {
  test('any regular feed is known to be silent within three of its usual intervals, and not before one and a half', async () => {
    const end = Date.parse('2026-06-10T09:17:00Z');
    await fc.assert(
      fc.asyncProperty(fc.array(feed_shape, { minLength: 12, maxLength: 12 }), async (shapes) => {
        const { client, truncate } = engine();
        await truncate();
        const deliveries = shapes.flatMap(({ interval, jitter, seed }, index) => {
          // Busy feeds need not send for weeks to fill every hour of the week; three weeks are enough.
          const weeks = interval < 10 * minute ? 15 * day : 8 * 7 * day;
          return ticks(end - weeks, end, interval).map((at, tick) => ({
            source: `feed-${index}`,
            at: at - Math.floor(interval * jitter * (((tick * seed) % 97) / 97)),
          }));
        });
        await givenFeeds(client).deliver(deliveries);
        while ((await rollUpFeeds(client)).has_more);
        const heard = new Map(
          shapes.map((_, index) => [
            `feed-${index}`,
            Math.max(
              ...deliveries.filter(({ source }) => source === `feed-${index}`).map(({ at }) => at),
            ),
          ]),
        );
        for (const ahead of [
          30_000,
          4 * minute,
          25 * minute,
          3 * hour,
          20 * hour,
          50 * hour,
          120 * hour,
        ]) {
          for (const feed of await readFeedHealth(client, end + ahead)) {
            const shape = shapes[Number(feed.source.slice(5))];
            const silence = end + ahead - (heard.get(feed.source) ?? 0);
            const usual = feed.usual_interval_ms;
            expect(feed.silence_ms).toBe(silence);
            // The longest that may come between two deliveries, and never much more than that.
            expect(usual).toBeLessThanOrEqual(Math.max(10_000, (shape?.interval ?? 0) * 1.6));
            expect({ ...feed, seen: silence >= 3 * usual }).toMatchObject(
              silence >= 3 * usual ? { is_silent: true } : {},
            );
            if (silence < 1.5 * usual) expect(feed.is_late).toBe(false);
          }
        }
      }),
      { numRuns: 1, seed: 20_260_610 },
    );
  }, 120_000);
}
