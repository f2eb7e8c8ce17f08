/** `PUT /reference/{dataset}`. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { refusal } from '../check-record.ts';
import { RequestRefused } from '../codes.ts';
import { mediaType, readBody } from '../formats/body.ts';
import { createIntake, newReceipt, type Intake } from '../intake.ts';
import { parseInstant } from '../instant.ts';
import { earliest_ms, rowChecker, type RowChecker } from '../reference/check-row.ts';
import {
  datasets,
  fieldsOf,
  isDataset,
  owned_datasets,
  type DatasetName,
} from '../reference/datasets.ts';
import { receiveRowArrow } from '../reference/receive-reference-arrow.ts';
import { receiveRowCsv, receiveRowLines, type Receiving } from '../reference/receive-reference.ts';
import { AnswerSchema, ErrorSchema } from './answers.ts';
import type { Parts } from './app.ts';
import { createByteBudget } from './byte-budget.ts';
import { receiptState } from './receipt-state.ts';
import { wantsLoaded } from './event-routes.ts';

const checkers = new Map<DatasetName, RowChecker>();

export function referenceRoutes(app: FastifyInstance, parts: Parts): void {
  const { spool, limits, clock, authenticator } = parts;
  const streams = createByteBudget(limits.arrow_references_max, limits.room_wait_ms_max);

  app.put<{ Params: { dataset: string } }>(
    '/reference/:dataset',
    {
      schema: {
        summary: 'Loads reference data',
        description: `NDJSON (application/x-ndjson), CSV with a header (text/csv) or an Arrow IPC stream (application/vnd.apache.arrow.stream); plain, gzip or zstd. Datasets: ${Object.keys(datasets).join(', ')}.`,
        consumes: Object.keys(reference_types),
        params: Type.Object({ dataset: Type.Enum(Object.keys(datasets)) }),
        querystring: Type.Object({
          mode: Type.Optional(
            Type.Enum(['partial', 'full'], {
              description: 'full ends the keys that are not in it.',
            }),
          ),
          as_of: Type.Optional(
            Type.String({
              description: 'When those end: RFC 3339 with offset. Receipt unless told.',
            }),
          ),
          wait: Type.Optional(Type.Enum(['loaded'])),
        }),
        body: Type.Array(Type.Union(Object.values(datasets))),
        response: { 200: AnswerSchema, '4xx': ErrorSchema, '5xx': ErrorSchema },
      },
    },
    async (request) => {
      const source = await authenticator.sourceOf(request);
      const { dataset } = request.params;
      if (!isDataset(dataset)) {
        throw new RequestRefused(
          'DATASET_UNKNOWN',
          `The datasets are ${Object.keys(datasets).join(', ')}.`,
        );
      }
      if (source.organisation_codes.length > 0 && !owned_datasets.has(dataset)) {
        throw new RequestRefused(
          'DATASET_NOT_ALLOWED',
          'The rows of this dataset belong to no organisation, and the key is limited to some.',
        );
      }
      const is_waiting = wantsLoaded(request);
      const { mode, as_of } = readParameters(request, clock.now() + limits.future_ms_max);
      const type = mediaType(request.headers);
      const form = Object.hasOwn(reference_types, type)
        ? reference_types[type as keyof typeof reference_types]
        : undefined;
      if (!form) {
        throw new RequestRefused(
          'CONTENT_TYPE_UNSUPPORTED',
          `Reference data is sent as ${Object.keys(reference_types).join(', ')}.`,
        );
      }
      const receipt = newReceipt();
      const received_at = clock.now();
      const upload = await spool.beginReference({
        dataset,
        source: source.source,
        receipt,
        received_at,
        mode,
        as_of,
        ...(source.organisation_codes.length > 0 && {
          organisation_codes: source.organisation_codes,
        }),
      });
      const intake = createIntake({
        receipt,
        source: source.source,
        clock,
        dataset,
        limits,
        append: (batch) => upload.append(batch),
        append_rejects: (batch) => spool.append(batch, limits.room_wait_ms_max),
      });
      try {
        const context = {
          default_staff_id_system: source.default_staff_id_system,
          organisation_codes: new Set(source.organisation_codes),
        };
        const to = { intake, check: checkerOf(dataset), context, limits };
        const body = readBody(request.raw, limits.body_bytes_max);
        if (form === 'csv') await receiveRowCsv(body, fieldsOf(dataset), to);
        else if (form === 'arrow') await receiveArrowWithin(body, dataset, to);
        else await receiveRowLines(body, to);
        const answer = await intake.finish();
        // An export that failed is an empty file, and would end everything that the source has.
        if (mode === 'full' && answer.accepted === 0 && answer.rejected_count === 0) {
          throw new RequestRefused(
            'REFERENCE_FULL_EMPTY',
            'The full file has no rows, which would end the whole dataset. Nothing is changed.',
          );
        }
        await upload.commit();
        const state = is_waiting
          ? await receiptState(parts, receipt, source, limits.wait_loaded_ms_max)
          : {};
        return { ...answer, ...warning(mode, answer.rejected_count), ...state };
      } catch (error) {
        await upload.discard();
        await keepRefusal(error, intake);
        throw error;
      }
    },
  );

  /** A record batch is in memory as a whole, perhaps twice; how many are at the same time is bounded. */
  async function receiveArrowWithin(
    body: AsyncGenerator<Buffer>,
    dataset: DatasetName,
    to: Receiving,
  ): Promise<void> {
    await streams.take(1);
    try {
      await receiveRowArrow(body, fieldsOf(dataset), to);
    } finally {
      streams.give(1);
    }
  }
}

/** How the bodies of each media type are read. */
const reference_types = {
  'application/x-ndjson': 'lines',
  'text/csv': 'csv',
  'application/vnd.apache.arrow.stream': 'arrow',
} as const;

function readParameters(
  request: FastifyRequest,
  latest_ms: number,
): {
  mode: 'partial' | 'full';
  as_of: number | null;
} {
  const { mode = 'partial', as_of } = request.query as { mode?: unknown; as_of?: unknown };
  if (mode !== 'partial' && mode !== 'full') {
    throw new RequestRefused('PARAMETER_INVALID', 'mode takes the values partial and full.');
  }
  if (as_of === undefined) return { mode, as_of: null };
  // A plus sign that was not escaped arrives as a space.
  const instant = parseInstant(String(as_of).replace(/ (\d\d:\d\d)$/, '+$1'));
  if (typeof instant === 'string') {
    throw new RequestRefused(
      'PARAMETER_INVALID',
      'as_of takes a time with offset, such as 2026-03-01T00:00:00Z.',
    );
  }
  if (instant < earliest_ms || instant > latest_ms) {
    throw new RequestRefused(
      'PARAMETER_INVALID',
      'as_of has to be from 1900 to the present moment.',
    );
  }
  return { mode, as_of: instant };
}

function checkerOf(dataset: DatasetName): RowChecker {
  let checker = checkers.get(dataset);
  if (!checker) checkers.set(dataset, (checker = rowChecker(dataset)));
  return checker;
}

function warning(mode: string, rejected_count: number): { warning?: string } {
  if (mode !== 'full' || rejected_count === 0) return {};
  return {
    warning: 'Rows were refused, so no key was ended. Correct them, and send the whole file again.',
  };
}

/** A file that is refused whole is seen among the refusals all the same. */
async function keepRefusal(error: unknown, intake: Intake): Promise<void> {
  if (!(error instanceof RequestRefused) || !error.code.startsWith('REFERENCE_')) return;
  await intake.refuseWhole(
    refusal('REFERENCE', error.code.slice('REFERENCE_'.length), error.message),
  );
}
