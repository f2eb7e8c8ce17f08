/** The feeds as a page tells of them: those that bear on its reader, and which detectors they leave blind. */
import type { FeedHealth } from '#sql/feed-health.ts';
import { messageOf } from '#sql/errors.ts';
import { judgeBlindness, type Blindness } from './blind-detectors.ts';
import { readDetectors } from './detectors.ts';
import { alert_roles } from './roles.ts';
import type { Reader } from './scope.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

/** Who looks, and what they look through: part of what every request carries. */
export interface Looking {
  readonly reader: Reader;
  readonly services: Pick<Services, 'clock' | 'log' | 'readFeeds'>;
  readonly viewer: Pick<Viewer, 'role' | 'organisation_codes'> | undefined;
}

export interface ReferenceFeed {
  readonly dataset: string;
  readonly loads: number;
  readonly loaded_at_ms: number;
  readonly received_rows: number;
  readonly changed_rows: number;
  readonly rejected_rows: number;
  readonly last_received: number;
  readonly last_changed: number;
  readonly last_ended: number;
}

export interface SourceFeed {
  readonly source: string;
  readonly is_simulated: boolean;
  readonly is_ended: boolean;
  readonly limited_to: number;
  readonly added_at_ms: number;
  /** 0 where there is none. */
  readonly last_event_at_ms: number;
  readonly heard_at_ms: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejects: number;
}

/**
 * What the reader cannot see now, for the banner of every page. Undefined where it could not be found out: that says
 * so in its turn, and must not take the page with it.
 */
export async function readBlindness(locals: Looking): Promise<Blindness | undefined> {
  const { reader, services } = locals;
  try {
    const now = services.clock.now();
    const [detectors, feeds] = await Promise.all([
      readDetectors(reader),
      feedsInScope(locals, await services.readFeeds(now)),
    ]);
    return judgeBlindness([...detectors.values()], feeds, now);
  } catch (error) {
    services.log.error(
      { code: 'FEED_HEALTH_UNREAD', detail: messageOf(error) },
      'the health of feeds was not read',
    );
    return undefined;
  }
}

/**
 * The feeds that bear on what the viewer may see. A reviewer's organisations are told of by some sources and not by
 * others; whoever looks at the whole exchange is concerned by all.
 */
async function feedsInScope(
  { reader, viewer }: Looking,
  feeds: readonly FeedHealth[],
): Promise<FeedHealth[]> {
  const current = feeds.filter(({ state }) => state !== 'ended');
  if (!viewer || !alert_roles.includes(viewer.role)) return current;
  const own = new Set(
    (await reader.scoped<{ source: string }>('event_sources')).map(({ source }) => source),
  );
  return current.filter(({ dataset, source, organisation_codes }) => {
    const speaks_for_own = organisation_codes.some((code) =>
      viewer.organisation_codes.includes(code),
    );
    if (dataset === 'access_events') return own.has(source) || speaks_for_own;
    return organisation_codes.length === 0 || speaks_for_own;
  });
}
