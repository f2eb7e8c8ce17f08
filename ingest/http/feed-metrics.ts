/** The health of every feed as Prometheus metrics: the same verdicts as on the dashboard's feeds page. */
import { Gauge, type Registry } from 'prom-client';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { createFeedHealthReader, type FeedHealth } from '../../sql/feed-health.ts';

/** A scrape must not wait for an engine that is away; Prometheus gives up after ten seconds itself. */
const read_ms_max = 8_000;

type Label = 'source' | 'dataset' | 'quantile' | 'code' | 'kind' | 'problem';
type Sample = readonly [labels: Partial<Record<Label, string>>, value: number];

interface FeedMetric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  readonly samples: (feed: FeedHealth) => readonly Sample[];
}

const isEvents = (feed: FeedHealth) => feed.dataset === 'access_events';
const isHeard = (feed: FeedHealth) => feed.heard_at_ms > 0;

/** Labels are names of sources, datasets and codes, of which there are few, and never anything that a sender wrote. */
const feed_metrics: readonly FeedMetric[] = [
  {
    name: 'access_audit_source_last_event_age_seconds',
    help: 'Seconds since the last delivery of a feed: events and reference data.',
    labels: ['source', 'dataset'],
    samples: (feed) => (isHeard(feed) ? [[{}, feed.silence_ms / 1000]] : []),
  },
  {
    name: 'access_audit_source_expected_interval_seconds',
    help: 'The usual interval between deliveries at this hour of the week; absent while too little is known.',
    labels: ['source', 'dataset'],
    samples: (feed) => (feed.has_rhythm ? [[{}, feed.usual_interval_ms / 1000]] : []),
  },
  {
    name: 'access_audit_source_silent',
    help: '1 while a feed is silent by its own rhythm.',
    labels: ['source', 'dataset'],
    samples: (feed) => (isHeard(feed) ? [[{}, feed.state === 'silent' ? 1 : 0]] : []),
  },
  {
    name: 'access_audit_source_problem',
    help: '1 for each problem that a feed has now; the feeds page says it in words.',
    labels: ['source', 'dataset', 'problem'],
    samples: ({ problems }) => problems.map(({ code }) => [{ problem: code }, 1]),
  },
  {
    name: 'access_audit_source_lateness_seconds',
    help: 'How late events come, by quantile of four weeks; bounds of a histogram.',
    labels: ['source', 'quantile'],
    samples: (feed) =>
      feed.has_lateness
        ? [
            [{ quantile: '0.5' }, feed.late_p50_s],
            [{ quantile: '0.95' }, feed.late_p95_s],
            [{ quantile: '0.99' }, feed.late_p99_s],
          ]
        : [],
  },
  {
    name: 'access_audit_source_stored',
    help: 'Events stored, or rows of reference data changed, since the first.',
    labels: ['source', 'dataset'],
    samples: (feed) => [[{}, feed.stored]],
  },
  {
    name: 'access_audit_source_duplicates',
    help: 'Events that came again, since the first.',
    labels: ['source', 'dataset'],
    samples: (feed) => [[{}, feed.duplicates]],
  },
  {
    name: 'access_audit_source_rejects',
    help: 'Rows refused and conflicts since the first, by code.',
    labels: ['source', 'dataset', 'code'],
    samples: (feed) =>
      Object.entries(feed.rejects_by_code).map(([code, rows]) => [{ code }, Number(rows)]),
  },
  {
    name: 'access_audit_source_unmapped_events',
    help: 'Events since the first that named what no reference data knew when they came.',
    labels: ['source', 'kind'],
    samples: (feed) =>
      isEvents(feed)
        ? [
            [{ kind: 'staff' }, feed.unmapped_staff],
            [{ kind: 'patients' }, feed.unmapped_patients],
            [{ kind: 'organisations' }, feed.unmapped_organisations],
          ]
        : [],
  },
  {
    name: 'access_audit_source_ahead_events',
    help: 'Events since the first that occurred more than 2 s after their receipt: a clock that is ahead.',
    labels: ['source'],
    samples: (feed) => (isEvents(feed) ? [[{}, feed.ahead_events]] : []),
  },
  {
    name: 'access_audit_source_least_lateness_seconds',
    help: 'Receipt less occurrence of the freshest event of the last day; below 0 where it lies ahead.',
    labels: ['source'],
    samples: (feed) => (feed.day_hours > 0 ? [[{}, feed.day_least_late_ms / 1000]] : []),
  },
  {
    name: 'access_audit_source_volume_ratio',
    help: 'Events of the last whole day by the forecast for its hours of the week; absent without a forecast.',
    labels: ['source'],
    samples: (feed) =>
      isEvents(feed) && feed.volume_weeks >= 4 && feed.volume_forecast > 0
        ? [[{}, feed.volume / feed.volume_forecast]]
        : [],
  },
  {
    name: 'access_audit_source_missing_numbers',
    help: 'Numbers missing between the lowest and the highest event id, where ids are one sequence.',
    labels: ['source'],
    samples: (feed) => (feed.is_sequence ? [[{}, feed.missing_numbers]] : []),
  },
];

/** Registers the metrics; they are read when they are asked for, within `read_ms`. */
export function registerFeedMetrics(
  registry: Registry,
  client: SqlClient,
  clock: Clock,
  read_ms = read_ms_max,
): void {
  const read = createFeedHealthReader(client);
  const current = async () => {
    const feeds = await within(read_ms, read(clock.now()));
    return feeds.filter(({ state }) => state !== 'ended');
  };
  for (const { name, help, labels, samples } of feed_metrics) {
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
      async collect() {
        this.reset();
        // What could not be read is absent; the last metric says that it could not.
        for (const feed of await current().catch(() => [])) {
          const own = labels.includes('dataset')
            ? { source: feed.source, dataset: feed.dataset }
            : { source: feed.source };
          for (const [more, value] of samples(feed)) this.set({ ...own, ...more }, value);
        }
      },
    });
  }
  new Gauge({
    name: 'access_audit_feed_health_read',
    help: '1 where the health of the feeds could be read for this scrape, else 0.',
    registers: [registry],
    async collect() {
      this.set(
        await current().then(
          () => 1,
          () => 0,
        ),
      );
    },
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms.`)), ms);
    timer.unref();
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
