/** Goes through all that an earlier process left in the spool, oldest first. */
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../sql/errors.ts';
import type { Logger } from '../../sql/log.ts';
import { moveFile, removeFile } from './files.ts';
import { decodeHeader, decodeTrailer, format_version, trailer_start } from './format.ts';
import { recoverSegment } from './recover.ts';
import type { ClosedSegment } from './segment-file.ts';

/** What a start found: batches that are whole, bytes of tails that were cut, bytes and files put aside. */
export interface RecoveryCounts {
  segments: number;
  batches: number;
  cut_bytes: number;
  damaged_bytes: number;
  unfinished_uploads: number;
}

/** @throws CodedError SPOOL_VERSION_NEWER, before anything is changed that the newer version wrote */
export async function recoverSpool(
  folder: string,
  damaged_folder: string,
  now: number,
  log: Logger,
): Promise<{ segments: ClosedSegment[]; next_number: number; counts: RecoveryCounts }> {
  const names = (await readdir(folder)).sort();
  const counts: RecoveryCounts = {
    segments: 0,
    batches: 0,
    cut_bytes: 0,
    damaged_bytes: 0,
    unfinished_uploads: 0,
  };
  const segments: ClosedSegment[] = [];
  let number_max = 0;
  for (const name of [...names, ...(await readdir(damaged_folder))]) {
    number_max = Math.max(number_max, Number(/^(\d{12})-/.exec(name)?.[1] ?? 0));
  }
  for (const name of names.filter((each) => /\.(part|building)$/.test(each))) {
    // Never acknowledged: an upload becomes a segment by its last rename, and a mended file by its own.
    await removeFile(join(folder, name));
    counts.unfinished_uploads += 1;
  }
  for (const name of names.filter((each) => each.endsWith('.ndjson'))) {
    const path = join(folder, name);
    const segment = (await isReference(path))
      ? await recoverReference(path, damaged_folder, name, counts)
      : await recoverEvents(path, damaged_folder, now, counts);
    if (segment) segments.push(segment);
  }
  counts.segments = segments.length;
  if (Object.values(counts).some((count) => count > 0))
    log.info(counts, 'the spool of an earlier process is in order');
  if (counts.damaged_bytes > 0) {
    log.error(
      { code: 'SPOOL_DAMAGED', damaged_bytes: counts.damaged_bytes },
      'damaged batches are in spool/damaged',
    );
  }
  return { segments, next_number: number_max + 1, counts };
}

async function recoverEvents(
  path: string,
  damaged_folder: string,
  now: number,
  counts: RecoveryCounts,
): Promise<ClosedSegment | undefined> {
  const found = await recoverSegment(path, damaged_folder, now);
  if (!found) return undefined;
  counts.batches += found.batches.length;
  counts.cut_bytes += found.cut_bytes;
  counts.damaged_bytes += found.damaged_bytes;
  if (found.batches.length === 0) return undefined;
  return {
    header: found.header,
    path,
    bytes: found.bytes,
    digest: undefined,
    records: found.batches.reduce((sum, { trailer }) => sum + trailer.lines, 0),
    rejects: found.batches.reduce((sum, { trailer }) => sum + trailer.rejects, 0),
    receipts: new Map(found.batches.map(({ trailer }) => [trailer.receipt, trailer.source])),
    created_at: found.header.created_at,
    is_recovered: true,
  };
}

/** A reference file is loaded as a whole or not at all: in full mode a missing row would end somebody's record. */
async function recoverReference(
  path: string,
  damaged_folder: string,
  name: string,
  counts: RecoveryCounts,
): Promise<ClosedSegment | undefined> {
  const header = decodeHeader(await firstLine(path));
  let bytes = 0;
  let records = 0;
  let rejects = 0;
  let is_whole = header !== undefined;
  let batch: Buffer[] = [];
  let is_first = true;
  for await (const line of lines(path)) {
    bytes += line.length + 1;
    if (is_first) is_first = false;
    else if (line.subarray(0, trailer_start.length).toString('latin1') === trailer_start) {
      const trailer = decodeTrailer(line, Buffer.concat(batch));
      if (!trailer) is_whole = false;
      records += trailer?.lines ?? 0;
      rejects += trailer?.rejects ?? 0;
      counts.batches += 1;
      batch = [];
    } else batch.push(line, line_break);
  }
  if (!header?.reference || !is_whole || batch.length > 0) {
    await moveFile(path, join(damaged_folder, name));
    counts.damaged_bytes += bytes;
    return undefined;
  }
  return {
    header,
    path,
    bytes,
    digest: undefined,
    records,
    rejects,
    receipts: new Map([[header.reference.receipt, header.reference.source]]),
    created_at: header.created_at,
    is_recovered: true,
  };
}

const line_break = Buffer.from('\n');

async function isReference(path: string): Promise<boolean> {
  const header = decodeHeader(await firstLine(path));
  if (header && header.format > format_version) {
    throw new CodedError(
      'SPOOL_VERSION_NEWER',
      `A spool segment has format ${header.format}; this version knows ${format_version}. Start the newer version.`,
    );
  }
  return header?.kind === 'reference';
}

async function firstLine(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(4096);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(10);
    return buffer.subarray(0, Math.max(end, 0));
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
  }
  if (rest.length > 0) yield rest;
}
