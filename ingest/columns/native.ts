/** ClickHouse's Native format: how a block is laid out, byte by byte. */
import {
  fillList,
  fillText,
  fillWord,
  lastEnd,
  type ListColumn,
  type TextColumn,
  type WordColumn,
} from './column.ts';

/** Columns that stand in a block, each with what writes its values once the rows are known. */
export interface BlockWriter {
  /** Bytes so far; `bytes` is larger. */
  at: number;
  bytes: Buffer;
}

/** Begins a block: how many columns, and how many rows each has. */
export function beginBlock(columns: number, rows: number, capacity: number): BlockWriter {
  const writer = { at: 0, bytes: Buffer.allocUnsafeSlow(capacity) };
  writeVarint(writer, columns);
  writeVarint(writer, rows);
  return writer;
}

export function writeHead(writer: BlockWriter, name: string, type: string): void {
  writeString(writer, name);
  writeString(writer, type);
}

export function writeString(writer: BlockWriter, text: string): void {
  const length = Buffer.byteLength(text);
  writeVarint(writer, length);
  room(writer, length);
  writer.at += writer.bytes.write(text, writer.at);
}

export function writeVarint(writer: BlockWriter, value: number): void {
  room(writer, 5);
  let rest = value;
  while (rest >= 128) {
    writer.bytes[writer.at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  writer.bytes[writer.at++] = rest;
}

/** Whole numbers below 2^53, as 64 bits. */
export function writeInt64(writer: BlockWriter, value: number): void {
  room(writer, 8);
  writer.at = writer.bytes.writeUInt32LE(value >>> 0, writer.at);
  writer.at = writer.bytes.writeInt32LE(Math.floor(value / 4294967296), writer.at);
}

export function writeRaw(writer: BlockWriter, bytes: Uint8Array): void {
  room(writer, bytes.length);
  writer.bytes.set(bytes, writer.at);
  writer.at += bytes.length;
}

export function writeTexts(writer: BlockWriter, column: TextColumn, rows: number): void {
  fillText(column, rows);
  writeRaw(writer, column.bytes.subarray(0, column.length));
}

// A dictionary that goes with this block alone (additional keys, 1 << 9; to be read anew, 1 << 10), 16-bit indexes.
const dictionary_flags = 0x601;
const dictionary_version = 1;

export function writeWords(writer: BlockWriter, column: WordColumn, rows: number): void {
  writeInt64(writer, dictionary_version);
  fillWord(column, rows);
  writeWordBody(writer, column, rows);
}

function writeWordBody(writer: BlockWriter, column: WordColumn, rows: number): void {
  // Without rows there is no dictionary either: so does the engine write it, and read it.
  if (rows === 0) return;
  const { words, indexes } = column;
  writeInt64(writer, dictionary_flags);
  writeInt64(writer, words.rows);
  writeRaw(writer, words.bytes.subarray(0, words.length));
  writeInt64(writer, rows);
  writeRaw(writer, new Uint8Array(indexes.buffer, indexes.byteOffset, rows * 2));
}

export function writeTextLists(
  writer: BlockWriter,
  column: ListColumn<TextColumn>,
  rows: number,
): void {
  writeEnds(writer, column, rows);
  writeRaw(writer, column.items.bytes.subarray(0, column.items.length));
}

export function writeWordLists(
  writer: BlockWriter,
  column: ListColumn<WordColumn>,
  rows: number,
): void {
  writeInt64(writer, dictionary_version);
  writeEnds(writer, column, rows);
  writeWordBody(writer, column.items, lastEnd(column));
}

function writeEnds(
  writer: BlockWriter,
  column: ListColumn<TextColumn | WordColumn>,
  rows: number,
): void {
  fillList(column, rows);
  for (let row = 0; row < rows; row++) writeInt64(writer, column.ends[row] as number);
}

export function room(writer: BlockWriter, more: number): void {
  if (writer.at + more <= writer.bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(writer.bytes.length * 2, writer.at + more));
  writer.bytes.copy(larger, 0, 0, writer.at);
  writer.bytes = larger;
}
