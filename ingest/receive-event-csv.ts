/** Takes the events of a CSV file: a header of field names, and a row an event. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { checkEvent, isRefusal, type EventContext } from './check-event.ts';
import { refusal } from './check-record.ts';
import { RequestRefused } from './codes.ts';
import { checkColumnNames, event_shape } from './formats/arrow/shape.ts';
import { bytesOfCells, csv_options, utf8Cells } from './formats/csv-cells.ts';
import { withoutMarkAtStart } from './formats/lines.ts';
import type { Intake } from './intake.ts';
import type { IngestLimits } from './limits.ts';

const not_utf8 = refusal('EVENT', 'NOT_UTF8', 'The row has text that is not UTF-8.');
const list_fields = new Set(['supplier_codes', 'search_results']);

/**
 * Takes CSV (RFC 4180, UTF-8). An empty cell is an absent field; the items of a list stand between semicolons.
 *
 * @throws RequestRefused EVENTS_COLUMN_UNKNOWN, EVENTS_COLUMN_MISSING, EVENTS_CSV_INVALID
 */
export async function receiveEventCsv(
  body: AsyncIterable<Buffer>,
  intake: Intake,
  context: EventContext,
  limits: IngestLimits,
): Promise<void> {
  const parser = parse({ ...csv_options, max_record_size: limits.line_bytes_max });
  const source = Readable.from(withoutMarkAtStart(body), {
    objectMode: false,
    highWaterMark: 1 << 16,
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: string[] | undefined;
  let rows = 0;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const text = utf8Cells(cells);
      if (header === undefined) {
        header = (text ?? cells).map((cell) => cell.trim());
        checkColumnNames(header, event_shape);
        continue;
      }
      // By now, not by when the request began; the clock need not be asked for each.
      if (rows++ % 1_000 === 0) context.received_at = intake.readClock();
      if (text) takeCells(text, header, intake, context);
      else intake.refuse(not_utf8, bytesOfCells(cells));
      if (intake.isDue()) await intake.spill();
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new RequestRefused(
      'EVENTS_CSV_INVALID',
      'The CSV is damaged (a quote that is not closed?). Rows before it may be stored.',
      { cause },
    );
  }
  if (header === undefined) checkColumnNames([], event_shape);
}

function takeCells(
  cells: readonly string[],
  header: readonly string[],
  intake: Intake,
  context: EventContext,
): void {
  const raw = () => Buffer.from(JSON.stringify(cells));
  if (cells.length !== header.length) {
    const message = `The row has ${cells.length} columns, and the header ${header.length}.`;
    intake.refuse(refusal('EVENT', 'FIELD_MISSING', message), raw());
    return;
  }
  const value: Record<string, unknown> = {};
  for (const [index, name] of header.entries()) {
    const cell = cells[index] ?? '';
    if (cell === '') continue;
    value[name] = list_fields.has(name) ? cell.split(';').filter((item) => item !== '') : cell;
  }
  const event_id = String(value['event_id'] ?? '').slice(0, 128);
  const checked = checkEvent(value, context);
  if (isRefusal(checked)) intake.refuse(checked, raw(), event_id);
  else intake.acceptEvent(checked);
}
