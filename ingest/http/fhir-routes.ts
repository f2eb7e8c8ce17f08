/** FHIR in: `POST /fhir/AuditEvent`, a Bundle to `POST /fhir`, and `GET /fhir/metadata`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { RequestRefused } from '../codes.ts';
import { eventContext } from '../event-context.ts';
import { mediaType, readBody } from '../formats/body.ts';
import { event_bytes_max } from '../formats/fhir/resource.ts';
import { storedForm, writeAuditEvent } from '../formats/fhir/write.ts';
import { createIntake, newReceipt } from '../intake.ts';
import {
  takeAuditEvent,
  takeBundle,
  type FhirIntake,
  type Taken,
  type TakenBundle,
} from '../receive-fhir.ts';
import type { Source } from '../sources.ts';
import type { Parts } from './app.ts';
import { createByteBudget } from './byte-budget.ts';
import { wantsLoaded } from './event-routes.ts';
import { answerErrorsInFhir, sendResource, wantedFormat } from './fhir-answer.ts';
import { capabilityStatement } from './fhir-capability.ts';
import { locationOf, outcomeOf, responseBundle, statusOf } from './fhir-outcome.ts';
import { receiptState } from './receipt-state.ts';
import { withWholeBody } from './whole-body.ts';

/** What FHIR calls its formats now, what it called them before, and what everybody else does. */
const media_types = new Set([
  'application/fhir+json',
  'application/json+fhir',
  'application/json',
  'text/json',
  'application/fhir+xml',
  'application/xml+fhir',
  'application/xml',
  'text/xml',
]);

const described = {
  consumes: [
    'application/fhir+json',
    'application/fhir+xml',
    'application/json',
    'application/xml',
  ],
  querystring: Type.Object({
    _format: Type.Optional(Type.String()),
    wait: Type.Optional(Type.Enum(['loaded'])),
  }),
};

export function fhirRoutes(app: FastifyInstance, parts: Parts): void {
  const { spool, limits, clock, log, authenticator } = parts;
  const bodies = createByteBudget(limits.array_bytes_under_way_max, limits.room_wait_ms_max);
  answerErrorsInFhir(app, parts);
  app.setNotFoundHandler(() => {
    throw new RequestRefused(
      'ROUTE_UNKNOWN',
      'There is no such address. See /fhir/metadata for what there is.',
    );
  });

  app.get(
    '/metadata',
    { schema: { summary: 'What the FHIR interface can do', security: [] } },
    async (request, reply) =>
      sendResource(reply, capabilityStatement(baseOf(request)), formatOf(request)),
  );

  app.post(
    '/AuditEvent',
    {
      schema: {
        ...described,
        summary: 'Sends one FHIR AuditEvent',
        description:
          'R5, R4, STU3 or DSTU2, as JSON or XML. 201 means: on disk. What becomes no event is refused with an OperationOutcome, and kept.',
      },
    },
    async (request, reply) => {
      const format = formatOf(request);
      const { source, receipt, result } = await receive(
        request,
        event_bytes_max,
        async (bytes, to) => takeAuditEvent(bytes, to),
      );
      reply.header('receipt', receipt).code(statusOf(result));
      if (result.events.length === 0) return sendResource(reply, outcomeOf(result), format);
      const location = locationOf(baseOf(request), source.source, result);
      reply.header('location', location);
      return sendTaken(request, reply, source, result);
    },
  );

  app.post(
    '/',
    {
      schema: {
        ...described,
        summary: 'Sends a Bundle of FHIR AuditEvents',
        description:
          'Of type batch, collection or searchset: each entry is taken or refused for itself. Of type transaction: all or none.',
      },
    },
    async (request, reply) => {
      const format = formatOf(request);
      const { source, receipt, result } = await receive(
        request,
        limits.array_bytes_max,
        (bytes, to): Promise<TakenBundle> => takeBundle(bytes, to, limits.transaction_bytes_max),
      );
      reply.header('receipt', receipt);
      if ('refusals' in result) {
        const taken = { events: [], refusals: result.refusals };
        // A transaction that fails is a bad request by the standard, whatever its entries are.
        return sendResource(
          reply.code(result.is_transaction ? 400 : statusOf(taken)),
          outcomeOf(taken),
          format,
        );
      }
      const bundle = responseBundle(result.type, result.entries, baseOf(request), source.source);
      return sendResource(reply, bundle, format);
    },
  );

  /** Takes a body; what is returned is on disk, and loaded where that was asked for. */
  async function receive<T>(
    request: FastifyRequest,
    bytes_max: number,
    take: (bytes: Buffer, to: FhirIntake) => Promise<T>,
  ): Promise<{ source: Source; receipt: string; result: T }> {
    const source = await authenticator.sourceOf(request);
    const is_waiting = wantsLoaded(request);
    const media_type = mediaType(request.headers);
    if (!media_types.has(media_type)) {
      throw new RequestRefused(
        'CONTENT_TYPE_UNSUPPORTED',
        'FHIR is sent as application/fhir+json or application/fhir+xml.',
      );
    }
    const too_large = `This body may have ${bytes_max} bytes. Send more Bundles, of fewer events each.`;
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > bytes_max) throw new RequestRefused('BODY_TOO_LARGE', too_large);
    const intake = createIntake({
      receipt: newReceipt(),
      source: source.source,
      clock,
      dataset: 'access_events',
      limits,
      append: (batch) => spool.append(batch, limits.room_wait_ms_max),
    });
    const pace = { grace_ms: limits.array_grace_ms, bytes_per_s_min: limits.array_bytes_per_s_min };
    let result: T | undefined;
    const body = readBody(request.raw, bytes_max, too_large);
    await withWholeBody(body, bodies, pace, async (bytes) => {
      result = await take(bytes, {
        intake,
        context: eventContext(source, intake.readClock(), limits.future_ms_max),
        mapping: source.mapping,
        media_type,
        report: (fault) =>
          log.error({ code: 'MESSAGE_UNREADABLE', fault }, 'a message could not be read'),
      });
      await intake.finish();
    });
    if (is_waiting) await receiptState(parts, intake.receipt, source, limits.wait_loaded_ms_max);
    return { source, receipt: intake.receipt, result: result as T };
  }

  function sendTaken(
    request: FastifyRequest,
    reply: FastifyReply,
    source: Source,
    taken: Taken,
  ): FastifyReply {
    const [event] = taken.events;
    const wanted = /(?:^|[,;\s])return\s*=\s*"?(\w+)/.exec(
      String(request.headers['prefer'] ?? ''),
    )?.[1];
    if (wanted === 'representation' && event) {
      const stored = storedForm(source.source, event, clock.now());
      return sendResource(reply, writeAuditEvent(stored), formatOf(request));
    }
    // What was refused of the message is told even to who asked for nothing.
    if (wanted === 'OperationOutcome' || taken.refusals.length > 0)
      return sendResource(reply, outcomeOf(taken), formatOf(request));
    return reply.send();
  }
}

function formatOf(request: FastifyRequest) {
  const named = (request.query as { _format?: unknown })._format;
  const accept = request.headers.accept;
  // Who says nothing is answered in what they sent.
  if (typeof named !== 'string' && (accept === undefined || accept === '*/*'))
    return mediaType(request.headers).includes('xml') ? ('xml' as const) : ('json' as const);
  return wantedFormat(request, typeof named === 'string' ? named : null);
}

function baseOf(request: FastifyRequest): string {
  // A Host that is none is not repeated into a link.
  const host = /^[\w.:[\]-]{1,255}$/.test(request.host) ? request.host : 'localhost';
  return `${request.protocol}://${host}/fhir`;
}
