/** The columns of an Arrow stream of events: which field each is, and how its values are laid out. */
import { RequestRefused } from '../../codes.ts';
import { AccessEventSchema } from '../../event.ts';
import { numberIn, tableIn, tablesIn, textIn, type Table } from './flatbuffer.ts';

/** How text is laid out: offsets of 32 or 64 bits, or views; `none` is a column of nulls. */
export type TextLayout = 'small' | 'large' | 'view' | 'none';

export interface ArrowColumn {
  readonly name: string;
  readonly kind: 'text' | 'list' | 'instant';
  readonly text: TextLayout;
  /** Of lists: whether their ends have 64 bits. */
  readonly is_large_list: boolean;
  /** Of text, or of a list's items, where they are encoded by a dictionary. */
  readonly dictionary: Dictionary | undefined;
  /** Of an instant given as a timestamp: how many of its units make a millisecond. */
  readonly units_per_ms: bigint;
}

export interface Dictionary {
  readonly id: number;
  readonly index_bytes: 1 | 2 | 4 | 8;
  readonly is_signed: boolean;
}

const columns_max = 200;
const list_fields = new Set(['supplier_codes', 'search_results']);
/** Numbers of Arrow's Type union (Schema.fbs). */
const types = {
  none: 1,
  utf8: 5,
  timestamp: 10,
  list: 12,
  large_utf8: 20,
  large_list: 21,
  utf8_view: 24,
} as const;

/**
 * Reads the Schema of a stream.
 *
 * @throws RequestRefused EVENTS_COLUMN_UNKNOWN, EVENTS_COLUMN_MISSING, EVENTS_COLUMN_TYPE, EVENTS_ARROW_INVALID
 */
export function readSchema(schema: Table): ArrowColumn[] {
  if (numberIn(schema, 0, 'i16', 0) !== 0)
    throw new RequestRefused(
      'EVENTS_ARROW_INVALID',
      'The stream is big-endian. Write it as little-endian.',
    );
  const columns = tablesIn(schema, 1, columns_max).map(readColumn);
  checkColumnNames(columns.map(({ name }) => name));
  return columns;
}

/**
 * Whether these are the fields of an event, each once, the required ones among them.
 *
 * @throws RequestRefused EVENTS_COLUMN_UNKNOWN, EVENTS_COLUMN_MISSING
 */
export function checkColumnNames(names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    if (Object.hasOwn(AccessEventSchema.properties, name) && names.indexOf(name) === index)
      continue;
    const shown = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) ? name : `number ${index + 1}`;
    throw new RequestRefused(
      'EVENTS_COLUMN_UNKNOWN',
      `The column ${shown} is not a field of an access event, or stands there twice. Leave it out. Nothing is stored.`,
    );
  }
  for (const name of AccessEventSchema.required) {
    if (!names.includes(name))
      throw new RequestRefused(
        'EVENTS_COLUMN_MISSING',
        `The column ${name} is required. Nothing is stored.`,
      );
  }
}

function readColumn(field: Table): ArrowColumn {
  const name = textIn(field, 0);
  const base = { name, is_large_list: false, dictionary: undefined, units_per_ms: 0n };
  const type = numberIn(field, 2, 'u8', 0);
  if (list_fields.has(name)) {
    if (type === types.none) return { ...base, kind: 'list', text: 'none' };
    const [item, more] = tablesIn(field, 5, 8);
    if ((type !== types.list && type !== types.large_list) || !item || more)
      throw wrongType(name, 'a list of text');
    const text = layoutOf(numberIn(item, 2, 'u8', 0));
    if (!text) throw wrongType(name, 'a list of text');
    const is_large_list = type === types.large_list;
    return { ...base, kind: 'list', text, is_large_list, dictionary: dictionaryOf(item, name) };
  }
  const text = layoutOf(type);
  if (text) {
    const kind = name === 'occurred_at' ? 'instant' : 'text';
    return { ...base, kind, text, dictionary: dictionaryOf(field, name) };
  }
  if (name !== 'occurred_at' || type !== types.timestamp) throw wrongType(name, 'text');
  const timestamp = tableIn(field, 3);
  if (!timestamp || textIn(timestamp, 1) === '')
    throw wrongType(name, 'a timestamp with a time zone (such as UTC), or RFC 3339 text');
  if (tableIn(field, 4)) throw wrongType(name, 'a timestamp without a dictionary');
  // Seconds are the one unit that is coarser; 0 stands for a thousand milliseconds each.
  const unit = numberIn(timestamp, 0, 'i16', 0);
  const units_per_ms = [0n, 1n, 1_000n, 1_000_000n][unit];
  if (units_per_ms === undefined) throw wrongType(name, 'a timestamp');
  return { ...base, kind: 'instant', text: 'none', units_per_ms: unit === 0 ? -1n : units_per_ms };
}

function layoutOf(type: number): TextLayout | undefined {
  if (type === types.none) return 'none';
  if (type === types.utf8) return 'small';
  if (type === types.large_utf8) return 'large';
  return type === types.utf8_view ? 'view' : undefined;
}

function dictionaryOf(field: Table, name: string): Dictionary | undefined {
  const encoding = tableIn(field, 4);
  if (!encoding) return undefined;
  const index = tableIn(encoding, 1);
  const bits = index ? numberIn(index, 0, 'i32', 0) : 32;
  const index_bytes = bits / 8;
  if (index_bytes !== 1 && index_bytes !== 2 && index_bytes !== 4 && index_bytes !== 8)
    throw wrongType(name, 'text');
  const is_signed = index ? numberIn(index, 1, 'u8', 0) !== 0 : true;
  return { id: numberIn(encoding, 0, 'i64', 0), index_bytes, is_signed };
}

function wrongType(name: string, wanted: string): RequestRefused {
  return new RequestRefused(
    'EVENTS_COLUMN_TYPE',
    `The column ${name} has to be ${wanted}. Nothing is stored.`,
  );
}
