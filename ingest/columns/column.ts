/** Columns in memory as ClickHouse's Native format lays them out: text, words that repeat, and lists of either. */

/** Texts one after the other, each behind its length; a row that is not written is empty. */
export interface TextColumn {
  bytes: Uint8Array;
  length: number;
  rows: number;
  /** Where the column stood before the row that is being written. */
  undo_length: number;
  undo_rows: number;
}

/** Words that repeat: each distinct one once, and for every row which it is. Word 0 is the empty text. */
export interface WordColumn {
  readonly words: TextColumn;
  /** Of each word, where its text begins and ends in `words.bytes`. */
  from: Int32Array;
  to: Int32Array;
  /** Hash table: word + 1, or 0 where there is none. */
  table: Int32Array;
  /** Which word each row is, and which one a row is that is not written. */
  indexes: Uint16Array;
  rows: number;
  undo_rows: number;
  absent: number;
  /** The word of the last row: most rows have it too. */
  last: number;
}

/** How many values each row has; the values are in a column of their own. */
export interface ListColumn<Items extends TextColumn | WordColumn> {
  readonly items: Items;
  ends: Uint32Array;
  rows: number;
  undo_rows: number;
  /** Where the items stood before the list that is being written. */
  undo_items: number;
  undo_length: number;
}

const table_size = 1024;
const probes_max = 16;

export function newTextColumn(): TextColumn {
  return { bytes: new Uint8Array(4096), length: 0, rows: 0, undo_length: 0, undo_rows: 0 };
}

/** @param absent what a row says that is not written */
export function newWordColumn(absent = ''): WordColumn {
  const column: WordColumn = {
    words: newTextColumn(),
    from: new Int32Array(64),
    to: new Int32Array(64),
    table: new Int32Array(table_size),
    indexes: new Uint16Array(1024),
    rows: 0,
    undo_rows: 0,
    absent: 0,
    last: 0,
  };
  addWord(column, new Uint8Array(0), 0, 0, -1);
  if (absent !== '') {
    const bytes = new TextEncoder().encode(absent);
    column.absent = wordOf(column, bytes, 0, bytes.length, () => true);
  }
  return column;
}

export function newListColumn<Items extends TextColumn | WordColumn>(
  items: Items,
): ListColumn<Items> {
  return {
    items,
    ends: new Uint32Array(256),
    rows: 0,
    undo_rows: 0,
    undo_items: 0,
    undo_length: 0,
  };
}

/** Writes the text of `row`, which is the next or a later one. */
export function putText(
  column: TextColumn,
  row: number,
  source: Uint8Array,
  from: number,
  to: number,
): void {
  const length = to - from;
  column.undo_length = column.length;
  column.undo_rows = column.rows;
  reserve(column, row - column.rows + length + 5);
  const bytes = column.bytes;
  let at = column.length;
  for (let missing = row - column.rows; missing > 0; missing--) bytes[at++] = 0;
  let rest = length;
  while (rest >= 128) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  if (length > 64) {
    bytes.set(source.subarray(from, to), at);
    at += length;
  } else for (let i = from; i < to; i++) bytes[at++] = source[i] as number;
  column.length = at;
  column.rows = row + 1;
}

/** Writes which word `row` is. */
export function putWord(column: WordColumn, row: number, word: number): void {
  column.undo_rows = column.rows;
  if (row >= column.indexes.length) column.indexes = grown(column.indexes, row + 1);
  if (column.rows < row) column.indexes.fill(column.absent, column.rows, row);
  column.indexes[row] = word;
  column.rows = row + 1;
  column.last = word;
}

/**
 * Which word the bytes are; -1 where they are a new one that `isAllowed` does not let in. What is known was allowed,
 * so most values are never looked at again.
 */
export function wordOf(
  column: WordColumn,
  source: Uint8Array,
  from: number,
  to: number,
  isAllowed: (source: Uint8Array, from: number, to: number) => boolean,
): number {
  const length = to - from;
  if (length === 0) return 0;
  const first = source[from] as number;
  const last = source[to - 1] as number;
  const middle = source[from + (length >> 1)] as number;
  const near_last = source[to - (length > 1 ? 2 : 1)] as number;
  let slot =
    Math.imul(
      length ^ (first << 5) ^ (middle << 11) ^ (near_last << 17) ^ (last << 24),
      0x9e3779b1,
    ) >>> 22;
  for (let probe = 0; probe < probes_max; probe++) {
    const known = (column.table[slot] as number) - 1;
    if (known < 0) {
      if (!isAllowed(source, from, to)) return -1;
      return addWord(column, source, from, to, slot);
    }
    if (isWord(column, known, source, from, length)) return known;
    slot = (slot + 1) & (table_size - 1);
  }
  // So crowded that looking further would cost more than saying the word twice, which the engine allows.
  return isAllowed(source, from, to) ? addWord(column, source, from, to, -1) : -1;
}

/** Whether the bytes from `from` are this word and nothing more; what follows is the caller's to check. */
export function isWord(
  column: WordColumn,
  word: number,
  source: Uint8Array,
  from: number,
  length: number,
): boolean {
  const start = column.from[word] as number;
  if ((column.to[word] as number) - start !== length) return false;
  const bytes = column.words.bytes;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== source[from + i]) return false;
  return true;
}

function addWord(
  column: WordColumn,
  source: Uint8Array,
  from: number,
  to: number,
  slot: number,
): number {
  const word = column.words.rows;
  putText(column.words, word, source, from, to);
  if (word >= column.from.length) {
    column.from = grown(column.from, word + 1);
    column.to = grown(column.to, word + 1);
  }
  column.to[word] = column.words.length;
  column.from[word] = column.words.length - (to - from);
  if (slot >= 0) column.table[slot] = word + 1;
  return word;
}

/** Remembers where a list begins, so that it can be undone when a later item is not allowed. */
export function beginList(column: ListColumn<TextColumn | WordColumn>): void {
  column.undo_rows = column.rows;
  column.undo_items = column.items.rows;
  column.undo_length = 'bytes' in column.items ? column.items.length : 0;
}

export function undoList(column: ListColumn<TextColumn | WordColumn>): void {
  column.rows = column.undo_rows;
  column.items.rows = column.undo_items;
  if ('bytes' in column.items) column.items.length = column.undo_length;
}

/** Ends the list of `row`, whose items have been written at the end of `items`. */
export function endList(column: ListColumn<TextColumn | WordColumn>, row: number): void {
  if (row >= column.ends.length) column.ends = grown(column.ends, row + 1);
  if (column.rows < row) column.ends.fill(lastEnd(column), column.rows, row);
  column.ends[row] = column.items.rows;
  column.rows = row + 1;
}

/** How many items all rows have together. */
export function lastEnd(column: ListColumn<TextColumn | WordColumn>): number {
  return column.rows === 0 ? 0 : (column.ends[column.rows - 1] as number);
}

export function undoText(column: TextColumn): void {
  column.length = column.undo_length;
  column.rows = column.undo_rows;
}

export function undoWord(column: WordColumn): void {
  column.rows = column.undo_rows;
}

export function fillText(column: TextColumn, rows: number): void {
  const missing = rows - column.rows;
  if (missing <= 0) return;
  reserve(column, missing);
  column.bytes.fill(0, column.length, column.length + missing);
  column.length += missing;
  column.rows = rows;
}

export function fillWord(column: WordColumn, rows: number): void {
  if (rows > column.indexes.length) column.indexes = grown(column.indexes, rows);
  if (column.rows < rows) column.indexes.fill(column.absent, column.rows, rows);
  column.rows = rows;
}

export function fillList(column: ListColumn<TextColumn | WordColumn>, rows: number): void {
  if (rows > column.ends.length) column.ends = grown(column.ends, rows);
  if (column.rows < rows) column.ends.fill(lastEnd(column), column.rows, rows);
  column.rows = rows;
}

export function reserve(column: TextColumn, more: number): void {
  if (column.length + more <= column.bytes.length) return;
  column.bytes = grown(column.bytes, column.length + more);
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(
  array: T,
  length: number,
): T {
  const larger = new (array.constructor as new (length: number) => T)(
    Math.max(array.length * 2, length),
  );
  larger.set(array);
  return larger;
}
