/**
 * Reads plain NDJSON lines of events straight from their bytes into columns, without making a JSON value of each.
 *
 * It takes only what the exact way (`JSON.parse`, `check-event.ts`) would take with the very same result, and leaves
 * everything else to that way: escapes, letters beyond ASCII, null, whatever is refused. So it never has to say why.
 */
import type { EventContext } from '../check-event.ts';
import {
  beginList,
  endList,
  isWord,
  putText,
  putWord,
  wordOf,
  type ListColumn,
  type TextColumn,
  type WordColumn,
} from '../columns/column.ts';
import { commitRow, undoRow, type EventColumns } from '../columns/event-columns.ts';
import { isNhsNumberAt, isVisibleText, readInstantAt, type Read } from './bytes.ts';
import { eventFields, type Field } from './event-fields.ts';

const [quote, backslash, comma, colon, space] = [34, 92, 44, 58, 32];
const [line_feed, carriage_return, brace, end_brace, bracket, end_bracket] = [
  10, 13, 123, 125, 91, 93,
];

export interface LineReader {
  /**
   * Reads the line at `from`, and returns where the next begins; -1 where it has to be taken the exact way. The caller
   * sees to it that there is room for a row.
   */
  read(bytes: Uint8Array, from: number, index: number): number;
}

export function createLineReader(columns: EventColumns, context: EventContext): LineReader {
  const { fields, required, patient_bit, action_bit } = eventFields(columns, context);
  /** Which field followed each one in the line before: most lines have the same fields in the same order. */
  const follows = new Int8Array(fields.length + 1);
  const instant: Read = { value: 0, day_key: -1, day_ms: 0 };
  const earliest_ms = Date.UTC(2000, 0, 1);
  const { supplier_codes, search_results } = columns;

  return {
    read(bytes, from, index) {
      const next = readLine(bytes, from, index);
      if (next < 0) undoRow(columns);
      return next;
    },
  };

  function readLine(bytes: Uint8Array, from: number, index: number): number {
    const row = columns.rows;
    let at = from;
    if (bytes[at++] !== brace) return -1;
    let seen = 0;
    let before = fields.length;
    let is_search = false;
    let has_patient = false;
    for (;;) {
      if (bytes[at] === space) at += 1;
      if (bytes[at++] !== quote) return -1;
      // The key: most often the one that followed in the line before.
      let which = follows[before] as number;
      let field = fields[which] as Field;
      if (!isHere(field.key, bytes, at)) {
        which = -1;
        for (let i = 0; i < fields.length; i++) {
          if (isHere((fields[i] as Field).key, bytes, at)) {
            which = i;
            break;
          }
        }
        if (which < 0) return -1;
        follows[before] = which;
        field = fields[which] as Field;
      }
      before = which;
      at += field.key.length;
      const { bit } = field;
      // Of a name that stands twice the last one counts, says JSON.parse; that is its business.
      if ((seen & bit) !== 0) return -1;
      seen |= bit;
      if (bytes[at++] !== colon) return -1;
      if (bytes[at] === space) at += 1;

      if (field.word !== undefined) {
        if (bytes[at++] !== quote) return -1;
        const word = field.word;
        const last = word.last;
        const length = (word.to[last] as number) - (word.from[last] as number);
        let end = at + length;
        let found = last;
        if (bytes[end] !== quote || length === 0 || !isWord(word, last, bytes, at, length)) {
          end = endOfPlain(bytes, at, field.length_max);
          if (end < 0) return -1;
          if (end === at) {
            // Empty is as good as absent where absent is allowed.
            if (!field.isAllowed(bytes, at, at)) return -1;
            found = word.absent;
          } else {
            found = wordOf(word, bytes, at, end, field.isAllowed);
            if (found < 0) return -1;
          }
        }
        putWord(word, row, found);
        if (bit === action_bit) is_search = end - at === 6 && bytes[at] === 115;
        at = end + 1;
      } else if (field.text !== undefined) {
        if (bytes[at++] !== quote) return -1;
        const end = endOfPlain(bytes, at, field.length_max);
        if (end < 0) return -1;
        if (field.kind === 'id') {
          if (!isVisibleText(bytes, at, end)) return -1;
        } else if (field.kind === 'patient' && end !== at) {
          if (end - at !== 10 || !isNhsNumberAt(bytes, at)) return -1;
          has_patient = true;
        }
        putText(field.text, row, bytes, at, end);
        columns.bytes += end - at;
        at = end + 1;
      } else if (field.kind === 'instant') {
        if (bytes[at++] !== quote) return -1;
        const end = readInstantAt(bytes, at, instant);
        if (end < 0 || bytes[end] !== quote) return -1;
        if (instant.value < earliest_ms) return -1;
        if (instant.value > context.received_at + context.future_ms_max) return -1;
        columns.occurred_at[row] = instant.value;
        at = end + 1;
      } else {
        at =
          field.kind === 'codes'
            ? readCodes(bytes, at, row, field)
            : readPatients(bytes, at, row, field);
        if (at < 0) return -1;
      }

      if (bytes[at] === comma) at += 1;
      else if (bytes[at] === end_brace) {
        at += 1;
        break;
      } else return -1;
    }
    if ((seen & required) !== required) return -1;
    if (!is_search && ((seen & patient_bit) === 0 || !has_patient)) return -1;
    if (bytes[at] === carriage_return) at += 1;
    if (bytes[at] !== line_feed) return -1;
    commitRow(columns, index, context.received_at);
    return at + 1;
  }

  function readCodes(bytes: Uint8Array, from: number, row: number, field: Field): number {
    return readList(bytes, from, row, field, supplier_codes, (at, end) => {
      if (end === at) return false;
      const { items } = supplier_codes;
      const word = wordOf(items, bytes, at, end, field.isAllowed);
      if (word < 0) return false;
      putWord(items, items.rows, word);
      columns.bytes += 2;
      return true;
    });
  }

  function readPatients(bytes: Uint8Array, from: number, row: number, field: Field): number {
    return readList(bytes, from, row, field, search_results, (at, end) => {
      if (end - at !== 10 || !isNhsNumberAt(bytes, at)) return false;
      putText(search_results.items, search_results.items.rows, bytes, at, end);
      columns.bytes += 10;
      return true;
    });
  }
}

function readList(
  bytes: Uint8Array,
  from: number,
  row: number,
  field: Field,
  list: ListColumn<TextColumn | WordColumn>,
  put: (at: number, end: number) => boolean,
): number {
  let at = from;
  if (bytes[at++] !== bracket) return -1;
  beginList(list);
  if (bytes[at] === end_bracket) {
    endList(list, row);
    return at + 1;
  }
  for (let items = 1; ; items++) {
    // An error inside leaves items behind, which the list's undoing finds only when the list has ended.
    if (items > field.items_max || bytes[at] !== quote) break;
    const end = endOfPlain(bytes, at + 1, field.length_max);
    if (end < 0 || !put(at + 1, end)) break;
    at = end + 1;
    if (bytes[at] === end_bracket) {
      endList(list, row);
      return at + 1;
    }
    if (bytes[at++] !== comma) break;
    if (bytes[at] === space) at += 1;
  }
  endList(list, row);
  return -1;
}

function isHere(key: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[at + i] !== key[i]) return false;
  return true;
}

/** Where the closing quote of a string is that has printable ASCII only and no escape; -1 where it is not such. */
function endOfPlain(bytes: Uint8Array, from: number, length_max: number): number {
  const limit = Math.min(from + length_max, bytes.length - 1);
  for (let at = from; at <= limit; at++) {
    const byte = bytes[at] as number;
    if (byte === quote) return at;
    if (byte < space || byte > 126 || byte === backslash) return -1;
  }
  return -1;
}
