/** Runs the dashboard: our own server around the built application, its clients, and the ways to sign in. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock } from '#sql/clock.ts';
import type { Engine } from '#sql/client.ts';
import { CodedError } from '#sql/errors.ts';
import { createFeedHealthReader } from '#sql/feed-health.ts';
import type { Logger } from '#sql/log.ts';
import { build_folder } from './build.ts';
import { demo_people, demoUser, isDemoOpen } from './lib/server/demo-people.ts';
import { isForwardingHeader, isLoopbackName } from './lib/server/loopback.ts';
import { createHostCheck } from './lib/server/allowed-hosts.ts';
import { role_names } from './lib/server/roles.ts';
import type { Services } from './lib/server/services.ts';
import { createSignInLinks } from './lib/server/sign-in-links.ts';

export interface DashboardOptions {
  readonly engine: Engine;
  readonly data_dir: string;
  readonly host: string;
  /**
   * Names that people reach it by, each with or without a port, e.g. `audit.example.nhs.uk`. Needed where `host` is
   * beyond this machine; loopback names need no mention where it is not.
   */
  readonly allowed_hosts?: readonly string[];
  /** 0 takes any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether the four ready people of the demonstration may sign in, where the data allows it too. */
  readonly is_demo: boolean;
  /** Where events are sent, e.g. `http://127.0.0.1:3001`. */
  readonly ingest_address: string;
}

export interface Dashboard {
  /** Where it answers, e.g. `http://127.0.0.1:3000`. */
  readonly address: string;
  /** A single-use link, good for 15 minutes. Null when bound beyond this machine. */
  createAdministratorLink(): string | null;
  /** The ready people's links; empty unless this is a demonstration on simulated data alone. */
  demoLinks(): Promise<{ label: string; url: string }[]>;
  close(): Promise<void>;
}

/** A banner may tell of a minute ago: no feed is told silent in less than half a minute, and most in hours. */
const feed_stale_ms = 60_000;

type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/**
 * Starts the dashboard. The build must be fresh: see `ensureBuilt`.
 *
 * @throws CodedError PORT_IN_USE, naming PORT; CONFIG_INVALID, naming ALLOWED_HOSTS
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { engine, clock, log, host } = options;
  const is_loopback = isLoopbackName(host);
  const isOurHost = createHostCheck(is_loopback, options.allowed_hosts ?? []);
  const handler = await loadHandler();
  const links = createSignInLinks(clock);
  const clients = await Promise.all([
    engine.client('dashboard', 2),
    engine.client('dashboard_people'),
    engine.client('own_audit'),
  ]);
  const [pages, people, own_audit] = clients;
  const closeClients = () => Promise.all(clients.map((client) => client.close()));
  const server = createServer();
  const port = await listen(server, options).catch(async (cause: unknown) => {
    await closeClients();
    throw cause;
  });
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const services: Services = {
    config: {
      origin: address,
      is_loopback,
      is_demo: options.is_demo,
      data_dir: options.data_dir,
      ingest_address: options.ingest_address,
    },
    clock,
    log,
    pages,
    people,
    own_audit,
    readFeeds: createFeedHealthReader(pages, feed_stale_ms),
    links,
  };
  server.on('request', (req, res) => respond(handler, services, isOurHost, req, res));
  return {
    address,
    createAdministratorLink: () =>
      is_loopback ? `${address}/sign-in/link?token=${links.create()}` : null,
    demoLinks: () => demoLinks(services),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await closeClients();
    },
  };
}

async function demoLinks(services: Services): Promise<{ label: string; url: string }[]> {
  if (!(await isDemoOpen(services))) return [];
  const users = await Promise.all(demo_people.map((person) => demoUser(services, person)));
  return demo_people.map((person, index) => {
    const user = users[index];
    const where = user?.organisation_name ? `, ${user.organisation_name}` : '';
    const label = `${user ? role_names[user.role] : person}${where}`;
    return { label, url: `${services.config.origin}/sign-in/demo/${person}` };
  });
}

const protocol_header = 'x-access-audit-protocol';

async function loadHandler(): Promise<Handler> {
  // The adapter takes every request for https unless a header says otherwise, whereupon every form of a page on plain
  // http would be refused as another site's. It reads the header's name from the environment, once, as it is loaded.
  // eslint-disable-next-line no-restricted-syntax -- nothing is read here: this is how the adapter takes an option
  process.env['ACCESS_AUDIT_ADAPTER_PROTOCOL_HEADER'] = protocol_header;
  const built = pathToFileURL(join(build_folder, 'handler.js')).href;
  const { handler } = (await import(built)) as { handler: Handler };
  return handler;
}

async function listen(server: Server, options: DashboardOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const is_taken = cause.code === 'EADDRINUSE';
      const message = is_taken
        ? `Port ${options.port} (PORT) on ${options.host} is in use. Stop what uses it, or set PORT to another.`
        : `The dashboard cannot listen on ${options.host}, port ${options.port} (PORT): ${cause.code ?? cause.message}.`;
      reject(new CodedError(is_taken ? 'PORT_IN_USE' : 'PORT_UNUSABLE', message, { cause }));
    });
    server.listen(options.port, options.host, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('A port was asked for.');
  return bound.port;
}

/** What every answer carries; the application adds its own, stricter policy to its pages. */
const security_headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not `no-referrer`: under it a browser sends `Origin: null` with our own forms, which are then refused.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

function respond(
  handler: Handler,
  services: Services,
  isOurHost: (header: string | undefined) => boolean,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  for (const [name, value] of Object.entries(security_headers)) res.setHeader(name, value);
  if (!isOurHost(req.headers.host)) {
    // A name that is not ours, resolved to us, is how another site's page would reach a server on this machine.
    res.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' });
    res.end(
      'This server does not answer to that name. Use the address that it printed, or a name in its ALLOWED_HOSTS.\n',
    );
    return;
  }
  const forwarded = Object.keys(req.headers).filter(isForwardingHeader);
  const is_forwarded = forwarded.length > 0;
  for (const name of forwarded) delete req.headers[name];
  req.headers[protocol_header] = 'http';
  handler(Object.assign(req, { services, is_forwarded }), res, () => {
    res.writeHead(404).end();
  });
}
