/** What is in a segment's bytes: whole batches, damage by offset and reason, and a tail that nobody was told is safe. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  decodeHeader,
  decodeTrailer,
  trailer_start,
  type BatchTrailer,
  type SegmentHeader,
} from './format.ts';

/** A whole batch in a file: its bytes are [from, to), trailer included. */
export interface FoundBatch {
  readonly from: number;
  readonly to: number;
  readonly trailer: BatchTrailer;
}

/** Bytes [from, to) that were whole once, and are not. */
export interface Damage {
  readonly from: number;
  readonly to: number;
  readonly why: 'header' | 'batch' | 'upload';
}

export interface Inspected {
  /** Undefined when it is damaged. */
  readonly header: SegmentHeader | undefined;
  /** Where the batches begin. */
  readonly header_end: number;
  readonly batches: readonly FoundBatch[];
  readonly damaged: readonly Damage[];
  /** From here to the end of the file is a write that was cut short before its fsync: never acknowledged. */
  readonly tail_from: number;
}

/** A reference file, which counts as a whole or not at all, so its batches are counted and not listed. */
export interface InspectedReference {
  readonly header: SegmentHeader | undefined;
  readonly bytes: number;
  readonly batches: number;
  readonly records: number;
  readonly rejects: number;
  readonly damaged: readonly Damage[];
}

/**
 * Inspects the bytes of a segment of events.
 *
 * A batch is found from its trailer backwards, so that a damaged one never takes its neighbours along.
 */
export function inspectSegment(bytes: Buffer): Inspected {
  const first_end = bytes.indexOf(10) + 1;
  const header = decodeHeader(bytes.subarray(0, Math.max(first_end - 1, 0)));
  const header_end = header ? first_end : 0;
  const batches = findBatches(bytes, header_end);
  const damaged: Damage[] = [];
  let at = header_end;
  for (const { from, to } of batches) {
    if (from > at) {
      const is_header = at === 0 && !header;
      damaged.push({ from: at, to: from, why: is_header ? 'header' : 'batch' });
    }
    at = to;
  }
  const tail_from = damagedTailEnd(bytes, at);
  if (tail_from > at) damaged.push({ from: at, to: tail_from, why: 'batch' });
  return { header, header_end, batches, damaged, tail_from };
}

/** Inspects a reference file in the memory of one batch. */
export async function inspectReference(path: string): Promise<InspectedReference> {
  const header = decodeHeader(await firstLine(path));
  const damaged: Damage[] = [];
  let bytes = 0;
  let batches = 0;
  let records = 0;
  let rejects = 0;
  let batch: Buffer[] = [];
  let batch_from = 0;
  for await (const line of lines(path)) {
    const line_from = bytes;
    bytes += line.length + 1;
    if (line_from === 0) {
      if (header === undefined) damaged.push({ from: 0, to: bytes, why: 'header' });
      batch_from = bytes;
      continue;
    }
    if (line.subarray(0, trailer_start.length).toString('latin1') !== trailer_start) {
      batch.push(line, line_break);
      continue;
    }
    const trailer = decodeTrailer(line, Buffer.concat(batch));
    if (!trailer) damaged.push({ from: batch_from, to: bytes, why: 'batch' });
    records += trailer?.lines ?? 0;
    rejects += trailer?.rejects ?? 0;
    batches += 1;
    batch = [];
    batch_from = bytes;
  }
  // It has its name since it is whole, so what has no end is damage, and no write that was cut short.
  if (batch.length > 0) damaged.push({ from: batch_from, to: bytes, why: 'upload' });
  return { header, bytes, batches, records, rejects, damaged };
}

/** What a file holds by its first line; where that is damaged, by the record that follows it. */
export async function kindOf(
  path: string,
): Promise<{ kind: SegmentHeader['kind']; header: SegmentHeader | undefined }> {
  const start = await firstBytes(path);
  const header = decodeHeader(start.subarray(0, Math.max(start.indexOf(10), 0)));
  if (header) return { kind: header.kind, header };
  // Rows that were taken for events would be dropped without a word.
  const is_rows = /"segment_position":1,"record":"row"/.test(start.toString('latin1'));
  return { kind: is_rows ? 'reference' : 'events', header };
}

/** The whole batches of a segment's bytes, in order. */
export function findBatches(bytes: Buffer, from: number): FoundBatch[] {
  const found: FoundBatch[] = [];
  let whole_to = from;
  for (const [start, end] of trailerLines(bytes, from)) {
    const line = bytes.subarray(start, end - 1);
    const length = Number(/"bytes":(\d{1,12})/.exec(line.toString('latin1'))?.[1] ?? NaN);
    const first = start - length;
    if (!(first >= whole_to)) continue;
    const trailer = decodeTrailer(line, bytes.subarray(first, start));
    if (!trailer) continue;
    found.push({ from: first, to: end, trailer });
    whole_to = end;
  }
  return found;
}

const line_start = '{"segment_position":';
const sealed_end = /,"crc32":\d+\}/;

/**
 * How far the bytes after the last whole batch are damage. What ends in a trailer was acknowledged, perhaps, and so was
 * what holds a line that no write leaves when it is cut short: one that begins as no record does, or a check sum with
 * something behind it. A write that was cut short is a beginning of what was to be written, or zeros.
 */
function damagedTailEnd(bytes: Buffer, from: number): number {
  let damaged_to = from;
  let at = from;
  while (at < bytes.length) {
    const end = bytes.indexOf(10, at);
    const line = bytes.subarray(at, end < 0 ? bytes.length : end);
    const next = end < 0 ? bytes.length : end + 1;
    if (isDamage(line, end >= 0, at === 0)) damaged_to = next;
    at = next;
  }
  return damaged_to;
}

function isDamage(line: Buffer, has_end: boolean, is_first: boolean): boolean {
  const start = line.toString('latin1', 0, line_start.length);
  const tail = line.toString('latin1', Math.max(line.length - 64, 0));
  const sealed = sealed_end.exec(tail);
  if (has_end && start.startsWith(trailer_start)) return true;
  // The header of a file that holds nothing else was never acknowledged.
  if (is_first) return false;
  if (sealed !== null) return has_end || sealed.index + sealed[0].length < tail.length;
  return has_end && start !== line_start && !isZeros(line);
}

function isZeros(line: Buffer): boolean {
  return line.every((byte) => byte === 0);
}

/** A receipt, the name of a source and a few numbers: what is longer is damage, and is not read over and over. */
const trailer_bytes_max = 4 * 1024;

/** Everything that begins as a trailer does and has a line break soon behind it, as [start, end). */
function* trailerLines(bytes: Buffer, from: number): Generator<[number, number]> {
  let at = from;
  let end = from;
  for (;;) {
    const start = bytes.indexOf(trailer_start, at);
    if (start < 0) return;
    // Several beginnings may have one end, which is looked for once.
    if (end <= start) end = bytes.indexOf(10, start) + 1;
    if (end === 0) return;
    // In somebody's text the quotes would be escaped, so this is a trailer, even where the line break before it is damaged.
    if (end - start <= trailer_bytes_max) yield [start, end];
    at = start + trailer_start.length;
  }
}

const line_break = Buffer.from('\n');
const line_bytes_max = 16 * 1024 * 1024;

async function firstLine(path: string): Promise<Buffer> {
  const start = await firstBytes(path);
  return start.subarray(0, Math.max(start.indexOf(10), 0));
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(4096);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function* lines(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, {
    highWaterMark: 1 << 20,
  }) as AsyncIterable<Buffer>) {
    let from = 0;
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, from)) {
      yield bytes.subarray(from, at);
      from = at + 1;
    }
    rest = bytes.subarray(from);
    // No batch is as long as that, so it is damage, and must not gather in memory.
    if (rest.length > line_bytes_max) {
      yield rest;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield rest;
}
