/** The values of an Arrow record batch, column by column, with every length and offset checked before it is used. */
import { zstdDecompressSync } from 'node:zlib';
import { damaged, tooLarge } from './fault.ts';
import { readNumbers } from './numbers.ts';
import type { ArrowColumn, Dictionary, TextLayout } from './schema.ts';
import { int64At, numberIn, tableIn, vectorIn, type Table } from './flatbuffer.ts';
import { decompressLz4 } from './lz4.ts';

/** Texts one after the other: text `i` is `bytes` from `ends[i]` to `ends[i + 1]`. */
export interface Texts {
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;
  /** A bit per text, 1 where it is not null; undefined where none is. */
  readonly valid: Uint8Array | undefined;
  readonly length: number;
}

/** The values of a column: a text a row, or a list of texts, or a number; null rows have a 0 in `valid`. */
export interface Values {
  readonly column: ArrowColumn;
  readonly valid: Uint8Array | undefined;
  /** Of text and lists: the texts themselves, or those of the dictionary. */
  readonly texts: Texts;
  /** Which text each value is, where a dictionary says so; -1 for null. */
  readonly indexes: Int32Array | undefined;
  /** Of lists: where the items of each row begin and end. */
  readonly lists: Int32Array | undefined;
  /** Of timestamps: epoch milliseconds. */
  readonly instants: Float64Array | undefined;
  /** Of numbers: these; of dates: epoch milliseconds; of flags: 0 and 1. */
  readonly numbers: Float64Array | undefined;
}

/** Where a batch may be larger than what a message of its size could hold, its author is hostile. */
export const batch_rows_max = 4_000_000;

interface Reader {
  next(): Uint8Array;
  node(): { length: number };
  views(): number;
}

/**
 * The columns of a record batch.
 *
 * @param bytes_max how much its buffers may take, decompressed, all together
 * @throws ArrowFault
 */
export function readColumns(
  batch: Table,
  body: Uint8Array,
  columns: readonly ArrowColumn[],
  dictionaries: ReadonlyMap<number, Texts>,
  bytes_max: number,
): { rows: number; values: Values[] } {
  const rows = numberIn(batch, 0, 'i64', 0);
  if (rows < 0 || rows > batch_rows_max) throw damaged();
  const reader = createReader(batch, body, bytes_max);
  return { rows, values: columns.map((column) => readValues(column, rows, reader, dictionaries)) };
}

/** The texts of a dictionary batch; a delta follows those that were `before`. */
export function readDictionary(
  batch: Table,
  body: Uint8Array,
  layout: TextLayout,
  before: Texts | undefined,
  bytes_max: number,
): Texts {
  const rows = numberIn(batch, 0, 'i64', 0);
  if (rows < 0 || rows > batch_rows_max) throw damaged();
  const texts = readTexts(layout, rows, createReader(batch, body, bytes_max));
  if (!before) return texts;
  const bytes = new Uint8Array(before.bytes.length + texts.bytes.length);
  bytes.set(before.bytes);
  bytes.set(texts.bytes, before.bytes.length);
  const ends = new Int32Array(before.length + texts.length + 1);
  ends.set(before.ends.subarray(0, before.length + 1));
  const shift = before.bytes.length;
  // Both begin where their bytes do, or later: the texts between are of nobody.
  const all = { bytes, length: before.length + texts.length };
  if (before.valid || texts.valid) throw damaged();
  const first = texts.ends[0] as number;
  if (first !== 0 || (ends[before.length] as number) !== shift) return joined(before, texts);
  for (let i = 1; i <= texts.length; i++)
    ends[before.length + i] = shift + (texts.ends[i] as number);
  return { ...all, ends, valid: undefined };
}

function joined(before: Texts, texts: Texts): Texts {
  const parts: Uint8Array[] = [];
  const ends = new Int32Array(before.length + texts.length + 1);
  let at = 0;
  let index = 0;
  for (const each of [before, texts]) {
    for (let i = 0; i < each.length; i++) {
      const part = each.bytes.subarray(each.ends[i], each.ends[i + 1]);
      parts.push(part);
      at += part.length;
      ends[++index] = at;
    }
  }
  return { bytes: Buffer.concat(parts), ends, valid: undefined, length: index };
}

export function isValid(valid: Uint8Array | undefined, index: number): boolean {
  return valid === undefined || ((valid[index >> 3] as number) & (1 << (index & 7))) !== 0;
}

function readValues(
  column: ArrowColumn,
  rows: number,
  reader: Reader,
  dictionaries: ReadonlyMap<number, Texts>,
): Values {
  const base = {
    column,
    indexes: undefined,
    lists: undefined,
    instants: undefined,
    numbers: undefined,
  };
  if (column.number !== 'none') {
    const valid = validity(reader, rows);
    const numbers = readNumbers(reader.next(), rows, column.number, column.scale);
    return { ...base, valid, texts: no_texts, numbers };
  }
  if (column.kind === 'instant' && column.units_per_ms !== 0n) {
    const valid = validity(reader, rows);
    return {
      ...base,
      valid,
      texts: no_texts,
      instants: readInstants(reader, rows, column.units_per_ms),
    };
  }
  if (column.kind === 'list' && column.text !== 'none') {
    const valid = validity(reader, rows);
    const lists = readEnds(reader.next(), rows, column.is_large_list);
    const { length } = reader.node();
    if ((lists[rows] as number) > length || length > batch_rows_max * 8) throw damaged();
    return { ...base, valid, lists, ...readItems(column, length, reader, dictionaries, true) };
  }
  if (column.text === 'none') {
    reader.node();
    return { ...base, valid: new Uint8Array((rows + 7) >> 3), texts: no_texts };
  }
  const items = readItems(column, rows, reader, dictionaries, false);
  return { ...base, ...items, valid: items.indexes ? undefined : items.texts.valid };
}

/** Texts, or which texts of a dictionary; `is_node_read` says that the node of the column was read already. */
function readItems(
  column: ArrowColumn,
  length: number,
  reader: Reader,
  dictionaries: ReadonlyMap<number, Texts>,
  is_node_read: boolean,
): { texts: Texts; indexes: Int32Array | undefined } {
  const { dictionary } = column;
  if (!dictionary) {
    if (column.text === 'none')
      return {
        texts: { ...no_texts, length, valid: new Uint8Array((length + 7) >> 3) },
        indexes: undefined,
      };
    return { texts: readTexts(column.text, length, reader, is_node_read), indexes: undefined };
  }
  const texts = dictionaries.get(dictionary.id) ?? no_texts;
  return { texts, indexes: readIndexes(dictionary, length, reader, texts, is_node_read) };
}

const no_texts: Texts = {
  bytes: new Uint8Array(0),
  ends: new Int32Array(1),
  valid: undefined,
  length: 0,
};

function readTexts(
  layout: TextLayout,
  length: number,
  reader: Reader,
  is_node_read = false,
): Texts {
  const valid = validity(reader, length, is_node_read);
  if (layout === 'view') return { ...readViews(length, reader), valid, length };
  if (layout === 'none') throw damaged();
  const ends = readEnds(reader.next(), length, layout === 'large');
  const bytes = reader.next();
  if ((ends[length] as number) > bytes.length) throw damaged();
  return { bytes, ends, valid, length };
}

/** Ends that never fall and begin at 0 or above; where there are no rows there may be no ends either. */
function readEnds(buffer: Uint8Array, length: number, is_large: boolean): Int32Array {
  if (length === 0) return new Int32Array(1);
  const width = is_large ? 8 : 4;
  if (buffer.length < (length + 1) * width) throw damaged();
  const ends = new Int32Array(length + 1);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let last = 0;
  for (let i = 0; i <= length; i++) {
    const end = view.getInt32(i * width, true);
    if (end < last || (is_large && view.getInt32(i * 8 + 4, true) !== 0)) throw damaged();
    ends[i] = end;
    last = end;
  }
  return ends;
}

function readViews(length: number, reader: Reader): { bytes: Uint8Array; ends: Int32Array } {
  const views = reader.next();
  const buffers = Array.from({ length: reader.views() }, () => reader.next());
  if (views.length < length * 16) throw damaged();
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const ends = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const size = view.getInt32(i * 16, true);
    // Views may share bytes, so many long ones could point at the same: no event is as long as that.
    if (size < 0 || size > view_bytes_max) throw damaged();
    total += size;
    ends[i + 1] = total;
  }
  if (total > views_bytes_max) throw tooLarge();
  const bytes = new Uint8Array(total);
  for (let i = 0; i < length; i++) {
    const to = ends[i] as number;
    const size = (ends[i + 1] as number) - to;
    if (size <= 12) {
      bytes.set(views.subarray(i * 16 + 4, i * 16 + 4 + size), to);
      continue;
    }
    const source = buffers[view.getInt32(i * 16 + 8, true)];
    const from = view.getInt32(i * 16 + 12, true);
    if (!source || from < 0 || from + size > source.length) throw damaged();
    bytes.set(source.subarray(from, from + size), to);
  }
  return { bytes, ends };
}

const view_bytes_max = 1024 * 1024;
const views_bytes_max = 256 * 1024 * 1024;

function readIndexes(
  { index_bytes, is_signed }: Dictionary,
  length: number,
  reader: Reader,
  texts: Texts,
  is_node_read: boolean,
): Int32Array {
  const valid = validity(reader, length, is_node_read);
  const buffer = reader.next();
  if (buffer.length < length * index_bytes) throw damaged();
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const indexes = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (!isValid(valid, i)) {
      indexes[i] = -1;
      continue;
    }
    let index;
    if (index_bytes === 1) index = is_signed ? view.getInt8(i) : view.getUint8(i);
    else if (index_bytes === 2)
      index = is_signed ? view.getInt16(i * 2, true) : view.getUint16(i * 2, true);
    else if (index_bytes === 4)
      index = is_signed ? view.getInt32(i * 4, true) : view.getUint32(i * 4, true);
    else index = int64At(view, i * 8);
    if (index < 0 || index >= texts.length) throw damaged();
    indexes[i] = isValid(texts.valid, index) ? index : -1;
  }
  return indexes;
}

function readInstants(reader: Reader, rows: number, units_per_ms: bigint): Float64Array {
  const buffer = reader.next();
  if (buffer.length < rows * 8) throw damaged();
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const instants = new Float64Array(rows);
  const per_ms = Number(units_per_ms);
  for (let row = 0; row < rows; row++) {
    if (per_ms === 1_000_000) {
      // Nanoseconds are more than a double can count; past milliseconds the fraction is cut, as in text.
      const nanoseconds = view.getBigInt64(row * 8, true);
      const ms = Number(nanoseconds / units_per_ms);
      // Division cuts towards 1970, and text is cut towards the past.
      instants[row] = nanoseconds < 0n && nanoseconds % units_per_ms !== 0n ? ms - 1 : ms;
      continue;
    }
    const units = view.getInt32(row * 8 + 4, true) * 4294967296 + view.getUint32(row * 8, true);
    instants[row] = per_ms < 0 ? units * 1000 : Math.floor(units / per_ms);
  }
  return instants;
}

function validity(reader: Reader, length: number, is_node_read = false): Uint8Array | undefined {
  if (!is_node_read && reader.node().length !== length) throw damaged();
  const buffer = reader.next();
  // No bits at all: nothing is null.
  if (buffer.length === 0) return undefined;
  if (buffer.length < (length + 7) >> 3) throw damaged();
  return buffer;
}

/** Hands out the nodes and buffers of a batch in their order, decompressed. */
function createReader(batch: Table, body: Uint8Array, bytes_max: number): Reader {
  const { view } = batch;
  const nodes = vectorIn(batch, 1, 16);
  const buffers = vectorIn(batch, 2, 16);
  const variadic = vectorIn(batch, 4, 8);
  const compression = tableIn(batch, 3);
  const codec = compression ? numberIn(compression, 0, 'i8', 0) : -1;
  if (codec > 1 || (compression && numberIn(compression, 1, 'i8', 0) !== 0)) throw damaged();
  let node = 0;
  let buffer = 0;
  let views = 0;
  let left = bytes_max;
  return {
    node() {
      if (node >= nodes.length) throw damaged();
      return { length: int64At(view, nodes.at + 16 * node++) };
    },
    views() {
      const count = views < variadic.length ? int64At(view, variadic.at + 8 * views++) : 0;
      if (count < 0 || count > buffers.length) throw damaged();
      return count;
    },
    next() {
      if (buffer >= buffers.length) throw damaged();
      const from = int64At(view, buffers.at + 16 * buffer);
      const length = int64At(view, buffers.at + 16 * buffer + 8);
      buffer += 1;
      if (from < 0 || length < 0 || from + length > body.length) throw damaged();
      const bytes = body.subarray(from, from + length);
      if (codec < 0 || length === 0) return bytes;
      const plain = decompressed(bytes, codec, left);
      left -= plain.length;
      return plain;
    },
  };
}

/** A compressed buffer: its length, or -1 where it is not, as 64 bits; then its bytes. */
function decompressed(bytes: Uint8Array, codec: number, bytes_max: number): Uint8Array {
  if (bytes.length < 8) throw damaged();
  const length = int64At(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  const content = bytes.subarray(8);
  if (length === -1) return content;
  if (length < 0) throw damaged();
  if (length > bytes_max) throw tooLarge();
  const plain = codec === 0 ? decompressLz4(content, length) : decompressZstd(content, length);
  if (plain?.length !== length) throw damaged();
  return plain;
}

function decompressZstd(bytes: Uint8Array, length: number): Uint8Array | undefined {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) });
  } catch {
    return undefined;
  }
}
