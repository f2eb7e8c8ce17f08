/** What arrives: sources, reference data, and what was refused. No person is in it. */
import { addDays, localDay } from '#sql/clock.ts';
import { datasets } from '../../lib/server/datasets.ts';
import { feedProblems, referenceRows, sourceRows } from '../../lib/server/feed-list.ts';
import type { ReferenceFeed } from '../../lib/server/feed-health.ts';
import type { PageServerLoad } from './$types';

const days_shown = 14;

interface SourceDay {
  day: string;
  source: string;
  stored_events: number;
}

interface RejectCode {
  source: string;
  dataset: string;
  code: string;
  rows: number;
  last_at_ms: number;
}

export const load: PageServerLoad = async ({ locals }) => {
  const { reader, services, viewer } = locals;
  const now = services.clock.now();
  // A programme lead sees use, not what went wrong at the front door.
  const sees_rejects = viewer?.role !== 'programme_lead';
  const is_administrator = viewer?.role === 'administrator';
  const [feeds, days, references, rejects] = await Promise.all([
    services.readFeeds(now),
    reader.exchange<SourceDay>('source_days', { after: addDays(localDay(now), -days_shown) }),
    reader.exchange<ReferenceFeed>('reference_feeds'),
    sees_rejects ? reader.exchange<RejectCode>('reject_codes') : [],
  ]);
  const is_local_open = feeds.some(({ source, is_ended }) => source === 'local' && !is_ended);
  const known = new Map(references.map((feed) => [feed.dataset, feed]));
  const fed = referenceRows(feeds);
  return {
    sources: sourceRows(feeds, sees_rejects),
    problems: feedProblems(feeds, sees_rejects),
    days,
    // Those that never came are listed too: they are what detectors lack.
    references: datasets.flatMap((dataset) => {
      const rows = fed.filter((row) => row.dataset === dataset);
      const last = known.get(dataset)?.last_received;
      if (rows.length > 0) return rows.map((row) => ({ ...row, last }));
      return [
        { dataset, source: '', state: 'never', heard: 'Never', expected: '', deliveries: 0, last },
      ];
    }),
    rejects,
    sees_rejects,
    is_administrator,
    is_empty: feeds.every(({ heard_at_ms }) => heard_at_ms === 0),
    // How to send is for whoever runs this machine; the path of the key is no business of others.
    first_event: is_administrator && is_local_open ? firstEvent(services.config, now) : undefined,
  };
};

/** A command that stores one invented event, as it stands. */
function firstEvent(config: { data_dir: string; ingest_address: string }, now: number): string {
  const event = JSON.stringify({
    // One of its own each time: the same id with another time would be kept as a conflict.
    event_id: `first-event-${now}`,
    occurred_at: new Date(now).toISOString(),
    action: 'view',
    outcome: 'success',
    staff_id: 'demo-staff-1',
    organisation_code: 'X26',
    patient_id: '9990001014',
    section: 'gp_record',
  });
  return [
    `curl -sS ${config.ingest_address}/events \\`,
    `  -H "Authorization: Bearer $(cat '${config.data_dir}/local.key')" \\`,
    `  -H 'Content-Type: application/x-ndjson' \\`,
    `  -d '${event}'`,
  ].join('\n');
}
