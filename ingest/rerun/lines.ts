/** Writes plans as lines of the spool, so that what replaces and what is replaced are stored by one load or none. */
import type { Batch } from '../spool/format.ts';
import type { Plan } from './plan.ts';

/** What all lines of a page have in common. */
export interface LineContext {
  readonly request_id: string;
  readonly receipt: string;
  readonly source: string;
  readonly received_at: number;
}

/** A plan with what it is about: a foreign message, or what was kept of a native line. */
export interface PlannedItem {
  readonly plan: Plan;
  readonly message_id: string;
  readonly raw?: { readonly raw: string; readonly raw_encoding: string };
}

/** Batches of whole items, since a batch is stored as a whole. */
export function batchesOf(
  items: readonly PlannedItem[],
  context: LineContext,
  batch_bytes_max: number,
): Batch[] {
  const { receipt, source } = context;
  const batches: Batch[] = [];
  let lines: string[] = [];
  let rejects = 0;
  let length = 0;
  const flush = () => {
    if (lines.length > 0) batches.push({ receipt, source, rejects, lines });
    lines = [];
    rejects = 0;
    length = 0;
  };
  for (const [position, item] of items.entries()) {
    const added = linesOf(item, context, position);
    lines.push(...added);
    rejects += item.plan.refuse.length;
    length += added.reduce((sum, line) => sum + line.length, 0);
    if (length > batch_bytes_max) flush();
  }
  flush();
  return batches;
}

function linesOf(
  { plan, message_id, raw }: PlannedItem,
  { request_id, receipt, source, received_at }: LineContext,
  position: number,
): string[] {
  const line = (record: string, rest: object) =>
    JSON.stringify({ record, source, received_at, receipt, position, ...rest }).slice(1);
  return [
    ...plan.store.map((event) => line('event', { ...event, message_id })),
    ...plan.refuse.map(({ code, message, expression = '', event_id }) =>
      line('reject', {
        dataset: 'access_events',
        code,
        message,
        expression,
        event_id,
        message_id,
        ...raw,
      }),
    ),
    ...plan.supersede.map(({ event, replaced_by }) =>
      line('supersede', {
        event_id: event.event_id,
        occurred_at: event.occurred_at_ms,
        replaced_by,
        of_load_seq: event.load_seq,
        of_position: event.segment_position,
        message_id,
        request_id,
      }),
    ),
    ...plan.resolve.map(({ reject, resolution }) =>
      line('resolve', {
        resolution,
        of_segment_id: reject.segment_id,
        of_position: reject.segment_position,
        message_id,
        request_id,
      }),
    ),
  ];
}
