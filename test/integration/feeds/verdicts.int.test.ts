/** Verdicts on volume, refusals, mapping, clocks and numbering; the roll-up that they stand on; and the metrics. */
import { Registry } from 'prom-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { emptyFeedHours, feedHoursAddUp, rollUpFeeds } from '../../../analytics/feed-hours.ts';
import { registerFeedMetrics } from '../../../ingest/http/feed-metrics.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { readFeedHealth } from '../../../sql/feed-health.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { day, givenFeeds, hour, minute, ticks, type GivenDelivery } from './given-feeds.ts';

const now = Date.parse('2026-06-10T12:20:00Z');
const last = now - 5 * minute;
const hours = ticks(last - 63 * day, last, hour);

/** Each hour a delivery of the events of that hour, `count` of them by the hour's start. */
function hourly(source: string, count: (at: number) => number, more: Partial<GivenDelivery> = {}) {
  return hours.map((at): GivenDelivery => ({
    source,
    at,
    occurred: Array.from({ length: count(at) }, (_, event) => at - 40 * minute + event * 1000),
    ...more,
  }));
}

const is_last_day = (at: number) => at > now - 30 * hour;
/** Busier by day, as everything here is. */
const usual = (at: number) =>
  [8, 9, 10, 11, 12, 13, 14, 15, 16].includes(new Date(at).getUTCHours()) ? 9 : 3;

const given: readonly GivenDelivery[] = [
  ...hourly('as usual', usual),
  ...hourly('a third', (at) => (is_last_day(at) ? Math.floor(usual(at) / 3) : usual(at))),
  ...hourly('a burst', (at) => (is_last_day(at) ? usual(at) * 4 : usual(at))),
  ...hourly('a lull in the night', (at) =>
    new Date(at).getUTCHours() < 6 && is_last_day(at) ? 2 : usual(at),
  ),
  ...hourly('refused', usual).map((delivery) =>
    is_last_day(delivery.at)
      ? { ...delivery, refusals: { EVENT_PATIENT_CHECK_DIGIT: 2 } }
      : delivery,
  ),
  ...hourly('unmapped', usual).map((delivery) => ({
    ...delivery,
    fields: is_last_day(delivery.at) ? { organisation_code: 'NEW01' } : {},
  })),
  ...hourly('ahead', usual).map((delivery) =>
    is_last_day(delivery.at)
      ? {
          ...delivery,
          occurred: (delivery.occurred ?? []).map((_, event) => delivery.at + 5 * minute + event),
        }
      : delivery,
  ),
  // A year of history in half an hour, yesterday, and since then nothing but that.
  ...Array.from({ length: 30 }, (_, part): GivenDelivery => ({
    source: 'backfilled',
    at: now - 20 * hour + part * minute,
    occurred: Array.from(
      { length: 290 },
      (_, event) => now - 385 * day + (part * 290 + event) * hour,
    ),
  })),
];

onEachEngine('the verdicts on feeds', (engine) => {
  const rows = (sql: string) => engine().client.rows(parseStatement('test', sql));

  beforeAll(async () => {
    await engine().truncate();
    const { client } = engine();
    await client.insert('organisations_versions', [{ organisation_code: 'RTA01', load_seq: 1 }]);
    const feeds = givenFeeds(client);
    await feeds.refer('organisations', 'register', ticks(now - 40 * day, now - 9 * day, day));
    await feeds.refer('areas', 'register', [now - 40 * day]);
    await feeds.deliver(given);
    while ((await rollUpFeeds(client)).has_more);
  }, 60_000);

  test('say what is unusual, and nothing of what is not', async () => {
    const health = await readFeedHealth(engine().client, now);
    const told = Object.fromEntries(
      health.map(({ source, dataset, problems }) => [
        dataset === 'access_events' ? source : dataset,
        problems.map(({ code }) => code),
      ]),
    );
    expect(told).toEqual({
      'as usual': [],
      'a third': ['volume_low'],
      'a burst': ['volume_high'],
      'a lull in the night': [],
      refused: ['rejects_high'],
      unmapped: ['unmapped_organisations'],
      ahead: ['clock_ahead'],
      backfilled: [],
      // It came each day, and has not for nine; and what came once is not expected again.
      organisations: ['silent'],
      areas: [],
    });
  });

  test('history that is loaded at once raises no alarm, and says why it is not judged', async () => {
    const health = await readFeedHealth(engine().client, now);
    const feed = health.find(({ source }) => source === 'backfilled');
    expect(feed).toMatchObject({ state: 'learning', stored: 8700, problems: [] });
    expect(feed?.notes.join(' ')).toMatch(/While history is loaded, the volume is not judged/);
  });

  test('count every load once, however often and in whatever steps it is read', async () => {
    const { client } = engine();
    expect(await feedHoursAddUp(client)).toBe(true);
    const whole = await rows('SELECT * FROM feed_hours ORDER BY dataset, source, hour');
    await rollUpFeeds(client);
    expect(await rows('SELECT * FROM feed_hours ORDER BY dataset, source, hour')).toEqual(whole);
    await emptyFeedHours(client);
    expect(await feedHoursAddUp(client)).toBe(true);
    let steps = 1;
    while ((await rollUpFeeds(client, 9_000)).has_more) steps += 1;
    expect(steps).toBeGreaterThan(3);
    expect(await rows('SELECT * FROM feed_hours ORDER BY dataset, source, hour')).toEqual(whole);
    expect(await rows('SELECT sum(occurred_events) AS n FROM feed_hours')).toEqual(
      await rows('SELECT count() AS n FROM access_events'),
    );
    await client.insert('feed_hour_parts', [
      { dataset: 'access_events', source: 'ghost', hour: 0, stored: 1 },
    ]);
    expect(await feedHoursAddUp(client)).toBe(false);
    await emptyFeedHours(client);
    while ((await rollUpFeeds(client)).has_more);
  });

  test('hear what is committed and not rolled up yet', async () => {
    const { client } = engine();
    await client.insert('segments', [
      {
        load_seq: 1_000_000,
        segment_id: 'tail',
        loaded_at: now - 1000,
        sources: ['as usual'],
        days: [],
      },
    ]);
    const health = await readFeedHealth(client, now);
    expect(health.find(({ source }) => source === 'as usual')?.silence_ms).toBe(1000);
    await client.command(
      parseStatement('test', 'ALTER TABLE segments DELETE WHERE load_seq = 1000000'),
    );
    await expect
      .poll(async () => rows('SELECT 1 FROM segments WHERE load_seq = 1000000'))
      .toEqual([]);
  });

  describe('as metrics', () => {
    test('give each feed its figures, and say that they could be read', async () => {
      const registry = new Registry();
      registerFeedMetrics(registry, engine().client, fixedClock(now), 60_000);
      const text = await registry.metrics();
      for (const line of [
        'access_audit_source_last_event_age_seconds{source="as usual",dataset="access_events"} 300',
        'access_audit_source_expected_interval_seconds{source="as usual",dataset="access_events"} 3600',
        'access_audit_source_silent{source="as usual",dataset="access_events"} 0',
        'access_audit_source_silent{source="register",dataset="organisations"} 1',
        'access_audit_source_problem{source="a third",dataset="access_events",problem="volume_low"} 1',
        'access_audit_source_rejects{source="refused",dataset="access_events",code="EVENT_PATIENT_CHECK_DIGIT"} 60',
        'access_audit_source_lateness_seconds{source="as usual",quantile="0.95"} 3600',
        'access_audit_feed_health_read 1',
      ])
        expect(text).toContain(line);
    });

    test('are absent where they cannot be read, and one says so', async () => {
      const registry = new Registry();
      const { client } = engine();
      const rename = (from: string, to: string) =>
        client.command(parseStatement('test', `RENAME TABLE ${from} TO ${to}`));
      registerFeedMetrics(registry, client, fixedClock(now));
      await rename('feed_hour_parts', 'elsewhere');
      const text = await registry.metrics().finally(() => rename('elsewhere', 'feed_hour_parts'));
      expect(text).toContain('access_audit_feed_health_read 0');
      expect(text).not.toMatch(/^access_audit_source_silent\{/m);
    });
  });
});
