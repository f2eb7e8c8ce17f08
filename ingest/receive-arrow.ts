/** Takes the events of an Arrow stream: each value goes from its column to ours; an unusual row goes the exact way. */
import { isUtf8 } from 'node:buffer';
import { checkEvent, isRefusal, type EventContext } from './check-event.ts';
import { refusal } from './check-record.ts';
import { isValid, type Texts, type Values } from './formats/arrow/batch.ts';
import { readArrow, type ArrowBatch, type ArrowLimits } from './formats/arrow.ts';
import { createRowWriter, type RowWriter } from './formats/row-writer.ts';
import type { Intake } from './intake.ts';

/** @throws RequestRefused those of `readArrow` */
export async function receiveArrow(
  body: AsyncIterable<Buffer>,
  intake: Intake,
  context: EventContext,
  limits: ArrowLimits,
): Promise<void> {
  const { columns } = intake;
  if (!columns) throw new TypeError('Arrow is taken into columns.');
  const writer = createRowWriter(columns, context);
  for await (const batch of readArrow(body, limits)) {
    context.received_at = intake.readClock();
    const cells = batch.values.map((values) => cellOf(values, writer));
    for (let row = 0; row < batch.rows; row++) {
      if (writeRow(row, cells, writer, intake.index())) intake.countAccepted(1);
      else takeExactly(batch, row, intake, context);
      if (intake.isDue()) await intake.spill();
    }
  }
}

/** Writes the value of a row; false where the exact way has to look at it. */
type Cell = (row: number) => boolean;

function writeRow(row: number, cells: readonly Cell[], writer: RowWriter, index: number): boolean {
  writer.begin();
  for (const cell of cells) {
    if (!cell(row)) {
      writer.undo();
      return false;
    }
  }
  return writer.end(index);
}

function cellOf(
  { column, valid, texts, indexes, lists, instants }: Values,
  writer: RowWriter,
): Cell {
  const { bytes, ends } = texts;
  if (instants) {
    return (row) => !isValid(valid, row) || writer.putInstant(instants[row] as number);
  }
  const field = writer.field(column.name);
  if (column.kind === 'list') {
    if (!lists) return () => true;
    return (row) =>
      !isValid(valid, row) ||
      writer.putList(field, (lists[row + 1] as number) - (lists[row] as number), (item) => {
        const at = (lists[row] as number) + item;
        const index = indexes ? (indexes[at] as number) : at;
        if (index < 0 || (!indexes && !isValid(texts.valid, index))) return false;
        return writer.putItem(field, bytes, ends[index] as number, ends[index + 1] as number);
      });
  }
  if (column.text === 'none') return () => true;
  if (indexes) {
    // What a text of the dictionary has become is remembered for as long as the words of the block last.
    const known = new Int32Array(texts.length).fill(-1);
    let known_in = -1;
    return (row) => {
      const index = indexes[row] as number;
      if (index < 0) return true;
      if (!field.word)
        return writer.put(field, bytes, ends[index] as number, ends[index + 1] as number);
      if (known_in !== writer.blocks()) {
        known.fill(-1);
        known_in = writer.blocks();
      }
      const word = known[index] as number;
      if (word >= 0) return writer.putKnown(field, word);
      if (!writer.put(field, bytes, ends[index] as number, ends[index + 1] as number)) return false;
      known[index] = field.word.last;
      return true;
    };
  }
  return (row) =>
    !isValid(valid, row) || writer.put(field, bytes, ends[row] as number, ends[row + 1] as number);
}

function takeExactly(batch: ArrowBatch, row: number, intake: Intake, context: EventContext): void {
  const value: Record<string, unknown> = {};
  let is_utf8 = true;
  for (const values of batch.values) {
    const read = valueOf(values, row);
    if (read === not_utf8) is_utf8 = false;
    else if (read !== undefined) value[values.column.name] = read;
  }
  const raw = Buffer.from(JSON.stringify(value));
  const event_id = typeof value['event_id'] === 'string' ? value['event_id'].slice(0, 128) : '';
  if (!is_utf8) {
    intake.refuse(
      refusal('EVENT', 'NOT_UTF8', 'The row has text that is not UTF-8.'),
      raw,
      event_id,
    );
    return;
  }
  const checked = checkEvent(value, context);
  if (isRefusal(checked)) intake.refuse(checked, raw, event_id);
  else intake.acceptEvent(checked);
}

const not_utf8 = Symbol('not UTF-8');

/** The value as JSON would have it; undefined for null, which is as good as absent. */
function valueOf({ valid, texts, indexes, lists, instants }: Values, row: number): unknown {
  if (!isValid(valid, row)) return undefined;
  if (instants) {
    const ms = instants[row] as number;
    // Past the year 9999 the text is of no form that is taken, and says so.
    return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
  }
  if (!lists) return textAt(texts, indexes ? (indexes[row] as number) : row);
  const items: unknown[] = [];
  for (let at = lists[row] as number; at < (lists[row + 1] as number); at++) {
    const item = textAt(texts, indexes ? (indexes[at] as number) : at);
    if (item === not_utf8) return not_utf8;
    items.push(item ?? null);
    // The longest list that is allowed has a thousand items; what is longer is refused whatever follows.
    if (items.length > 1_001) break;
  }
  return items;
}

function textAt(texts: Texts, index: number): string | typeof not_utf8 | undefined {
  if (index < 0 || !isValid(texts.valid, index)) return undefined;
  const bytes = texts.bytes.subarray(texts.ends[index], texts.ends[index + 1]);
  // Longer than any field may be, and refused for that.
  if (bytes.length > text_bytes_max)
    return Buffer.from(bytes.subarray(0, text_bytes_max)).toString('latin1');
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : not_utf8;
}

const text_bytes_max = 64 * 1024;
