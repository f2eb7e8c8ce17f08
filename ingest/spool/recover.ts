/** What a start finds in a segment: whole batches are kept, an unacknowledged tail is cut, damage is put aside. */
import { open, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '../../sql/errors.ts';
import { replaceFile, syncDirectory } from './files.ts';
import {
  decodeHeader,
  decodeTrailer,
  encodeHeader,
  format_version,
  newHeader,
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

export interface Recovered {
  readonly header: SegmentHeader;
  readonly batches: readonly FoundBatch[];
  /** Bytes after the last whole batch that no request was told are safe. */
  readonly cut_bytes: number;
  /** Bytes that were whole once, moved to `damaged`. */
  readonly damaged_bytes: number;
  /** Bytes of the file as it now is. */
  readonly bytes: number;
}

/**
 * Checks a segment, mends its file, and says what is in it; undefined when nothing whole is.
 *
 * A batch is found from its trailer backwards, so that a damaged one never takes its neighbours along.
 *
 * @throws CodedError SPOOL_VERSION_NEWER
 */
export async function recoverSegment(
  path: string,
  damaged_folder: string,
  now: number,
): Promise<Recovered | undefined> {
  const bytes = await readFile(path);
  const header_end = bytes.indexOf(10) + 1;
  const header = decodeHeader(bytes.subarray(0, Math.max(header_end - 1, 0)));
  if (header && header.format > format_version) {
    throw new CodedError(
      'SPOOL_VERSION_NEWER',
      `The spool segment ${basename(path)} has format ${header.format}; this version knows ${format_version}. Start the newer version.`,
    );
  }
  const batches = findBatches(bytes, header ? header_end : 0);
  const kept_to = batches.at(-1)?.to ?? (header ? header_end : 0);
  // What ends in a trailer was acknowledged, perhaps; what does not never was.
  const last_trailer = lastTrailerEnd(bytes, kept_to);
  const damaged: Buffer[] = header ? [] : [bytes.subarray(0, batches[0]?.from ?? 0)];
  let at = header ? header_end : (batches[0]?.from ?? 0);
  for (const batch of batches) {
    if (batch.from > at) damaged.push(bytes.subarray(at, batch.from));
    at = batch.to;
  }
  if (last_trailer > kept_to) damaged.push(bytes.subarray(kept_to, last_trailer));
  const damaged_bytes = damaged.reduce((sum, part) => sum + part.length, 0);
  const cut_bytes = bytes.length - Math.max(kept_to, last_trailer);
  if (damaged_bytes > 0) {
    await replaceFile(
      join(damaged_folder, `${basename(path)}.${bytes.length}`),
      Buffer.concat(damaged),
    );
  }
  if (batches.length === 0) {
    await unlink(path);
    await syncDirectory(dirname(path));
    return damaged_bytes + cut_bytes > 0 && header
      ? { header, batches, cut_bytes, damaged_bytes, bytes: 0 }
      : undefined;
  }
  const kept_header = header ?? { ...newHeader(0, now), segment_id: basename(path, '.ndjson') };
  if (damaged_bytes > 0) {
    const whole = batches.map(({ from, to }) => bytes.subarray(from, to));
    const mended = Buffer.concat([encodeHeader(kept_header), ...whole]);
    await replaceFile(path, mended);
    return { header: kept_header, batches, cut_bytes, damaged_bytes, bytes: mended.length };
  }
  if (cut_bytes > 0) await truncateFile(path, kept_to);
  return { header: kept_header, batches, cut_bytes, damaged_bytes, bytes: kept_to };
}

/** Cuts a file to its first `length` bytes, for good. */
export async function truncateFile(path: string, length: number): Promise<void> {
  const file: FileHandle = await open(path, 'r+');
  try {
    await file.truncate(length);
    await file.sync();
  } finally {
    await file.close();
  }
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

function lastTrailerEnd(bytes: Buffer, from: number): number {
  let last = from;
  for (const [, end] of trailerLines(bytes, from)) last = end;
  return last;
}

/** Every line that begins as a trailer does and has an end, as [start, end). */
function* trailerLines(bytes: Buffer, from: number): Generator<[number, number]> {
  let at = from;
  for (;;) {
    const start = bytes.indexOf(trailer_start, at);
    if (start < 0) return;
    const end = bytes.indexOf(10, start) + 1;
    if (end === 0) return;
    // Within a line it is somebody's text, not a trailer; JSON has no raw line break, so a line's start is certain.
    if (start === from || bytes[start - 1] === 10) yield [start, end];
    at = start + trailer_start.length;
  }
}
