/** The columns of an Arrow stream: which field each is, and how its values are laid out. */
import { RequestRefused } from '../../codes.ts';
import type { NumberLayout } from './numbers.ts';
import { checkColumnNames, type ArrowShape, type FieldKind } from './shape.ts';
import { numberIn, tableIn, tablesIn, textIn, type Table } from './flatbuffer.ts';

/** How text is laid out: offsets of 32 or 64 bits, or views; `none` is a column of nulls. */
export type TextLayout = 'small' | 'large' | 'view' | 'none';

export interface ArrowColumn {
  readonly name: string;
  readonly kind: FieldKind;
  readonly text: TextLayout;
  /** Of lists: whether their ends have 64 bits. */
  readonly is_large_list: boolean;
  /** Of text, or of a list's items, where they are encoded by a dictionary. */
  readonly dictionary: Dictionary | undefined;
  /** Of an instant given as a timestamp: how many of its units make a millisecond. */
  readonly units_per_ms: bigint;
  /** Of a number, a flag, or a date that is none of text. */
  readonly number: NumberLayout;
  /** How many milliseconds make one of a date's units; 1 otherwise. */
  readonly scale: number;
}

export interface Dictionary {
  readonly id: number;
  readonly index_bytes: 1 | 2 | 4 | 8;
  readonly is_signed: boolean;
}

const columns_max = 200;
/** Numbers of Arrow's Type union (Schema.fbs). */
const types = {
  none: 1,
  int: 2,
  float: 3,
  utf8: 5,
  bool: 6,
  date: 8,
  timestamp: 10,
  list: 12,
  large_utf8: 20,
  large_list: 21,
  utf8_view: 24,
} as const;

/**
 * Reads the Schema of a stream.
 *
 * @throws RequestRefused with the shape's codes for its columns, and for a stream that is invalid
 */
export function readSchema(schema: Table, shape: ArrowShape): ArrowColumn[] {
  if (numberIn(schema, 0, 'i16', 0) !== 0)
    throw new RequestRefused(
      shape.codes.invalid,
      'The stream is big-endian. Write it as little-endian.',
    );
  const fields = tablesIn(schema, 1, columns_max);
  checkColumnNames(
    fields.map((field) => textIn(field, 0)),
    shape,
  );
  return fields.map((field) => readColumn(field, shape));
}

function readColumn(field: Table, { kinds, codes }: ArrowShape): ArrowColumn {
  const name = textIn(field, 0);
  const kind = kinds.get(name) ?? 'text';
  const type = numberIn(field, 2, 'u8', 0);
  try {
    return { ...no_layout, name, kind, ...layoutIn(field, kind, type) };
  } catch (cause) {
    if (!(cause instanceof WrongType)) throw cause;
    throw new RequestRefused(
      codes.type,
      `The column ${name} has to be ${wanted[kind]}. Nothing is stored.`,
      { cause },
    );
  }
}

class WrongType extends Error {}

const wanted: Record<FieldKind, string> = {
  text: 'text',
  list: 'a list of text',
  instant: 'a timestamp with a time zone (such as UTC), or RFC 3339 text',
  date: 'a date (date32 or date64), or text as YYYY-MM-DD',
  number: 'a number (an integer or a float)',
  flag: 'a boolean',
};

const no_layout = {
  text: 'none',
  is_large_list: false,
  dictionary: undefined,
  units_per_ms: 0n,
  number: 'none',
  scale: 1,
} as const;

/** @throws WrongType */
function layoutIn(field: Table, kind: FieldKind, type: number): Partial<ArrowColumn> {
  if (type === types.none) return {};
  if (kind === 'list') return listIn(field, type);
  if (kind === 'number') return { number: numberLayoutIn(field, type) };
  if (kind === 'flag') {
    if (type !== types.bool) throw new WrongType();
    return { number: 'bit' };
  }
  const text = layoutOf(type);
  if (text) return { text, dictionary: dictionaryOf(field) };
  if (kind === 'instant' && type === types.timestamp) return timestampIn(field);
  if (kind === 'date' && type === types.date) return dateIn(field);
  throw new WrongType();
}

function listIn(field: Table, type: number): Partial<ArrowColumn> {
  const [item, more] = tablesIn(field, 5, 8);
  if ((type !== types.list && type !== types.large_list) || !item || more) throw new WrongType();
  const text = layoutOf(numberIn(item, 2, 'u8', 0));
  if (!text) throw new WrongType();
  return { text, is_large_list: type === types.large_list, dictionary: dictionaryOf(item) };
}

function timestampIn(field: Table): Partial<ArrowColumn> {
  const timestamp = tableIn(field, 3);
  if (!timestamp || textIn(timestamp, 1) === '' || tableIn(field, 4)) throw new WrongType();
  // Seconds are the one unit that is coarser; below 0 stands for a thousand milliseconds each.
  const unit = numberIn(timestamp, 0, 'i16', 0);
  const units_per_ms = [-1n, 1n, 1_000n, 1_000_000n][unit];
  if (units_per_ms === undefined) throw new WrongType();
  return { units_per_ms };
}

function dateIn(field: Table): Partial<ArrowColumn> {
  const date = tableIn(field, 3);
  if (!date || tableIn(field, 4)) throw new WrongType();
  // Schema.fbs: days are 0, and milliseconds, which are the default, 1.
  const unit = numberIn(date, 0, 'i16', 1);
  if (unit === 0) return { number: 'i32', scale: 86_400_000 };
  if (unit !== 1) throw new WrongType();
  return { number: 'i64' };
}

function numberLayoutIn(field: Table, type: number): NumberLayout {
  const inner = tableIn(field, 3);
  if (!inner || tableIn(field, 4)) throw new WrongType();
  if (type === types.float) {
    const layout = (['f16', 'f32', 'f64'] as const)[numberIn(inner, 0, 'i16', 0)];
    if (layout) return layout;
  }
  if (type !== types.int) throw new WrongType();
  const is_signed = numberIn(inner, 1, 'u8', 0) !== 0;
  const bits = numberIn(inner, 0, 'i32', 0);
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) throw new WrongType();
  return is_signed ? `i${bits}` : `u${bits}`;
}

function layoutOf(type: number): TextLayout | undefined {
  if (type === types.none) return 'none';
  if (type === types.utf8) return 'small';
  if (type === types.large_utf8) return 'large';
  return type === types.utf8_view ? 'view' : undefined;
}

function dictionaryOf(field: Table): Dictionary | undefined {
  const encoding = tableIn(field, 4);
  if (!encoding) return undefined;
  const index = tableIn(encoding, 1);
  const bits = index ? numberIn(index, 0, 'i32', 0) : 32;
  const index_bytes = bits / 8;
  if (index_bytes !== 1 && index_bytes !== 2 && index_bytes !== 4 && index_bytes !== 8)
    throw new WrongType();
  const is_signed = index ? numberIn(index, 1, 'u8', 0) !== 0 : true;
  return { id: numberIn(encoding, 0, 'i64', 0), index_bytes, is_signed };
}
