/** Numbers, days and flags of an Arrow record batch as doubles, whatever their width. */
import { damaged } from './fault.ts';

/** How a number is laid out: signed, unsigned or floating with so many bits, or one bit; `none` is no number. */
export type NumberLayout =
  | 'none'
  | 'bit'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'f16'
  | 'f32'
  | 'f64';

const widths = {
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  f16: 2,
  f32: 4,
  f64: 8,
};

/**
 * The numbers of a buffer, each times `scale`. Those of 64 bits lose what a double cannot hold.
 *
 * @throws ArrowFault where the buffer is shorter than `rows` of them
 */
export function readNumbers(
  buffer: Uint8Array,
  rows: number,
  layout: NumberLayout,
  scale: number,
): Float64Array {
  if (layout === 'none') throw damaged();
  if (layout === 'bit') return readBits(buffer, rows);
  const width = widths[layout];
  if (buffer.length < rows * width) throw damaged();
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const read = readerOf(view, layout);
  const numbers = new Float64Array(rows);
  for (let row = 0; row < rows; row++) numbers[row] = read(row * width) * scale;
  return numbers;
}

function readBits(buffer: Uint8Array, rows: number): Float64Array {
  if (buffer.length < (rows + 7) >> 3) throw damaged();
  const numbers = new Float64Array(rows);
  for (let row = 0; row < rows; row++)
    numbers[row] = ((buffer[row >> 3] as number) >> (row & 7)) & 1;
  return numbers;
}

function readerOf(
  view: DataView,
  layout: Exclude<NumberLayout, 'none' | 'bit'>,
): (at: number) => number {
  switch (layout) {
    case 'i8':
      return (at) => view.getInt8(at);
    case 'i16':
      return (at) => view.getInt16(at, true);
    case 'i32':
      return (at) => view.getInt32(at, true);
    case 'i64':
      return (at) => Number(view.getBigInt64(at, true));
    case 'u8':
      return (at) => view.getUint8(at);
    case 'u16':
      return (at) => view.getUint16(at, true);
    case 'u32':
      return (at) => view.getUint32(at, true);
    case 'u64':
      return (at) => Number(view.getBigUint64(at, true));
    case 'f16':
      return (at) => half(view.getUint16(at, true));
    case 'f32':
      return (at) => view.getFloat32(at, true);
    case 'f64':
      return (at) => view.getFloat64(at, true);
  }
}

/** A half-precision number (IEEE 754, binary16). */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
