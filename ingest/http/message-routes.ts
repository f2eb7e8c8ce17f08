/** `POST /audit-messages`: one audit message as XML, for files and for senders that have no syslog. */
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { RequestRefused } from '../codes.ts';
import { eventContext } from '../event-context.ts';
import { mediaType, readBody } from '../formats/body.ts';
import { readMessage } from '../formats/read-message.ts';
import { createIntake, newReceipt } from '../intake.ts';
import { mapMessage, takeMessage } from '../receive-message.ts';
import { AnswerSchema, ErrorSchema, WaitSchema } from './answers.ts';
import type { Parts } from './app.ts';
import { createByteBudget } from './byte-budget.ts';
import { wantsLoaded } from './event-routes.ts';
import { receiptState } from './receipt-state.ts';
import { withWholeBody } from './whole-body.ts';

export function messageRoutes(app: FastifyInstance, parts: Parts): void {
  const { spool, limits, clock, log, authenticator } = parts;
  const bodies = createByteBudget(limits.array_bytes_under_way_max, limits.room_wait_ms_max);

  app.post(
    '/audit-messages',
    {
      schema: {
        summary: 'Sends an audit message as XML',
        description:
          'One AuditMessage (DICOM PS3.15, RFC 3881), or FHIR AuditEvent or Bundle, as application/xml; plain, gzip or zstd. It becomes an event for each of its patients, or is kept with the reason why not. FHIR clients use /fhir.',
        consumes: ['application/xml', 'text/xml'],
        querystring: WaitSchema,
        body: Type.String({ description: 'The XML.' }),
        response: { 200: AnswerSchema, '4xx': ErrorSchema, '5xx': ErrorSchema },
      },
    },
    async (request) => {
      const source = await authenticator.sourceOf(request);
      const is_waiting = wantsLoaded(request);
      const media_type = mediaType(request.headers);
      if (media_type !== 'application/xml' && media_type !== 'text/xml') {
        throw new RequestRefused(
          'CONTENT_TYPE_UNSUPPORTED',
          'Audit messages are sent as application/xml.',
        );
      }
      const intake = createIntake({
        receipt: newReceipt(),
        source: source.source,
        clock,
        dataset: 'access_events',
        limits,
        append: (batch) => spool.append(batch, limits.room_wait_ms_max),
      });
      const body = readBody(request.raw, limits.array_bytes_max);
      const pace = {
        grace_ms: limits.array_grace_ms,
        bytes_per_s_min: limits.array_bytes_per_s_min,
      };
      await withWholeBody(body, bodies, pace, async (bytes) => {
        const mapped = mapMessage(
          (given, mapping) => readMessage(given, 'http', media_type, mapping),
          bytes,
          source.mapping,
          (fault) =>
            log.error({ code: 'MESSAGE_UNREADABLE', fault }, 'a message could not be read'),
        );
        const context = eventContext(source, intake.readClock(), limits.future_ms_max);
        takeMessage({ bytes, transport: 'http', media_type }, mapped, intake, context);
      });
      const answer = await intake.finish();
      if (!is_waiting) return answer;
      const state = await receiptState(parts, answer.receipt, source, limits.wait_loaded_ms_max);
      return { ...answer, ...state };
    },
  );
}
