/** Goes through all that an earlier process left in the spool, oldest first. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CodedError } from '../../sql/errors.ts';
import type { Logger } from '../../sql/log.ts';
import { moveFile, removeFile } from '../../sql/files.ts';
import { format_version, formOfFile } from './format.ts';
import { inspectReference, kindOf, type Damage } from './inspect.ts';
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

export function noCounts(): RecoveryCounts {
  return { segments: 0, batches: 0, cut_bytes: 0, damaged_bytes: 0, unfinished_uploads: 0 };
}

/** @throws CodedError SPOOL_VERSION_NEWER, before anything is changed that the newer version wrote */
export async function recoverSpool(
  folder: string,
  damaged_folder: string,
  now: number,
  log: Logger,
): Promise<{ segments: ClosedSegment[]; next_number: number; counts: RecoveryCounts }> {
  const names = (await readdir(folder)).sort();
  const counts = noCounts();
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
  for (const name of names.filter((each) => formOfFile(each))) {
    const segment = await recoverFile(join(folder, name), damaged_folder, now, counts, log);
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

/**
 * Checks one segment, mends its file, and adds to `counts` what it found; undefined when nothing whole is in it.
 *
 * @throws CodedError SPOOL_VERSION_NEWER
 */
export async function recoverFile(
  path: string,
  damaged_folder: string,
  now: number,
  counts: RecoveryCounts,
  log: Logger,
): Promise<ClosedSegment | undefined> {
  return formOfFile(path) === 'lines' && (await isReference(path))
    ? recoverReference(path, damaged_folder, basename(path), counts, log)
    : recoverEvents(path, damaged_folder, now, counts, log);
}

async function recoverEvents(
  path: string,
  damaged_folder: string,
  now: number,
  counts: RecoveryCounts,
  log: Logger,
): Promise<ClosedSegment | undefined> {
  const found = await recoverSegment(path, damaged_folder, now);
  nameDamage(basename(path), found.damaged, log);
  counts.batches += found.batches.length;
  counts.cut_bytes += found.cut_bytes;
  counts.damaged_bytes += found.damaged_bytes;
  if (found.batches.length === 0) return undefined;
  return {
    header: found.header,
    path,
    form: formOfFile(path) ?? 'lines',
    bytes: found.bytes,
    digest: undefined,
    records: found.batches.reduce((sum, { trailer }) => sum + trailer.lines, 0),
    rejects: found.batches.reduce((sum, { trailer }) => sum + trailer.rejects, 0),
    receipts: new Map(found.batches.map(({ trailer }) => [trailer.receipt, trailer.source])),
    created_at: found.header.created_at,
    is_recovered: true,
  };
}

function nameDamage(segment: string, damaged: readonly Damage[], log: Logger): void {
  for (const { from, to, why } of damaged) {
    log.error(
      { code: 'SPOOL_DAMAGED', segment, from, to, why },
      'a part of a spool segment is damaged, and put aside in spool/damaged',
    );
  }
}

/** A reference file is loaded as a whole or not at all: in full mode a missing row would end somebody's record. */
async function recoverReference(
  path: string,
  damaged_folder: string,
  name: string,
  counts: RecoveryCounts,
  log: Logger,
): Promise<ClosedSegment | undefined> {
  const { header, bytes, records, rejects, batches, damaged } = await inspectReference(path);
  counts.batches += batches;
  if (!header?.reference || damaged.length > 0) {
    nameDamage(name, damaged, log);
    await moveFile(path, join(damaged_folder, name));
    counts.damaged_bytes += bytes;
    return undefined;
  }
  return {
    header,
    path,
    form: 'lines',
    bytes,
    digest: undefined,
    records,
    rejects,
    receipts: new Map([[header.reference.receipt, header.reference.source]]),
    created_at: header.created_at,
    is_recovered: true,
  };
}

async function isReference(path: string): Promise<boolean> {
  const { kind, header } = await kindOf(path);
  if (header && header.format > format_version) {
    throw new CodedError(
      'SPOOL_VERSION_NEWER',
      `A spool segment has format ${header.format}; this version knows ${format_version}. Start the newer version.`,
    );
  }
  return kind === 'reference';
}
