/** Accepted events of one request, gathered column by column until they become a block of a segment. */
import type { SpooledEvent } from '../event.ts';
import type { Block } from '../spool/format.ts';
import {
  beginList,
  endList,
  newListColumn,
  newTextColumn,
  newWordColumn,
  putText,
  putWord,
  undoList,
  undoText,
  undoWord,
  wordOf,
  type ListColumn,
  type TextColumn,
  type WordColumn,
} from './column.ts';
import {
  beginBlock,
  writeHead,
  writeInt64,
  writeRaw,
  writeTextLists,
  writeTexts,
  writeWordLists,
  writeWords,
} from './native.ts';

/** Fields of an event that are text, in the order in which a block has them. */
export const text_fields = [
  'event_id',
  'staff_id',
  'staff_name',
  'session_id',
  'launch_id',
  'device_id',
  'ip_address',
  'patient_id',
  'document_id',
  'reason',
  'search_terms',
] as const;

/** Fields whose values repeat: a block says each distinct value once. */
export const word_fields = [
  'action',
  'outcome',
  'trigger',
  'staff_id_system',
  'role_code',
  'role_name',
  'organisation_code',
  'site_code',
  'application',
  'section',
  'purpose',
  'override',
] as const;

export type TextField = (typeof text_fields)[number];
export type WordField = (typeof word_fields)[number];

export interface EventColumns {
  readonly texts: Record<TextField, TextColumn>;
  readonly words: Record<WordField, WordColumn>;
  readonly supplier_codes: ListColumn<WordColumn>;
  readonly search_results: ListColumn<TextColumn>;
  /** Epoch milliseconds. */
  readonly occurred_at: Float64Array;
  readonly received_at: Float64Array;
  /** The event's index in its request. */
  readonly position: Uint32Array;
  /** Rows that are whole; the next one may be half written, and is then undone. */
  rows: number;
  /** About how many bytes the rows take, the repeating values left out. */
  bytes: number;
  /** How many blocks were taken; the words of a field may be others after each. */
  blocks: number;
}

/** So many that the 16 bits of an index suffice, and that what each block costs is shared by many. */
export const block_rows_max = 8192;
/** Distinct items of lists, which are many more than rows: below what 16 bits can say, with room for one more list. */
const list_words_max = 32_768;
/** A dictionary that has grown past this is begun anew with the next block. */
const kept_words_max = 512;

export function newEventColumns(default_staff_id_system: string): EventColumns {
  const absent: Partial<Record<WordField, string>> = {
    outcome: 'unknown',
    trigger: 'unknown',
    purpose: 'unknown',
    staff_id_system: default_staff_id_system,
  };
  return {
    texts: record(text_fields, newTextColumn),
    words: record(word_fields, (name) => newWordColumn(absent[name])),
    supplier_codes: newListColumn(newWordColumn()),
    search_results: newListColumn(newTextColumn()),
    occurred_at: new Float64Array(block_rows_max),
    received_at: new Float64Array(block_rows_max),
    position: new Uint32Array(block_rows_max),
    rows: 0,
    bytes: 0,
    blocks: 0,
  };
}

/** Whether another row may not fit, or enough has gathered. */
export function isFull(columns: EventColumns, bytes_max: number): boolean {
  return (
    columns.rows >= block_rows_max ||
    columns.bytes >= bytes_max ||
    columns.supplier_codes.items.words.rows >= list_words_max
  );
}

/** Makes the row that has been written count. */
export function commitRow(columns: EventColumns, index: number, received_at: number): void {
  columns.position[columns.rows] = index;
  columns.received_at[columns.rows] = received_at;
  columns.rows += 1;
}

/** Takes back what was written of a row that does not count. */
export function undoRow({
  texts,
  words,
  supplier_codes,
  search_results,
  rows,
}: EventColumns): void {
  for (const name of text_fields) if (texts[name].rows > rows) undoText(texts[name]);
  for (const name of word_fields) if (words[name].rows > rows) undoWord(words[name]);
  for (const list of [supplier_codes, search_results]) if (list.rows > rows) undoList(list);
}

const scratch = Buffer.alloc(16 * 1024);
const allowed = () => true;

/** Adds an event that was checked as a JSON value. */
export function addEvent(
  columns: EventColumns,
  event: SpooledEvent,
  index: number,
  received_at: number,
): void {
  const row = columns.rows;
  for (const name of text_fields) {
    const text = event[name];
    if (text !== undefined && text !== '') columns.bytes += addText(columns.texts[name], row, text);
  }
  for (const name of word_fields) {
    const text = event[name];
    if (text !== undefined && text !== '') addWordText(columns.words[name], row, text);
  }
  if (event.supplier_codes) {
    const { supplier_codes } = columns;
    beginList(supplier_codes);
    for (const text of event.supplier_codes)
      addWordText(supplier_codes.items, supplier_codes.items.rows, text);
    endList(supplier_codes, row);
    columns.bytes += event.supplier_codes.length * 2;
  }
  if (event.search_results) {
    const { search_results } = columns;
    beginList(search_results);
    for (const text of event.search_results)
      columns.bytes += addText(search_results.items, search_results.items.rows, text);
    endList(search_results, row);
  }
  columns.occurred_at[row] = event.occurred_at;
  commitRow(columns, index, received_at);
}

function addText(column: TextColumn, row: number, text: string): number {
  const length = scratch.write(text);
  putText(column, row, scratch, 0, length);
  return length;
}

function addWordText(column: WordColumn, row: number, text: string): void {
  const length = scratch.write(text);
  putWord(column, row, wordOf(column, scratch, 0, length, allowed));
}

/** The rows as a block, after which the columns are empty. */
export function takeBlock(columns: EventColumns, source: string, receipt: string): Block {
  const { rows, texts, words, supplier_codes, search_results } = columns;
  const written_texts = text_fields.filter((name) => texts[name].rows > 0);
  const written_words = word_fields.filter(
    (name) => words[name].rows > 0 || words[name].absent !== 0,
  );
  const lists = (supplier_codes.rows > 0 ? 1 : 0) + (search_results.rows > 0 ? 1 : 0);
  const count = 7 + written_texts.length + written_words.length + lists;
  const block = beginBlock(count, rows, columns.bytes + rows * 64 + 16_384);
  writeHead(block, 'segment_position', 'UInt32');
  const positions_at = block.at;
  writeRaw(block, new Uint8Array(rows * 4));
  writeHead(block, 'position', 'UInt32');
  writeRaw(block, new Uint8Array(columns.position.buffer, 0, rows * 4));
  for (const name of ['received_at', 'occurred_at'] as const) {
    writeHead(block, name, 'Int64');
    for (let row = 0; row < rows; row++) writeInt64(block, columns[name][row] as number);
  }
  for (const [name, text] of [
    ['record', 'event'],
    ['source', source],
    ['receipt', receipt],
  ] as const) {
    writeHead(block, name, word_type);
    writeWords(block, newWordColumn(text), rows);
  }
  for (const name of written_texts) {
    writeHead(block, name, 'String');
    writeTexts(block, texts[name], rows);
  }
  for (const name of written_words) {
    writeHead(block, name, word_type);
    writeWords(block, words[name], rows);
  }
  if (supplier_codes.rows > 0) {
    writeHead(block, 'supplier_codes', `Array(${word_type})`);
    writeWordLists(block, supplier_codes, rows);
  }
  if (search_results.rows > 0) {
    writeHead(block, 'search_results', 'Array(String)');
    writeTextLists(block, search_results, rows);
  }
  empty(columns);
  return { bytes: block.bytes.subarray(0, block.at), rows, positions_at };
}

const word_type = 'LowCardinality(String)';

function empty(columns: EventColumns): void {
  const { texts, words, supplier_codes, search_results } = columns;
  for (const name of text_fields) emptyText(texts[name]);
  for (const name of word_fields) emptyWords(words[name]);
  emptyWords(supplier_codes.items);
  emptyText(search_results.items);
  supplier_codes.rows = 0;
  search_results.rows = 0;
  columns.rows = 0;
  columns.bytes = 0;
  columns.blocks += 1;
}

function emptyText(column: TextColumn): void {
  column.length = 0;
  column.rows = 0;
}

function emptyWords(column: WordColumn): void {
  column.rows = 0;
  if (column.words.rows <= kept_words_max) return;
  // The words that every block starts with stand first: the empty one, and what an absent value says.
  const kept = column.absent + 1;
  column.words.rows = kept;
  column.words.length = column.to[kept - 1] as number;
  column.table.fill(0);
  column.last = 0;
}

function record<Name extends string, Value>(
  names: readonly Name[],
  value: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
}
