import {
  Bool,
  DateDay,
  DateMillisecond,
  Dictionary,
  Field,
  Float16,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  makeVector,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  vectorFromArray,
  type DataType,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { ArrowFault } from '../../../../ingest/formats/arrow/fault.ts';
import { readNumbers } from '../../../../ingest/formats/arrow/numbers.ts';
import { readRow } from '../../../../ingest/formats/arrow/row.ts';
import type { ArrowShape, FieldKind } from '../../../../ingest/formats/arrow/shape.ts';
import { readArrow } from '../../../../ingest/formats/arrow.ts';

const shape: ArrowShape = {
  kinds: new Map<string, FieldKind>([
    ['text', 'text'],
    ['list', 'list'],
    ['instant', 'instant'],
    ['date', 'date'],
    ['number', 'number'],
    ['flag', 'flag'],
  ]),
  required: [],
  of: 'the dataset',
  codes: {
    unknown: 'REFERENCE_COLUMN_UNKNOWN',
    missing: 'REFERENCE_COLUMN_MISSING',
    type: 'REFERENCE_COLUMN_TYPE',
    invalid: 'REFERENCE_ARROW_INVALID',
    too_large: 'REFERENCE_ARROW_TOO_LARGE',
  },
  stored_if_damaged: 'Nothing of it is stored.',
  needs_end: true,
};
const limits = { batch_bytes_max: 1 << 20, metadata_bytes_max: 1 << 16 };

type Columns = Record<string, [values: unknown[], type: DataType]>;

function streamOf(columns: Columns): Buffer {
  const vectors = Object.entries(columns).map(([name, [values, type]]) => [
    name,
    vectorFromArray(values, type),
  ]);
  return Buffer.from(tableToIPC(new Table(Object.fromEntries(vectors) as never), 'stream'));
}

async function* once(bytes: Buffer) {
  yield bytes;
}

async function rowsIn(bytes: Buffer, wanted: ArrowShape = shape): Promise<object[]> {
  const rows: object[] = [];
  for await (const batch of readArrow(once(bytes), wanted, limits)) {
    for (let row = 0; row < batch.rows; row++) rows.push(readRow(batch, row).value);
  }
  return rows;
}

async function valuesOf(name: string, values: unknown[], type: DataType): Promise<unknown[]> {
  const rows = await rowsIn(streamOf({ [name]: [values, type] }));
  return rows.map((row) => (row as Record<string, unknown>)[name]);
}

describe('a column of numbers', () => {
  it.each([
    ['Int8', new Int8(), [-128, 127]],
    ['Int16', new Int16(), [-32_768, 32_767]],
    ['Int32', new Int32(), [-(2 ** 31), 2 ** 31 - 1]],
    ['Uint8', new Uint8(), [0, 255]],
    ['Uint16', new Uint16(), [0, 65_535]],
    ['Uint32', new Uint32(), [0, 2 ** 32 - 1]],
    ['Float16', new Float16(), [0.5, -2]],
    ['Float32', new Float32(), [51.5, -0.25]],
    ['Float64', new Float64(), [51.507_351, -179.999_999]],
  ])('is read as %s, with its nulls', async (_, type, [low, high]) => {
    expect(await valuesOf('number', [low, null, high], type)).toEqual([low, undefined, high]);
  });

  it('is read from 64 bits, as near as a double comes', async () => {
    const big = 2n ** 62n;
    expect(await valuesOf('number', [-5n, null, big], new Int64())).toEqual([
      -5,
      undefined,
      2 ** 62,
    ]);
    expect(await valuesOf('number', [5n, 2n ** 64n - 1n], new Uint64())).toEqual([5, 2 ** 64]);
  });

  it('becomes text where it is no number, so that the row is refused and not taken as empty', async () => {
    expect(await valuesOf('number', [NaN, Infinity], new Float64())).toEqual(['NaN', 'Infinity']);
  });
});

it('refuses a buffer that is a byte too short for its rows, before it makes room for them', () => {
  const bits = { bit: 1, i8: 8, i16: 16, i32: 32, i64: 64, u8: 8, u16: 16, u32: 32, u64: 64 };
  for (const [layout, width] of Object.entries({ ...bits, f16: 16, f32: 32, f64: 64 })) {
    const read = (bytes: number) =>
      readNumbers(new Uint8Array(bytes), 16, layout as keyof typeof bits, 1);
    expect(read(width * 2)).toHaveLength(16);
    expect(() => read(width * 2 - 1), layout).toThrow(ArrowFault);
  }
});

describe('a column of dates', () => {
  const days = ['1900-01-01', '1956-02-29', '1970-01-01', '2299-12-31'];
  it.each([
    ['days', new DateDay()],
    ['milliseconds', new DateMillisecond()],
  ])('is read in %s, before 1970 too', async (_, type) => {
    const values = [...days.map((day) => new Date(day)), null];
    expect(await valuesOf('date', values, type)).toEqual([...days, undefined]);
  });

  it('is read as text, encoded by a dictionary or not', async () => {
    for (const type of [new Utf8(), new Dictionary(new Utf8(), new Int32())]) {
      expect(await valuesOf('date', ['1956-02-29', null, '1956-02-29'], type)).toEqual([
        '1956-02-29',
        undefined,
        '1956-02-29',
      ]);
    }
  });

  it('keeps a time of day that should not be there, so that it is refused and not cut', async () => {
    const noon = new Date('2026-03-01T12:00:00Z');
    expect(await valuesOf('date', [noon], new DateMillisecond())).toEqual([noon.toISOString()]);
  });
});

it('reads flags and nulls, past the first byte of their bits', async () => {
  const flags = [true, false, null, true, true, false, false, false, true, null, false];
  expect(await valuesOf('flag', flags, new Bool())).toEqual(flags.map((flag) => flag ?? undefined));
});

it('reads timestamps in every unit, cutting towards the past as text is', async () => {
  const at = Date.UTC(1969, 11, 31, 23, 59, 58);
  const text = '1969-12-31T23:59:58.000Z';
  expect(await valuesOf('instant', [at], new TimestampSecond('UTC'))).toEqual([text]);
  expect(await valuesOf('instant', [at], new TimestampMillisecond('UTC'))).toEqual([text]);
  const late = '1969-12-31T23:59:59.999Z';
  const data = BigInt64Array.of(-1n);
  for (const instant of [
    makeVector({ type: new TimestampMicrosecond('UTC'), data }),
    makeVector({ type: new TimestampNanosecond('UTC'), data }),
  ]) {
    const bytes = Buffer.from(tableToIPC(new Table({ instant } as never), 'stream'));
    expect(await rowsIn(bytes)).toEqual([{ instant: late }]);
  }
});

it('reads a dictionary, a list and nulls beside each other', async () => {
  const list = new List(new Field('item', new Utf8()));
  const bytes = streamOf({
    text: [['a', null, 'a'], new Dictionary(new Utf8(), new Int32())],
    list: [[['x', 'y'], [], null], list],
    number: [[1, 2, null], new Int8()],
  });
  expect(await rowsIn(bytes)).toEqual([
    { text: 'a', list: ['x', 'y'], number: 1 },
    { list: [], number: 2 },
    { text: 'a' },
  ]);
});

it('refuses every kind of column that has another type, by name', async () => {
  const cases: [string, unknown[], DataType][] = [
    ['text', [1], new Int32()],
    ['list', ['a'], new Utf8()],
    ['instant', [0], new TimestampMillisecond()],
    ['instant', [new Date(0)], new DateDay()],
    ['date', [0], new TimestampMillisecond('UTC')],
    ['number', ['1'], new Utf8()],
    ['number', [true], new Bool()],
    ['flag', [1], new Int8()],
    ['flag', ['true'], new Utf8()],
  ];
  for (const [name, values, type] of cases) {
    await expect(rowsIn(streamOf({ [name]: [values, type] }))).rejects.toMatchObject({
      code: 'REFERENCE_COLUMN_TYPE',
      message: expect.stringContaining(`The column ${name} has to be`),
    });
  }
});

it('refuses a stream that is cut anywhere, its end mark included, unless its shape can do without', async () => {
  const bytes = streamOf({
    date: [[new Date(0), null], new DateDay()],
    flag: [[true, null], new Bool()],
  });
  expect(await rowsIn(bytes)).toHaveLength(2);
  for (let length = 0; length < bytes.length; length++) {
    await expect(rowsIn(bytes.subarray(0, length))).rejects.toMatchObject({
      code: 'REFERENCE_ARROW_INVALID',
    });
  }
  const open = bytes.subarray(0, bytes.length - streamEndBytes());
  expect(await rowsIn(open, { ...shape, needs_end: false })).toHaveLength(2);
});

/** How long the writer's end mark is: what it writes after the batches. */
function streamEndBytes(): number {
  const bytes = streamOf({ flag: [[true], new Bool()] });
  return bytes.readUInt32LE(bytes.length - 8) === 0xffffffff ? 8 : 4;
}
