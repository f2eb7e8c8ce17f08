/** Reads tables of a flatbuffer that a stranger wrote: every offset is checked before it is followed. */

/** What is said of a buffer that does not hold what it says. */
export class FlatbufferError extends Error {}

/** A table: its bytes, where it begins, and where its list of fields does. */
export interface Table {
  readonly view: DataView;
  readonly at: number;
  readonly fields_at: number;
  readonly fields_bytes: number;
}

export function rootTable(bytes: Uint8Array): Table {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return tableAt(view, checked(view, 0, 4).getUint32(0, true));
}

/** A table in a field; undefined where the field is absent. */
export function tableIn(table: Table, field: number): Table | undefined {
  const at = fieldAt(table, field);
  return at === undefined ? undefined : tableAt(table.view, follow(table.view, at));
}

export function numberIn(
  table: Table,
  field: number,
  kind: 'u8' | 'i8' | 'i16' | 'i32' | 'i64',
  absent: number,
): number {
  const at = fieldAt(table, field);
  if (at === undefined) return absent;
  const { view } = table;
  if (kind === 'u8') return checked(view, at, 1).getUint8(at);
  if (kind === 'i8') return checked(view, at, 1).getInt8(at);
  if (kind === 'i16') return checked(view, at, 2).getInt16(at, true);
  if (kind === 'i32') return checked(view, at, 4).getInt32(at, true);
  return int64At(view, at);
}

export function textIn(table: Table, field: number): string {
  const at = fieldAt(table, field);
  if (at === undefined) return '';
  const start = follow(table.view, at);
  const length = checked(table.view, start, 4).getUint32(start, true);
  checked(table.view, start + 4, length);
  const { buffer, byteOffset } = table.view;
  return Buffer.from(buffer, byteOffset + start + 4, length).toString('utf8');
}

/** A vector: where its items begin, and how many there are, each of `item_bytes`. */
export function vectorIn(
  table: Table,
  field: number,
  item_bytes: number,
): { at: number; length: number } {
  const at = fieldAt(table, field);
  if (at === undefined) return { at: 0, length: 0 };
  const start = follow(table.view, at);
  const length = checked(table.view, start, 4).getUint32(start, true);
  checked(table.view, start + 4, length * item_bytes);
  return { at: start + 4, length };
}

/** The tables of a vector; more than `length_max` are refused before one is read. */
export function tablesIn(table: Table, field: number, length_max: number): Table[] {
  const { at, length } = vectorIn(table, field, 4);
  if (length > length_max) throw new FlatbufferError('A list is too long.');
  return Array.from({ length }, (_, index) =>
    tableAt(table.view, follow(table.view, at + index * 4)),
  );
}

/** A 64-bit number that is none of a count or a place is refused. */
export function int64At(view: DataView, at: number): number {
  checked(view, at, 8);
  const value = view.getInt32(at + 4, true) * 4294967296 + view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) throw new FlatbufferError('A number is out of range.');
  return value;
}

function tableAt(view: DataView, at: number): Table {
  const fields_at = at - checked(view, at, 4).getInt32(at, true);
  const fields_bytes = checked(view, fields_at, 4).getUint16(fields_at, true);
  checked(view, fields_at, fields_bytes);
  return { view, at, fields_at, fields_bytes };
}

function fieldAt({ view, at, fields_at, fields_bytes }: Table, field: number): number | undefined {
  const slot = 4 + field * 2;
  if (slot + 2 > fields_bytes) return undefined;
  const offset = view.getUint16(fields_at + slot, true);
  return offset === 0 ? undefined : at + offset;
}

function follow(view: DataView, at: number): number {
  return at + checked(view, at, 4).getUint32(at, true);
}

function checked(view: DataView, at: number, length: number): DataView {
  if (!(at >= 0 && length >= 0 && at + length <= view.byteLength))
    throw new FlatbufferError('An offset leads out of the message.');
  return view;
}
