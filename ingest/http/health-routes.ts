/** `GET /health/live`, `/health/ready` and `/metrics`. */
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { loadStatement } from '../../sql/statement.ts';
import { messageOf } from '../../sql/errors.ts';
import type { Parts } from './app.ts';
import { registerFeedMetrics } from './feed-metrics.ts';
import { registerSealMetrics } from './seal-metrics.ts';

const alive = loadStatement('ingest/queries/alive.sql');

export function healthRoutes(app: FastifyInstance, parts: Parts): void {
  const registry = createRegistry(parts);

  app.get(
    '/health/live',
    { schema: { summary: 'The process answers', security: [] } },
    async () => ({ status: 'ok' }),
  );

  app.get(
    '/health/ready',
    { schema: { summary: 'Events are taken and loaded', security: [] } },
    async (_request, reply) => {
      const checks = {
        engine: await engineProblem(parts),
        spool: await parts.spool.problem(),
        loader: loaderProblem(parts),
      };
      const is_ready = Object.values(checks).every((problem) => problem === '');
      const shown = Object.fromEntries(
        Object.entries(checks).map(([name, problem]) => [name, problem || 'ok']),
      );
      return reply
        .code(is_ready ? 200 : 503)
        .send({ status: is_ready ? 'ready' : 'not_ready', checks: shown });
    },
  );

  app.get(
    '/metrics',
    { schema: { summary: 'Prometheus', security: [] } },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}

async function engineProblem({ client }: Parts): Promise<string> {
  // Statements wait while tables are read anew, and the reason is told rather than that nothing answers.
  const problem = client.problem();
  if (problem !== '') return problem;
  const timeout = new Promise<string>((resolve) => {
    setTimeout(() => resolve('ClickHouse did not answer within 5 s.'), 5_000).unref();
  });
  return Promise.race([client.rows(alive).then(() => '', messageOf), timeout]);
}

function loaderProblem({ loader, spool, clock, limits }: Parts): string {
  const { failing, next_attempt_ms } = loader.status();
  if (failing !== '') {
    const left_s = Math.ceil(next_attempt_ms / 1000);
    return left_s > 0 ? `${failing} The load is tried again in ${left_s} s.` : failing;
  }
  const { oldest_at } = spool.status();
  if (oldest_at === undefined || clock.now() - oldest_at < limits.stuck_ms) return '';
  return `The oldest segment has waited for more than ${limits.stuck_ms / 1000} s.`;
}

function createRegistry({ spool, loader, syslog, client, clock, data_dir }: Parts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerFeedMetrics(registry, client, clock);
  registerSealMetrics(registry, { client, clock, data_dir });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('ingest_spool_bytes', 'Bytes on disk that are not loaded yet.', () => spool.status().bytes);
  gauge(
    'ingest_spool_segments',
    'Segments that are not loaded yet.',
    () => spool.status().segments,
  );
  gauge('ingest_receipts_pending', 'Receipts that are not loaded yet.', () =>
    spool.receipts.count(),
  );
  gauge(
    'ingest_spool_damaged_bytes',
    'Bytes put aside at the last start.',
    () => spool.status().recovery.damaged_bytes,
  );
  gauge('ingest_loader_failing', '1 while the last attempt at a load failed.', () =>
    loader.status().failing ? 1 : 0,
  );
  const totals = new Counter({
    name: 'ingest_loaded_total',
    help: 'Events and rows of loaded segments since the start, by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(loader.status().totals))
        this.inc({ outcome }, count);
    },
  });
  void totals;
  gauge('ingest_syslog_connections_open', 'Syslog connections at this moment.', () =>
    syslog.openConnections(),
  );
  for (const [name, help, rows] of [
    [
      'ingest_syslog_messages_total',
      'Syslog messages since the start. Only dropped ones are not on disk.',
      syslog.messages,
    ],
    [
      'ingest_syslog_connections_total',
      'Syslog connections since the start, by what became of them.',
      syslog.connections,
    ],
  ] as const) {
    new Counter({
      name,
      help,
      labelNames: ['transport', 'outcome'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { count, ...labels } of rows()) this.inc(labels, count);
      },
    });
  }
  return registry;
}
