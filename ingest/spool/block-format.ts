/** The form of a segment of blocks: a file that the engine reads as Native, in which every batch still proves that it is whole. */
import { beginBlock, writeHead, writeString } from '../columns/native.ts';
import {
  sealed,
  unsealed,
  type BatchTrailer,
  type BlockBatch,
  type SegmentHeader,
} from './format.ts';
import type { Damage, FoundBatch, Inspected } from './inspect.ts';

// Header and trailers are blocks of one row, which the engine reads like any other, and the loader passes over.
// A batch's trailer names its segment: nobody outside knows the name while a file is open, so no text that somebody
// sends can pass for a trailer.

/** The header as the first block of a file. */
export function encodeHeaderBlock(header: SegmentHeader): Buffer {
  return markBlock('header', sealed(JSON.stringify(header), Buffer.alloc(0)));
}

/** The bytes of a batch whose first row takes `first_position`: its block, and its trailer. */
export function encodeBlockBatch(
  { receipt, source, rejects, block }: BlockBatch,
  segment_id: string,
  first_position: number,
): [block: Buffer, trailer: Buffer] {
  const { bytes, rows, positions_at } = block;
  for (let row = 0; row < rows; row++)
    bytes.writeUInt32LE(first_position + row, positions_at + row * 4);
  const trailer = JSON.stringify({
    record: 'batch',
    segment_id,
    receipt,
    source,
    lines: rows,
    rejects,
    bytes: bytes.length,
  });
  return [bytes, markBlock('batch', sealed(trailer, bytes))];
}

/** The header of a file, and where it ends; undefined when it is damaged. */
export function decodeHeaderBlock(
  bytes: Buffer,
): { header: SegmentHeader; end: number } | undefined {
  const mark = readMark(bytes, 0, 'header');
  const header = mark && unsealed<SegmentHeader>(mark.json, Buffer.alloc(0));
  return header?.record === 'header' ? { header, end: mark?.end ?? 0 } : undefined;
}

/** Inspects the bytes of a segment of blocks, as `inspectSegment` does those of lines. */
export function inspectBlocks(bytes: Buffer, segment_id: string): Inspected {
  const found = decodeHeaderBlock(bytes);
  const header_end = found?.end ?? 0;
  const batches = findBlocks(bytes, segment_id, header_end);
  const damaged: Damage[] = [];
  let at = header_end;
  for (const { from, to } of batches) {
    if (from > at)
      damaged.push({ from: at, to: from, why: at === 0 && !found ? 'header' : 'batch' });
    at = to;
  }
  const tail_from = damagedTailEnd(bytes, at, segment_id);
  if (tail_from > at) damaged.push({ from: at, to: tail_from, why: 'batch' });
  return { header: found?.header, header_end, batches, damaged, tail_from };
}

/** The whole batches of a file, in order. */
export function findBlocks(bytes: Buffer, segment_id: string, from: number): FoundBatch[] {
  const batches: FoundBatch[] = [];
  const start = markStart('batch');
  const name = nameOf(segment_id);
  let whole_to = from;
  for (let at = bytes.indexOf(start, from); at >= 0; at = bytes.indexOf(start, at + 1)) {
    const mark = readMark(bytes, at, 'batch');
    if (!mark || mark.json.length > trailer_bytes_max) continue;
    const json = mark.json.toString('latin1');
    if (!json.slice(0, 200).includes(name)) continue;
    const length = Number(/"bytes":(\d{1,12})/.exec(json)?.[1] ?? NaN);
    const first = at - length;
    if (!(first >= whole_to)) continue;
    const trailer = unsealed<BatchTrailer>(mark.json, bytes.subarray(first, at));
    if (trailer?.record !== 'batch' || trailer.bytes !== length) continue;
    batches.push({ from: first, to: mark.end, trailer });
    whole_to = mark.end;
  }
  return batches;
}

/**
 * How far the bytes after the last whole batch are damage: to the last thing that was the end of a batch, perhaps with
 * a damaged byte in it. A write that was cut short has no such end.
 */
function damagedTailEnd(bytes: Buffer, from: number, segment_id: string): number {
  let damaged_to = from;
  // Of all names that have an end behind them, the last one's is the furthest.
  const last_end = bytes.lastIndexOf('}\n');
  const last_name = last_end < 0 ? -1 : bytes.lastIndexOf(nameOf(segment_id), last_end);
  if (last_name >= from) damaged_to = bytes.indexOf('}\n', last_name) + 2;
  // The name itself may be what is damaged, or the brace or the line break behind the check sum.
  for (
    let at = bytes.indexOf(',"crc32":', from);
    at >= 0;
    at = bytes.indexOf(',"crc32":', at + 1)
  ) {
    const sealed_end = /^,"crc32":\d+(?:[^\d}\0]|\}.)/s.exec(
      bytes.toString('latin1', at, at + 32),
    )?.[0];
    // The header of a file that holds nothing else was never acknowledged.
    const is_header = from === 0 && at < header_bytes_max;
    if (sealed_end !== undefined && !is_header)
      damaged_to = Math.max(damaged_to, lineEnd(bytes, at + sealed_end.length));
  }
  return damaged_to;
}

/** Behind a line break that stands there. */
function lineEnd(bytes: Buffer, at: number): number {
  return bytes[at] === 10 ? at + 1 : at;
}

/** A receipt, two names and a few numbers: what is longer is damage, and is not read over and over. */
const trailer_bytes_max = 4 * 1024;

/** A header of events is some 300 bytes, and every batch is longer. */
const header_bytes_max = 512;

function nameOf(segment_id: string): string {
  return `"segment_id":${JSON.stringify(segment_id)},`;
}

function markBlock(kind: 'header' | 'batch', sealed_text: string): Buffer {
  const writer = beginBlock(2, 1, 1024);
  writeHead(writer, 'record', 'String');
  writeString(writer, kind);
  writeHead(writer, 'message', 'String');
  writeString(writer, sealed_text);
  return writer.bytes.subarray(0, writer.at);
}

function markStart(kind: 'header' | 'batch'): Buffer {
  const writer = beginBlock(2, 1, 1024);
  writeHead(writer, 'record', 'String');
  writeString(writer, kind);
  writeHead(writer, 'message', 'String');
  return writer.bytes.subarray(0, writer.at);
}

/** The JSON of the block that begins at `at`, without its line break, and where the block ends. */
function readMark(
  bytes: Buffer,
  at: number,
  kind: 'header' | 'batch',
): { json: Buffer; end: number } | undefined {
  const start = markStart(kind);
  if (bytes.compare(start, 0, start.length, at, Math.min(at + start.length, bytes.length)) !== 0)
    return undefined;
  let from = at + start.length;
  let length = 0;
  // A length of up to three bytes, seven bits each.
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[from++];
    if (byte === undefined || shift > 14) return undefined;
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  const end = from + length;
  if (length < 2 || end > bytes.length || bytes[end - 1] !== 10) return undefined;
  return { json: bytes.subarray(from, end - 1), end };
}
