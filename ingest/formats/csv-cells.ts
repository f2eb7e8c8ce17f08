/** The cells of CSV as text, where the bytes are: a parser would put U+FFFD in the place of what is no UTF-8, and say nothing. */
import { isUtf8 } from 'node:buffer';

/** Options of csv-parse under which each character of a cell is one byte of what was sent. */
export const csv_options = {
  encoding: 'latin1',
  skip_empty_lines: true,
  relax_column_count: true,
} as const;

/** The cells that were read under `csv_options`, decoded; undefined where one of them is not UTF-8. */
export function utf8Cells(cells: readonly string[]): readonly string[] | undefined {
  let decoded: string[] | undefined;
  for (const [index, cell] of cells.entries()) {
    if (!beyond_ascii.test(cell)) continue;
    const bytes = Buffer.from(cell, 'latin1');
    if (!isUtf8(bytes)) return undefined;
    decoded ??= [...cells];
    decoded[index] = bytes.toString('utf8');
  }
  return decoded ?? cells;
}

/** What is kept of a row whose cells are not UTF-8: its bytes. */
export function bytesOfCells(cells: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(cells), 'latin1');
}

const beyond_ascii = /[\u0080-\u00ff]/;
