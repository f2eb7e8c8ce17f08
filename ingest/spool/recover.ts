/** What a start finds in a segment: whole batches are kept, an unacknowledged tail is cut, damage is put aside. */
import { open, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CodedError } from '../../sql/errors.ts';
import { replaceFile, syncDirectory } from '../../sql/files.ts';
import { encodeHeaderBlock, inspectBlocks } from './block-format.ts';
import {
  encodeHeader,
  format_version,
  formOfFile,
  newHeader,
  suffixes,
  type SegmentHeader,
} from './format.ts';
import { inspectSegment, type Damage, type FoundBatch } from './inspect.ts';

export interface Recovered {
  readonly header: SegmentHeader;
  readonly batches: readonly FoundBatch[];
  /** Bytes after the last whole batch that no request was told are safe. */
  readonly cut_bytes: number;
  /** What was whole once, copied to `damaged` under a name that says where it stood. */
  readonly damaged: readonly Damage[];
  readonly damaged_bytes: number;
  /** Bytes of the file as it now is. */
  readonly bytes: number;
}

/**
 * Checks a segment, mends its file, and says what is in it. Where nothing whole is, the file goes.
 *
 * @throws CodedError SPOOL_VERSION_NEWER
 */
export async function recoverSegment(
  path: string,
  damaged_folder: string,
  now: number,
): Promise<Recovered> {
  const bytes = await readFile(path);
  const form = formOfFile(path) ?? 'lines';
  const segment_id = basename(path, suffixes[form]);
  const found = form === 'blocks' ? inspectBlocks(bytes, segment_id) : inspectSegment(bytes);
  const { header, header_end, batches } = found;
  if (header && header.format > format_version) {
    throw new CodedError(
      'SPOOL_VERSION_NEWER',
      `The spool segment ${basename(path)} has format ${header.format}; this version knows ${format_version}. Start the newer version.`,
    );
  }
  const kept_to = batches.at(-1)?.to ?? header_end;
  const damaged_bytes = found.damaged.reduce((sum, { from, to }) => sum + to - from, 0);
  const cut_bytes = bytes.length - found.tail_from;
  const kept_header: SegmentHeader = {
    ...(header ?? { ...newHeader(0, now), segment_id }),
    ...(found.damaged.length > 0 && { is_mended: true }),
  };
  const found_all = { batches, cut_bytes, damaged: found.damaged, damaged_bytes };
  for (const damage of found.damaged) {
    const part = bytes.subarray(damage.from, damage.to);
    await replaceFile(join(damaged_folder, damagedName(basename(path), damage, part)), part);
  }
  if (batches.length === 0) {
    await unlink(path);
    await syncDirectory(dirname(path));
    return { header: kept_header, ...found_all, bytes: 0 };
  }
  if (damaged_bytes > 0) {
    const whole = batches.map(({ from, to }) => bytes.subarray(from, to));
    const mended = Buffer.concat([
      form === 'blocks' ? encodeHeaderBlock(kept_header) : encodeHeader(kept_header),
      ...whole,
    ]);
    await replaceFile(path, mended);
    return { header: kept_header, ...found_all, bytes: mended.length };
  }
  if (cut_bytes > 0) await truncateFile(path, kept_to);
  return { header: kept_header, ...found_all, bytes: kept_to };
}

/** The check sum keeps two pieces apart that stood in the same place, the second after a first was mended. */
function damagedName(name: string, { from, to, why }: Damage, part: Buffer): string {
  return `${name}.${from}-${to}.${why}.${crc32(part).toString(16).padStart(8, '0')}`;
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
