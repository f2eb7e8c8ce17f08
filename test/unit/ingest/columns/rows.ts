/** What stands in columns, as rows again, so that two ways into them can be compared. */
import {
  text_fields,
  word_fields,
  type EventColumns,
} from '../../../../ingest/columns/event-columns.ts';
import type { TextColumn, WordColumn } from '../../../../ingest/columns/column.ts';

export function rowsOf(columns: EventColumns): Record<string, unknown>[] {
  const texts = text_fields.map((name) => [name, textsOf(columns.texts[name])] as const);
  const words = word_fields.map((name) => [name, wordsOf(columns.words[name])] as const);
  const suppliers = listsOf(columns.supplier_codes, wordsOf(columns.supplier_codes.items));
  const results = listsOf(columns.search_results, textsOf(columns.search_results.items));
  return Array.from({ length: columns.rows }, (_, row) => ({
    position: columns.position[row],
    occurred_at: columns.occurred_at[row],
    received_at: columns.received_at[row],
    ...Object.fromEntries(texts.map(([name, values]) => [name, values[row] ?? ''])),
    ...Object.fromEntries(
      words.map(([name, values]) => [
        name,
        values[row] ?? allWords(columns.words[name])[columns.words[name].absent],
      ]),
    ),
    supplier_codes: suppliers[row] ?? [],
    search_results: results[row] ?? [],
  }));
}

function textsOf(column: TextColumn): string[] {
  const bytes = Buffer.from(column.bytes.buffer, column.bytes.byteOffset, column.length);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    texts.push(bytes.toString('utf8', at, at + length));
    at += length;
  }
  return texts;
}

function allWords(column: WordColumn): string[] {
  return textsOf(column.words);
}

function wordsOf(column: WordColumn): string[] {
  const words = allWords(column);
  return [...column.indexes.subarray(0, column.rows)].map((word) => words[word] ?? '?');
}

function listsOf(list: { ends: Uint32Array; rows: number }, items: string[]): string[][] {
  return [...list.ends.subarray(0, list.rows)].map((end, row) =>
    items.slice(row === 0 ? 0 : list.ends[row - 1], end),
  );
}
