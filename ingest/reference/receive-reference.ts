/** Takes the rows of one reference file, NDJSON or CSV; `receive-reference-arrow.ts` those of Arrow. */
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { isRefusal } from '../check-event.ts';
import { refusal } from '../check-record.ts';
import { RequestRefused } from '../codes.ts';
import { isTooDeep } from '../formats/depth.ts';
import { bytesOfCells, csv_options, utf8Cells } from '../formats/csv-cells.ts';
import { splitLines, withoutMarkAtStart } from '../formats/lines.ts';
import type { Intake } from '../intake.ts';
import type { IngestLimits } from '../limits.ts';
import type { RowChecker, RowContext } from './check-row.ts';
import type { Field } from './datasets.ts';

const not_utf8 = refusal('REFERENCE', 'NOT_UTF8', 'The row has text that is not UTF-8.');

/** What a receiver works with. */
export interface Receiving {
  readonly intake: Intake;
  readonly check: RowChecker;
  readonly context: RowContext;
  readonly limits: IngestLimits;
}

export async function receiveRowLines(body: AsyncIterable<Buffer>, to: Receiving): Promise<void> {
  const { intake, limits } = to;
  for await (const group of splitLines(body, limits.line_bytes_max, limits.raw_bytes_max + 1)) {
    for (const { bytes, is_too_long } of group) {
      if (is_too_long)
        intake.refuse(
          refusal('REFERENCE', 'LINE_TOO_LONG', 'The line is longer than 1 MiB.'),
          bytes,
        );
      else if (!isUtf8(bytes))
        intake.refuse(refusal('REFERENCE', 'NOT_UTF8', 'The line is not UTF-8.'), bytes);
      else if (isTooDeep(bytes))
        intake.refuse(
          refusal('REFERENCE', 'TOO_DEEP', 'It is nested deeper than any row is.'),
          bytes,
        );
      else takeJson(bytes, to);
      if (intake.isDue()) await intake.spill();
    }
  }
}

/**
 * Takes CSV with a header. Lists are separated by semicolons.
 *
 * @throws RequestRefused REFERENCE_COLUMN_MISSING, REFERENCE_COLUMN_UNKNOWN, REFERENCE_CSV_INVALID: nothing of the file
 * is stored then
 */
export async function receiveRowCsv(
  body: AsyncIterable<Buffer>,
  fields: readonly Field[],
  to: Receiving,
): Promise<void> {
  const parser = parse({ ...csv_options, max_record_size: to.limits.line_bytes_max });
  const source = Readable.from(withoutMarkAtStart(body), {
    objectMode: false,
    highWaterMark: 1 << 16,
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: (Field | undefined)[] | undefined;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const text = utf8Cells(cells);
      if (header === undefined) header = readHeader(text ?? cells, fields);
      else if (text) takeCells(text, header, to);
      else to.intake.refuse(not_utf8, bytesOfCells(cells));
      if (to.intake.isDue()) await to.intake.spill();
    }
  } catch (cause) {
    if (cause instanceof RequestRefused || (cause as { name?: string }).name !== 'Error')
      throw cause;
    throw new RequestRefused(
      'REFERENCE_CSV_INVALID',
      'The CSV is damaged (a quote that is not closed?). Nothing of it is stored.',
      { cause },
    );
  }
  if (header === undefined) readHeader([], fields);
}

function readHeader(cells: readonly string[], fields: readonly Field[]): Field[] {
  const by_name = new Map(fields.map((field) => [field.name, field]));
  const header = cells.map((cell, index) => {
    const field = by_name.get(cell.trim());
    // Of two columns of a name one would be passed over.
    by_name.delete(cell.trim());
    if (field) return field;
    // A first row that is data would be quoted here, so only what looks like a name is.
    const shown = /^[A-Za-z_]{1,64}$/.test(cell.trim()) ? cell.trim() : `number ${index + 1}`;
    throw new RequestRefused(
      'REFERENCE_COLUMN_UNKNOWN',
      `The dataset has no column ${shown}, or it stands there twice. Nothing is stored.`,
    );
  });
  const missing = fields
    .filter((field) => field.is_required && !header.includes(field))
    .map(({ name }) => name);
  if (missing.length > 0) {
    throw new RequestRefused(
      'REFERENCE_COLUMN_MISSING',
      `The header lacks the required column ${missing.join(', ')}. Nothing is stored.`,
    );
  }
  return header;
}

function takeCells(
  cells: readonly string[],
  header: readonly (Field | undefined)[],
  to: Receiving,
): void {
  if (cells.length !== header.length) {
    const message = `The row has ${cells.length} columns, and the header ${header.length}.`;
    to.intake.refuse(
      refusal('REFERENCE', 'FIELD_MISSING', message),
      Buffer.from(JSON.stringify(cells)),
    );
    return;
  }
  const row: Record<string, unknown> = {};
  for (const [index, field] of header.entries()) {
    const cell = cells[index] ?? '';
    if (field && cell !== '') row[field.name] = cellValue(cell, field);
  }
  takeValue(row, () => Buffer.from(JSON.stringify(cells)), to);
}

function cellValue(cell: string, { json_type }: Field): unknown {
  if (json_type === 'array') return cell.split(';').filter((item) => item !== '');
  if (json_type === 'number') return /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell;
  if (json_type === 'boolean')
    return cell === 'true' || cell === '1' ? true : cell === 'false' || cell === '0' ? false : cell;
  return cell;
}

function takeJson(bytes: Buffer, to: Receiving): void {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message quotes the text, which is somebody's data.
    to.intake.refuse(
      refusal('REFERENCE', 'JSON_INVALID', 'The line is not JSON, or was cut short.'),
      bytes,
    );
    return;
  }
  takeValue(value, () => bytes, to);
}

/** Checks one row, and takes or refuses it; `raw` is what is kept of one that is refused. */
export function takeValue(
  value: unknown,
  raw: () => Buffer,
  { intake, check, context }: Receiving,
): void {
  const checked = check(value, context);
  if (isRefusal(checked)) intake.refuse(checked, raw());
  else intake.accept(checked.json_tail);
}
