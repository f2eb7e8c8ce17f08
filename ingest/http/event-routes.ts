/** `POST /events` and `GET /receipts/{receipt}`. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { EventContext } from '../check-event.ts';
import { RequestRefused } from '../codes.ts';
import { eventContext } from '../event-context.ts';
import { AccessEventSchema } from '../event.ts';
import { mediaType, readBody } from '../formats/body.ts';
import { createIntake, newReceipt, oneEventBatch, type Intake } from '../intake.ts';
import { receiveArrow } from '../receive-arrow.ts';
import { receiveEventCsv } from '../receive-event-csv.ts';
import { readOneEvent, receiveEventArray, receiveEventLines } from '../receive-events.ts';
import { refusal } from '../check-record.ts';
import { AnswerSchema, ErrorSchema, ReceiptSchema, WaitSchema } from './answers.ts';
import type { Parts } from './app.ts';
import { createByteBudget } from './byte-budget.ts';
import { isSmallBody, readSmallBody } from './small-body.ts';
import { withWholeBody } from './whole-body.ts';
import { receiptState } from './receipt-state.ts';

export function eventRoutes(app: FastifyInstance, parts: Parts): void {
  const { spool, limits, clock, authenticator } = parts;
  const streams = createByteBudget(limits.arrow_streams_max, limits.room_wait_ms_max);
  const arrays = createByteBudget(limits.array_bytes_under_way_max, limits.room_wait_ms_max);

  app.post(
    '/events',
    {
      schema: {
        summary: 'Sends access events',
        description:
          'NDJSON (application/x-ndjson), an Arrow IPC stream (application/vnd.apache.arrow.stream) or CSV (text/csv) of any length, or a JSON array or one event (application/json); plain, gzip or zstd. One bad event never refuses the others.',
        consumes: Object.keys(event_types),
        querystring: WaitSchema,
        body: Type.Array(AccessEventSchema),
        response: { 200: AnswerSchema, '4xx': ErrorSchema, '5xx': ErrorSchema },
      },
    },
    async (request, reply) => {
      const source = await authenticator.sourceOf(request);
      const is_waiting = wantsLoaded(request);
      const type = mediaType(request.headers);
      const form = Object.hasOwn(event_types, type)
        ? event_types[type as keyof typeof event_types]
        : undefined;
      if (!form) {
        throw new RequestRefused(
          'CONTENT_TYPE_UNSUPPORTED',
          `Events are sent as ${Object.keys(event_types).join(', ')}.`,
        );
      }
      const context = eventContext(source, clock.now(), limits.future_ms_max);
      let small: Buffer | undefined;
      if (form === 'json' && isSmallBody(request.raw, limits.block_body_bytes_min)) {
        small = await readSmallBody(request.raw, limits.array_grace_ms);
        context.received_at = clock.now();
        const event = is_waiting ? undefined : readOneEvent(small, context);
        if (event) {
          const receipt = newReceipt();
          const batch = oneEventBatch(receipt, source.source, context.received_at, event);
          await spool.append(batch, limits.room_wait_ms_max);
          // What AnswerSchema would make of it.
          reply.type('application/json; charset=utf-8');
          return reply.send(
            `{"receipt":"${receipt}","accepted":1,"rejected":[],"rejected_count":0}`,
          );
        }
      }
      const intake = createIntake({
        receipt: newReceipt(),
        source: source.source,
        clock,
        dataset: 'access_events',
        limits,
        append: (batch) => spool.append(batch, limits.room_wait_ms_max),
        ...(isLarge(request, form, limits.block_body_bytes_min) && {
          columns: { default_staff_id_system: source.default_staff_id_system },
        }),
      });
      const body = () => readBody(request.raw, limits.body_bytes_max);
      if (form === 'lines') await receiveEventLines(body(), intake, context, limits);
      else if (form === 'csv') await receiveEventCsv(body(), intake, context, limits);
      else if (form === 'arrow') await receiveArrowWithin(body(), intake, context);
      else if (small) await receiveArray(small, intake, context);
      else await receiveJson(request, intake, context);
      const answer = await intake.finish();
      return is_waiting
        ? {
            ...answer,
            ...(await receiptState(parts, answer.receipt, source, limits.wait_loaded_ms_max)),
          }
        : answer;
    },
  );

  app.get<{ Params: { receipt: string } }>(
    '/receipts/:receipt',
    {
      schema: {
        summary: 'What became of the events of one request',
        params: Type.Object({ receipt: Type.String() }),
        response: { 200: ReceiptSchema, '4xx': ErrorSchema, '5xx': ErrorSchema },
      },
    },
    async (request) => {
      const source = await authenticator.sourceOf(request);
      return receiptState(parts, request.params.receipt, source, 0);
    },
  );

  /** A record batch is in memory as a whole, perhaps twice; how many are at the same time is bounded. */
  async function receiveArrowWithin(
    body: AsyncGenerator<Buffer>,
    intake: Intake,
    context: EventContext,
  ): Promise<void> {
    await streams.take(1);
    try {
      await receiveArrow(body, intake, context, {
        batch_bytes_max: limits.arrow_batch_bytes_max,
        metadata_bytes_max: limits.arrow_metadata_bytes_max,
      });
    } finally {
      streams.give(1);
    }
  }

  async function receiveJson(
    request: FastifyRequest,
    intake: Intake,
    context: EventContext,
  ): Promise<void> {
    const too_large = `A JSON body may have ${limits.array_bytes_max} bytes. Send NDJSON (application/x-ndjson), which has no such bound.`;
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limits.array_bytes_max) throw new RequestRefused('BODY_TOO_LARGE', too_large);
    const body = readBody(request.raw, limits.array_bytes_max, too_large);
    const pace = {
      grace_ms: limits.array_grace_ms,
      bytes_per_s_min: limits.array_bytes_per_s_min,
    };
    await withWholeBody(body, arrays, pace, (bytes) => receiveArray(bytes, intake, context));
  }

  async function receiveArray(bytes: Buffer, intake: Intake, context: EventContext): Promise<void> {
    try {
      await receiveEventArray(bytes, intake, context);
    } catch (error) {
      if (!(error instanceof RequestRefused) || error.code !== 'BODY_JSON_INVALID') throw error;
      // Refused whole, and kept all the same: a sender that is broken has to be seen.
      await intake.refuseWhole(
        refusal('EVENT', 'JSON_INVALID', 'The JSON body is damaged or was cut short.'),
        bytes,
      );
      throw error;
    }
  }
}

/** How the bodies of each media type are read. */
const event_types = {
  'application/x-ndjson': 'lines',
  'application/vnd.apache.arrow.stream': 'arrow',
  'text/csv': 'csv',
  'application/json': 'json',
} as const;

type EventForm = (typeof event_types)[keyof typeof event_types];

/** Whether a body has, or may have, so many events that they are worth a block. */
function isLarge({ headers }: FastifyRequest, form: EventForm, bytes_min: number): boolean {
  if (form === 'json') return false;
  if (form === 'arrow') return true;
  const encoding = headers['content-encoding'] ?? 'identity';
  const announced = headers['content-length'];
  if (announced === undefined) return true;
  // Events shrink to a tenth and less.
  const grown = Number(announced) * (encoding === 'identity' ? 1 : 10);
  return grown >= bytes_min;
}

/** Whether the sender wants to wait until its events can be queried. */
export function wantsLoaded(request: FastifyRequest): boolean {
  const wait = (request.query as { wait?: unknown }).wait;
  if (wait === undefined) return false;
  if (wait === 'loaded') return true;
  throw new RequestRefused('PARAMETER_INVALID', 'wait takes the value loaded.');
}
