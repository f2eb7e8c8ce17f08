/** Takes the events of one request: NDJSON line by line, or a JSON array as a whole. */
import { isUtf8 } from 'node:buffer';
import { checkEvent, isRefusal, type EventContext } from './check-event.ts';
import { refusal } from './check-record.ts';
import { RequestRefused } from './codes.ts';
import type { SpooledEvent } from './event.ts';
import { harmless_bytes, isTooDeep, withoutDeepItems, type DeepItem } from './formats/depth.ts';
import { createLineReader } from './formats/event-line.ts';
import { isBlank, lineAt, splitRuns, withoutMark, type Line } from './formats/lines.ts';
import type { Intake } from './intake.ts';
import type { IngestLimits } from './limits.ts';

/** Takes NDJSON, in the memory of a few batches whatever its length. */
export async function receiveEventLines(
  body: AsyncIterable<Buffer>,
  intake: Intake,
  context: EventContext,
  limits: IngestLimits,
): Promise<void> {
  const { columns } = intake;
  const reader = columns && createLineReader(columns, context);
  const kept_bytes = limits.raw_bytes_max + 1;
  for await (const run of splitRuns(body, limits.line_bytes_max, kept_bytes)) {
    // By now, not by when the request began: a body may take hours.
    context.received_at = intake.readClock();
    for (let at = 0; at < run.bytes.length;) {
      const next = reader && !run.is_too_long ? reader.read(run.bytes, at, intake.index()) : -1;
      if (next >= 0) {
        intake.countAccepted(1);
        at = next;
      } else {
        const line = lineAt(run, at, limits.line_bytes_max, kept_bytes);
        if (line.is_too_long || !isBlank(line.bytes)) takeLine(line, intake, context);
        at = line.next;
      }
      if (intake.isDue()) await intake.spill();
    }
  }
}

/** Takes a JSON array of events, or one event. */
export function receiveEventArray(
  bytes: Buffer,
  intake: Intake,
  context: EventContext,
): Promise<void> {
  context.received_at = intake.readClock();
  const shallow = withoutDeepItems(withoutMark(bytes));
  const parsed = parseBody(shallow.bytes);
  const deep = new Map(shallow.deep.map((item) => [item.index, item]));
  return takeAll(
    Array.isArray(parsed) ? parsed : [parsed],
    withoutMark(bytes),
    deep,
    intake,
    context,
  );
}

/**
 * The event of a small body that is one good event, and nothing else; undefined where `receiveEventArray` has to look
 * at it.
 */
export function readOneEvent(bytes: Buffer, context: EventContext): SpooledEvent | undefined {
  const open_brace = 123;
  if (bytes[0] !== open_brace || bytes.length > harmless_bytes || !isUtf8(bytes)) return undefined;
  try {
    const checked = checkEvent(JSON.parse(bytes.toString('utf8')), context);
    return isRefusal(checked) ? undefined : checked;
  } catch {
    // What is wrong with it is said by the exact way.
    return undefined;
  }
}

/** @throws RequestRefused BODY_JSON_INVALID */
function parseBody(bytes: Buffer): unknown {
  try {
    if (!isUtf8(bytes)) throw new TypeError('not UTF-8');
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new RequestRefused(
      'BODY_JSON_INVALID',
      'The body is not JSON, or was cut short, so nothing of it is stored. Send an array, or NDJSON line by line.',
      { cause },
    );
  }
}

const too_deep = refusal('EVENT', 'TOO_DEEP', 'It is nested deeper than any event is.');

async function takeAll(
  values: readonly unknown[],
  bytes: Buffer,
  deep: ReadonlyMap<number, DeepItem>,
  intake: Intake,
  context: EventContext,
): Promise<void> {
  for (const [index, value] of values.entries()) {
    const item = deep.get(index);
    if (item) intake.refuse(too_deep, bytes.subarray(item.from, item.to));
    else takeValue(value, () => Buffer.from(JSON.stringify(value)), intake, context);
    if (intake.isDue()) await intake.spill();
  }
}

function takeLine({ bytes, is_too_long }: Line, intake: Intake, context: EventContext): void {
  if (is_too_long) {
    intake.refuse(refusal('EVENT', 'LINE_TOO_LONG', 'The line is longer than 1 MiB.'), bytes);
    return;
  }
  let value: unknown;
  try {
    if (!isUtf8(bytes)) {
      intake.refuse(refusal('EVENT', 'NOT_UTF8', 'The line is not UTF-8.'), bytes);
      return;
    }
    if (isTooDeep(bytes)) {
      intake.refuse(too_deep, bytes);
      return;
    }
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message quotes the text, which is somebody's data.
    intake.refuse(
      refusal('EVENT', 'JSON_INVALID', 'The line is not JSON, or was cut short.'),
      bytes,
    );
    return;
  }
  takeValue(value, () => bytes, intake, context);
}

function takeValue(value: unknown, raw: () => Buffer, intake: Intake, context: EventContext): void {
  const checked = checkEvent(value, context);
  if (isRefusal(checked)) intake.refuse(checked, raw(), eventIdOf(value));
  else intake.acceptEvent(checked);
}

function eventIdOf(value: unknown): string {
  const event_id = (value as { event_id?: unknown } | null)?.event_id;
  return typeof event_id === 'string' ? event_id.slice(0, 128) : '';
}
