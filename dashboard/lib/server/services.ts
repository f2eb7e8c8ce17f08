/** What the running process hands to the application with each request: clients, clock, log and configuration. */
import type { Clock } from '#sql/clock.ts';
import type { SqlClient } from '#sql/client.ts';
import type { FeedHealth } from '#sql/feed-health.ts';
import type { Logger } from '#sql/log.ts';
import type { SignInLinks } from './sign-in-links.ts';

export interface DashboardConfig {
  /** Where people reach the dashboard, e.g. `http://127.0.0.1:3000`; no slash at the end. */
  readonly origin: string;
  /** Whether it is bound to this machine alone. */
  readonly is_loopback: boolean;
  /** Whether the four ready people may sign in, where every other condition holds too. */
  readonly is_demo: boolean;
  readonly data_dir: string;
  /** Where events are sent, e.g. `http://127.0.0.1:3001`. */
  readonly ingest_address: string;
}

/**
 * Carried on the request itself (`platform.req.services`), so that no global holds them and two dashboards can run in
 * one process.
 */
export interface Services {
  readonly config: DashboardConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pages read through this one. */
  readonly pages: SqlClient;
  /** Users and sessions. */
  readonly people: SqlClient;
  /** Our own audit has a client to itself: a page's long query must never delay or refuse what records it. */
  readonly own_audit: SqlClient;
  /** The health of every feed as of an instant. No person is in it, and pages of the same seconds share it. */
  readonly readFeeds: (now: number) => Promise<readonly FeedHealth[]>;
  readonly links: SignInLinks;
}
