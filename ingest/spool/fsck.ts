/** Says what is in a spool, by the same rules as a start, and changes nothing. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { format_version, formOfFile, suffixes, type SegmentHeader } from './format.ts';
import { decodeHeaderBlock, inspectBlocks } from './block-format.ts';
import { inspectReference, inspectSegment, kindOf, type Damage } from './inspect.ts';

/** What one segment file holds. Lengths in bytes, instants in epoch milliseconds. */
export interface SegmentReport {
  readonly name: string;
  /** That of the header, or of the file's name where the header is damaged. */
  readonly segment_id: string;
  readonly kind: 'events' | 'reference';
  /** The reference dataset; `access_events` for events. */
  readonly dataset: string;
  readonly format: number | null;
  readonly bytes: number;
  readonly created_at: number | null;
  readonly batches: number;
  /** Lines of whole batches: events, messages and refusals, or rows. */
  readonly lines: number;
  readonly events: number;
  readonly rejects: number;
  readonly receipts: number;
  readonly damage: readonly { offset: number; length: number; why: Damage['why'] }[];
  /** Bytes at the end that were cut short before their fsync, or are being written. */
  readonly tail_bytes: number;
  /** `newer` is of a version that this one does not know, and was not read. */
  readonly state: 'whole' | 'damaged' | 'newer';
}

export interface SpoolReport {
  readonly segments: readonly SegmentReport[];
  /** Uploads under way or cut short; a start removes them. */
  readonly unfinished: readonly { name: string; bytes: number }[];
  /** What earlier starts and loads put aside. */
  readonly put_aside: readonly { name: string; bytes: number }[];
}

/**
 * Inspects `folder`. Time is linear in its bytes; memory is that of one segment of events, or of one batch of an upload.
 *
 * A segment that the loader removes meanwhile is left out. In a spool that is in use the last one may be growing.
 */
export async function inspectSpool(
  folder: string,
  progress: (name: string) => void = () => {},
): Promise<SpoolReport> {
  const segments: SegmentReport[] = [];
  const unfinished: { name: string; bytes: number }[] = [];
  for (const name of await fileNames(folder)) {
    const path = join(folder, name);
    try {
      if (formOfFile(name)) {
        progress(name);
        segments.push(await inspectFile(path, name));
      } else if (/\.(part|building)$/.test(name)) {
        unfinished.push({ name, bytes: (await stat(path)).size });
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  const put_aside: { name: string; bytes: number }[] = [];
  for (const name of await fileNames(join(folder, 'damaged'))) {
    put_aside.push({ name, bytes: (await stat(join(folder, 'damaged', name))).size });
  }
  return { segments, unfinished, put_aside };
}

async function inspectFile(path: string, name: string): Promise<SegmentReport> {
  const form = formOfFile(name) ?? 'lines';
  const { kind, header } = form === 'blocks' ? await kindOfBlocks(path) : await kindOf(path);
  const common = {
    name,
    segment_id: header?.segment_id ?? basename(name, suffixes[form]),
    kind,
    dataset: kind === 'events' ? 'access_events' : (header?.reference?.dataset ?? ''),
    format: header?.format ?? null,
    created_at: header?.created_at ?? null,
  };
  if (header && header.format > format_version) {
    const { size: bytes } = await stat(path);
    return { ...common, ...nothing, bytes, state: 'newer' };
  }
  if (kind === 'reference') {
    const found = await inspectReference(path);
    const { bytes, batches, records, rejects } = found;
    const damage = found.damaged.map(asReported);
    const state = damage.length > 0 ? 'damaged' : 'whole';
    const counts = { batches, lines: records, events: 0, rejects, receipts: 1 };
    return { ...common, ...counts, bytes, damage, tail_bytes: 0, state };
  }
  const bytes = await readFile(path);
  const found = form === 'blocks' ? inspectBlocks(bytes, common.segment_id) : inspectSegment(bytes);
  const damage = found.damaged.map(asReported);
  const sum = (of: 'lines' | 'rejects') =>
    found.batches.reduce((total, { trailer }) => total + trailer[of], 0);
  return {
    ...common,
    bytes: bytes.length,
    batches: found.batches.length,
    lines: sum('lines'),
    // A block holds events alone.
    events:
      form === 'blocks'
        ? sum('lines')
        : found.batches.reduce(
            (total, { from, to }) => total + countLines(bytes.subarray(from, to), 'event'),
            0,
          ),
    rejects: sum('rejects'),
    receipts: new Set(found.batches.map(({ trailer }) => trailer.receipt)).size,
    damage,
    tail_bytes: bytes.length - found.tail_from,
    state: damage.length > 0 ? 'damaged' : 'whole',
  };
}

async function kindOfBlocks(
  path: string,
): Promise<{ kind: 'events'; header: SegmentHeader | undefined }> {
  return { kind: 'events', header: decodeHeaderBlock(await readFile(path))?.header };
}

const nothing = {
  batches: 0,
  lines: 0,
  events: 0,
  rejects: 0,
  receipts: 0,
  damage: [],
  tail_bytes: 0,
} as const;

function asReported({ from, to, why }: Damage): SegmentReport['damage'][number] {
  return { offset: from, length: to - from, why };
}

/** Lines of one kind; the word stands right behind the position, which is ours, so no text of a sender counts. */
function countLines(batch: Buffer, record: string): number {
  const word = `,"record":"${record}"`;
  let count = 0;
  for (let at = 0; at < batch.length; at = batch.indexOf(10, at) + 1) {
    const start = batch.toString('latin1', at, at + 60);
    if (start.indexOf(word) === start.indexOf(',') && start.includes(word)) count += 1;
    if (batch.indexOf(10, at) < 0) break;
  }
  return count;
}

async function fileNames(folder: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
