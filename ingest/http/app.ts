/** The HTTP side of ingest: Fastify with its plugins, how errors are answered, and which routes there are. */
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { messageOf } from '../../sql/errors.ts';
import type { Logger } from '../../sql/log.ts';
import { RequestRefused } from '../codes.ts';
import type { IngestLimits } from '../limits.ts';
import type { Loader } from '../loader/loader.ts';
import type { Spool } from '../spool/spool.ts';
import type { SyslogReceiver } from '../syslog/receiver.ts';
import type { SyslogCounts } from '../syslog/counts.ts';
import type { Authenticator } from './authenticate.ts';
import { eventRoutes } from './event-routes.ts';
import { fhirRoutes } from './fhir-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { referenceRoutes } from './reference-routes.ts';
import { retrievalRoutes } from './retrieval-routes.ts';
import { syslogRetrievalRoutes } from './syslog-retrieval-routes.ts';

/** What the routes work with. */
export interface Parts {
  /** Holds the checkpoint of the seals, whose age is a metric. */
  readonly data_dir: string;
  readonly spool: Spool;
  readonly loader: Loader;
  readonly client: SqlClient;
  /** For what is read back, which may take longer. */
  readonly retrieval_client: SqlClient;
  readonly clock: Clock;
  readonly limits: IngestLimits;
  readonly log: Logger;
  readonly authenticator: Authenticator;
  readonly syslog: Pick<SyslogCounts, 'messages' | 'connections'> &
    Pick<SyslogReceiver, 'openConnections'>;
}

/** The application, with its routes, not yet listening. */
export async function createApp(parts: Parts): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    // Bodies are streamed and bounded by the routes themselves.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    forceCloseConnections: 'idle',
    // A sender may take its time with a body, not with its headers.
    requestTimeout: 0,
    connectionTimeout: 120_000,
    routerOptions: { maxParamLength: 200 },
  });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    done();
  });
  app.removeAllContentTypeParsers();
  // Every body arrives as a stream; the route decides by its type.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  answerErrors(app, parts);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'Access audit: ingest',
        version: '1',
        description:
          'Takes audit events and reference data. 200 means: on disk. Sending again is always safe.',
      },
      components: { securitySchemes: { source_key: { type: 'http', scheme: 'bearer' } } },
      security: [{ source_key: [] }],
    },
  });
  await app.register(async (pages) => {
    // Only these pages are for browsers. A dozen headers more on every answer would cost a tenth of its time.
    await pages.register(helmet, {
      contentSecurityPolicy: {
        directives: { ...helmetDefaults(), 'upgrade-insecure-requests': null },
      },
      strictTransportSecurity: false,
    });
    await pages.register(swaggerUi, { routePrefix: '/docs', staticCSP: false });
  });
  // The schemas of the routes describe; what checks is the records' own compiled schema.
  app.setValidatorCompiler(() => () => true);
  await app.register(async (scope) => eventRoutes(scope, parts));
  await app.register(async (scope) => messageRoutes(scope, parts));
  await app.register(async (scope) => referenceRoutes(scope, parts));
  await app.register(async (scope) => healthRoutes(scope, parts));
  await app.register(async (scope) => fhirRoutes(scope, parts), { prefix: '/fhir' });
  await app.register(async (scope) => retrievalRoutes(scope, parts));
  await app.register(async (scope) => syslogRetrievalRoutes(scope, parts));
  return app;
}

/** Swagger's page sets styles of its own; nothing else is let in. */
function helmetDefaults(): Record<string, string[]> {
  return {
    'default-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
  };
}

function answerErrors(app: FastifyInstance, { log, limits }: Parts): void {
  app.setNotFoundHandler(() => {
    throw new RequestRefused('ROUTE_UNKNOWN', 'There is no such address. See /docs.');
  });
  app.setErrorHandler(async (error: FastifyError | RequestRefused, request, reply) => {
    const refused = error instanceof RequestRefused ? error : asRefused(error);
    if (refused.status >= 500) {
      log.error(
        { code: refused.code, route: request.routeOptions.url, detail: messageOf(error) },
        'request failed',
      );
    }
    if (refused.status === 503 || refused.status === 429) {
      reply.header('retry-after', refused.status === 429 ? 60 : limits.retry_after_s);
    }
    if (refused.status === 401) reply.header('www-authenticate', 'Bearer');
    // What is left of a body is not read: the connection ends with the answer.
    if (!request.raw.complete) reply.header('connection', 'close');
    return reply.code(refused.status).send({ code: refused.code, message: refused.message });
  });
}

function asRefused(error: FastifyError): RequestRefused {
  if (error.statusCode === 400) {
    return new RequestRefused('PARAMETER_INVALID', 'The request is not well formed.', {
      cause: error,
    });
  }
  return new RequestRefused(
    'SERVICE_FAILED',
    'Something failed on our side. Nothing was acknowledged; send again.',
    {
      cause: error,
    },
  );
}
