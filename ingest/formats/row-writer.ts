/** Writes plain values of events into columns, and says so where the exact way has to look at a row. */
import type { EventContext } from '../check-event.ts';
import { beginList, endList, putText, putWord, wordOf } from '../columns/column.ts';
import { commitRow, undoRow, type EventColumns } from '../columns/event-columns.ts';
import { isNhsNumberAt, isPlainText, isVisibleText, readInstantAt, type Read } from './bytes.ts';
import { eventFields, type Field } from './event-fields.ts';

export interface RowWriter {
  field(name: string): Field;
  begin(): void;
  /** Each of these is false where the value is none that is taken as it is. */
  put(field: Field, bytes: Uint8Array, from: number, to: number): boolean;
  /** A word of the field that was put before, since the last block. */
  putKnown(field: Field, word: number): boolean;
  putInstant(ms: number): boolean;
  putList(field: Field, length: number, put: (item: number) => boolean): boolean;
  putItem(field: Field, bytes: Uint8Array, from: number, to: number): boolean;
  /** Makes the row count; false, and undone, where something that is required is not there. */
  end(index: number): boolean;
  undo(): void;
  /** How many blocks were taken so far: words are known within one. */
  blocks(): number;
}

const earliest_ms = Date.UTC(2000, 0, 1);

export function createRowWriter(columns: EventColumns, context: EventContext): RowWriter {
  const { fields, required, patient_bit, action_bit } = eventFields(columns, context);
  const by_name = new Map(fields.map((field) => [field.name, field]));
  const { supplier_codes, search_results } = columns;
  const instant: Read = { value: 0, day_key: -1, day_ms: 0 };
  const instant_bit = (by_name.get('occurred_at') as Field).bit;
  const action = columns.words.action;
  let seen = 0;
  let has_patient = false;

  function putInstant(ms: number): boolean {
    if (!(ms >= earliest_ms && ms <= context.received_at + context.future_ms_max)) return false;
    columns.occurred_at[columns.rows] = ms;
    seen |= instant_bit;
    return true;
  }

  return {
    field(name) {
      const field = by_name.get(name);
      if (!field) throw new TypeError(`There is no field ${name}.`);
      return field;
    },
    begin() {
      seen = 0;
      has_patient = false;
    },
    put(field, bytes, from, to) {
      const { word, text, kind } = field;
      if (to - from > field.length_max) return false;
      if (word) {
        if (to === from) {
          if (!field.isAllowed(bytes, from, to)) return false;
          putWord(word, columns.rows, word.absent);
        } else {
          const found = wordOf(word, bytes, from, to, field.isAllowed);
          if (found < 0) return false;
          putWord(word, columns.rows, found);
        }
      } else if (text) {
        if (kind === 'id') {
          if (!isVisibleText(bytes, from, to)) return false;
        } else if (kind === 'patient' && to !== from) {
          if (to - from !== 10 || !isNhsNumberAt(bytes, from)) return false;
          has_patient = true;
        } else if (!isPlainText(bytes, from, to)) return false;
        putText(text, columns.rows, bytes, from, to);
        columns.bytes += to - from;
      } else {
        const end = readInstantAt(bytes, from, instant);
        return end === to && putInstant(instant.value);
      }
      seen |= field.bit;
      return true;
    },
    putKnown(field, word) {
      if (!field.word) return false;
      putWord(field.word, columns.rows, word);
      seen |= field.bit;
      return true;
    },
    putInstant,
    putList(field, length, put) {
      if (length > field.items_max) return false;
      const list = field.kind === 'codes' ? supplier_codes : search_results;
      beginList(list);
      let is_good = true;
      for (let item = 0; item < length && is_good; item++) is_good = put(item);
      // What was put of a bad list is found again only where the list has an end.
      endList(list, columns.rows);
      return is_good;
    },
    putItem(field, bytes, from, to) {
      if (field.kind === 'patients') {
        if (to - from !== 10 || !isNhsNumberAt(bytes, from)) return false;
        putText(search_results.items, search_results.items.rows, bytes, from, to);
        columns.bytes += 10;
        return true;
      }
      if (to === from || to - from > field.length_max) return false;
      const { items } = supplier_codes;
      const word = wordOf(items, bytes, from, to, field.isAllowed);
      if (word < 0) return false;
      putWord(items, items.rows, word);
      columns.bytes += 2;
      return true;
    },
    end(index) {
      const row = columns.rows;
      const is_whole = (seen & required) === required;
      if (is_whole && ((seen & patient_bit) === 0 || !has_patient)) {
        const word = action.indexes[row] as number;
        const is_search =
          (seen & action_bit) !== 0 &&
          (action.to[word] as number) - (action.from[word] as number) === 6 &&
          action.words.bytes[action.from[word] as number] === 115;
        if (!is_search) {
          undoRow(columns);
          return false;
        }
      } else if (!is_whole) {
        undoRow(columns);
        return false;
      }
      commitRow(columns, index, context.received_at);
      return true;
    },
    undo() {
      undoRow(columns);
    },
    blocks: () => columns.blocks,
  };
}
