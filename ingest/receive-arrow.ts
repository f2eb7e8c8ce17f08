/** Takes the events of an Arrow stream: each value goes from its column to ours; an unusual row goes the exact way. */
import { checkEvent, isRefusal, type EventContext } from './check-event.ts';
import { refusal } from './check-record.ts';
import { isValid, type Values } from './formats/arrow/batch.ts';
import { event_shape } from './formats/arrow/shape.ts';
import { readArrow, type ArrowBatch, type ArrowLimits } from './formats/arrow.ts';
import { readRow } from './formats/arrow/row.ts';
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
  for await (const batch of readArrow(body, event_shape, limits)) {
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
  const { value, is_utf8 } = readRow(batch, row);
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
