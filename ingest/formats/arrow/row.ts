/** One row of an Arrow record batch as the object that JSON would have given. */
import { isUtf8 } from 'node:buffer';
import { isValid, type Texts, type Values } from './batch.ts';
import type { ArrowBatch } from '../arrow.ts';

/** The row's values under their names, without the nulls; text that is not UTF-8 is left out, and told. */
export function readRow(
  batch: ArrowBatch,
  row: number,
): { value: Record<string, unknown>; is_utf8: boolean } {
  const value: Record<string, unknown> = {};
  let is_utf8 = true;
  for (const values of batch.values) {
    const read = valueOf(values, row);
    if (read === not_utf8) is_utf8 = false;
    else if (read !== undefined) value[values.column.name] = read;
  }
  return { value, is_utf8 };
}

const not_utf8 = Symbol('not UTF-8');

/** The value as JSON would have it; undefined for null, which is as good as absent. */
function valueOf(
  { column, valid, texts, indexes, lists, instants, numbers }: Values,
  row: number,
): unknown {
  if (!isValid(valid, row)) return undefined;
  if (instants) return timeAt(instants[row] as number);
  if (numbers) {
    const number = numbers[row] as number;
    if (column.kind === 'flag') return number !== 0;
    if (column.kind === 'number') return Number.isFinite(number) ? number : String(number);
    const time = timeAt(number);
    // Dates in milliseconds are whole days; one that is not is refused for its length, rather than cut.
    return time.endsWith(midnight) ? time.slice(0, -midnight.length) : time;
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

const midnight = 'T00:00:00.000Z';

/** Past the year 9999 the text is of no form that is taken, and says so. */
function timeAt(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
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
