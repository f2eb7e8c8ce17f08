/** An Arrow IPC stream as it arrives: its schema, then one record batch at a time. */
import { RequestRefused } from '../codes.ts';
import { readColumns, readDictionary, type Texts, type Values } from './arrow/batch.ts';
import { ArrowFault, damaged, tooLarge } from './arrow/fault.ts';
import { readSchema, type ArrowColumn } from './arrow/schema.ts';
import { asRefused, type ArrowShape } from './arrow/shape.ts';
import { FlatbufferError, numberIn, rootTable, tableIn, type Table } from './arrow/flatbuffer.ts';

export interface ArrowBatch {
  readonly rows: number;
  readonly values: readonly Values[];
}

export interface ArrowLimits {
  /** Of the description of one message. */
  readonly metadata_bytes_max: number;
  /** Of the buffers of one batch, as they come and decompressed; and of all dictionaries. */
  readonly batch_bytes_max: number;
}

const continuation = 0xffffffff;
const [is_schema, is_dictionary, is_batch] = [1, 2, 3];

/**
 * The record batches of a stream. A batch is in memory as a whole; the stream is not.
 *
 * A stream may end without its end mark where its shape allows, but not within a message.
 *
 * @throws RequestRefused with the codes of the shape
 */
export async function* readArrow(
  stream: AsyncIterable<Buffer>,
  shape: ArrowShape,
  limits: ArrowLimits,
): AsyncGenerator<ArrowBatch> {
  try {
    yield* batchesOf(stream, shape, limits);
  } catch (cause) {
    throw asRefused(cause, shape);
  }
}

async function* batchesOf(
  stream: AsyncIterable<Buffer>,
  shape: ArrowShape,
  limits: ArrowLimits,
): AsyncGenerator<ArrowBatch> {
  const source = createSource(stream);
  const dictionaries = new Map<number, Texts>();
  let columns: ArrowColumn[] | undefined;
  for (;;) {
    const message = await readMessage(source, limits);
    if (message === 'cut' && shape.needs_end) throw damaged();
    if (message === 'cut' || message === 'end') break;
    const { kind, header, body } = message;
    if (kind === is_schema && !columns) columns = guarded(() => readSchema(header, shape));
    else if (!columns) throw damaged();
    else if (kind === is_dictionary) {
      const known = columns;
      guarded(() => takeDictionary(header, body, known, dictionaries, limits));
    } else if (kind === is_batch) {
      const known = columns;
      yield guarded(() => readColumns(header, body, known, dictionaries, limits.batch_bytes_max));
    } else throw damaged();
  }
  if (!columns) throw damaged();
}

function takeDictionary(
  header: Table,
  body: Uint8Array,
  columns: readonly ArrowColumn[],
  dictionaries: Map<number, Texts>,
  limits: ArrowLimits,
): void {
  const id = numberIn(header, 0, 'i64', 0);
  const of = columns.find(({ dictionary }) => dictionary?.id === id);
  const data = tableIn(header, 1);
  if (!of || !data) throw damaged();
  const is_delta = numberIn(header, 2, 'u8', 0) !== 0;
  const before = is_delta ? dictionaries.get(id) : undefined;
  dictionaries.set(id, readDictionary(data, body, of.text, before, limits.batch_bytes_max));
  let held = 0;
  for (const { bytes, ends } of dictionaries.values()) held += bytes.length + ends.byteLength;
  if (held > limits.batch_bytes_max) throw tooLarge();
}

interface Message {
  readonly kind: number;
  readonly header: Table;
  readonly body: Uint8Array;
}

/** The next message, or that the stream is at its end: by its mark, or since nothing more comes. */
async function readMessage(source: Source, limits: ArrowLimits): Promise<Message | 'end' | 'cut'> {
  const first = await source.take(4);
  if (first.length === 0) return 'cut';
  if (first.length < 4) throw damaged();
  let length = first.readUInt32LE(0);
  if (length === continuation) {
    const second = await source.take(4);
    if (second.length < 4) throw damaged();
    length = second.readUInt32LE(0);
  }
  if (length === 0) {
    // Behind the mark comes nothing: what does was meant, and would be passed over without a word.
    if ((await source.take(1)).length > 0) throw damaged();
    return 'end';
  }
  if (length > limits.metadata_bytes_max) throw damaged();
  const metadata = await source.take(length);
  if (metadata.length < length) throw damaged();
  const { kind, header, body_length } = guarded(() => {
    const message = rootTable(metadata);
    const inner = tableIn(message, 2);
    if (!inner) throw damaged();
    return {
      kind: numberIn(message, 1, 'u8', 0),
      header: inner,
      body_length: numberIn(message, 3, 'i64', 0),
    };
  });
  if (body_length < 0) throw damaged();
  if (body_length > limits.batch_bytes_max) throw tooLarge();
  const body = await source.take(body_length);
  if (body.length < body_length) throw damaged();
  return { kind, header, body };
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RequestRefused || cause instanceof ArrowFault) throw cause;
    if (cause instanceof FlatbufferError || cause instanceof RangeError) throw damaged(cause);
    throw cause;
  }
}

interface Source {
  /** The next `length` bytes, or as many as there are left. */
  take(length: number): Promise<Buffer>;
}

function createSource(stream: AsyncIterable<Buffer>): Source {
  const iterator = stream[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  return {
    async take(length) {
      if (chunk.length >= length) {
        const taken = chunk.subarray(0, length);
        chunk = chunk.subarray(length);
        return taken;
      }
      const parts = [chunk];
      let have = chunk.length;
      while (have < length) {
        const next = await iterator.next();
        if (next.done === true) break;
        parts.push(next.value);
        have += next.value.length;
      }
      const all = Buffer.concat(parts);
      chunk = all.subarray(Math.min(length, all.length));
      return all.subarray(0, length);
    },
  };
}
