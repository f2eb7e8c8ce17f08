/** One segment being written: its file, how far it is safe, and what is in it. */
import { createHash } from 'node:crypto';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../../sql/files.ts';
import { encodeBlockBatch, encodeHeaderBlock } from './block-format.ts';
import {
  encodeBatch,
  encodeHeader,
  recordsOf,
  suffixes,
  type Batch,
  type Form,
  type SegmentHeader,
} from './format.ts';

/** Names a step of the spool or the loader. A test makes one of them fail by throwing here. */
export type FaultPoint = (step: string) => void;

/** A segment that takes no more lines, and waits to be loaded. */
export interface ClosedSegment {
  readonly header: SegmentHeader;
  readonly path: string;
  readonly form: Form;
  readonly bytes: number;
  /** SHA-256 of the file, hex; undefined for a segment that an earlier process wrote. */
  readonly digest: string | undefined;
  /** Lines of its batches, and how many refusals came with them (those of a reference file are spooled elsewhere). */
  readonly records: number;
  readonly rejects: number;
  /** Receipts with lines in it, each with its source. */
  readonly receipts: ReadonlyMap<string, string>;
  /** When its first byte was written, epoch milliseconds. */
  readonly created_at: number;
  readonly is_recovered: boolean;
}

/** A segment open for appending, by one writer. */
export interface SegmentFile {
  readonly header: SegmentHeader;
  readonly path: string;
  /** Bytes known to be on disk. */
  safe_bytes(): number;
  /** Bytes written, safe or not. */
  bytes(): number;
  /** Writes batches at the end. They are safe once `sync` has returned, and not before. */
  write(batches: readonly Batch[]): Promise<void>;
  sync(): Promise<void>;
  /** Closes the file; with a new name it takes that, for good. */
  close(path?: string): Promise<ClosedSegment>;
  /** Closes and removes the file: nobody was told that it is safe. */
  discard(): Promise<void>;
  /** Closes the file, whatever state it is in. What is safe of it stays. */
  abandon(): Promise<void>;
}

/** Creates a segment file in `folder`, and its header; the caller syncs before it acknowledges anything. */
export async function createSegmentFile(
  folder: string,
  header: SegmentHeader,
  form: Form,
  fault: FaultPoint,
  suffix = suffixes[form],
): Promise<SegmentFile> {
  const path = join(folder, `${header.segment_id}${suffix}`);
  const file: FileHandle = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  const receipts = new Map<string, string>();
  let written = 0;
  let safe = 0;
  let position = 1;
  let records = 0;
  let rejects = 0;
  let is_in_directory = false;
  try {
    await put([form === 'blocks' ? encodeHeaderBlock(header) : encodeHeader(header)]);
  } catch (error) {
    // Nothing was acknowledged of it. Where even this fails, the next start finds an empty file, and removes it.
    await file.close();
    await unlink(path);
    throw error;
  }

  async function put(buffers: readonly Buffer[]): Promise<void> {
    fault('spool.write');
    const length = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const { bytesWritten } = await file.writev(buffers, written);
    // A disk that is all but full takes a part; the rest is tried on its own, and then says why it fails.
    for (let at = bytesWritten; at < length;) {
      const rest = Buffer.concat(buffers).subarray(at);
      at += (await file.write(rest, 0, rest.length, written + at)).bytesWritten;
    }
    for (const buffer of buffers) hash.update(buffer);
    written += length;
  }

  return {
    header,
    path,
    safe_bytes: () => safe,
    bytes: () => written,
    async write(batches) {
      const encoded: Buffer[] = [];
      for (const batch of batches) {
        if ('block' in batch) encoded.push(...encodeBlockBatch(batch, header.segment_id, position));
        else encoded.push(...encodeBatch(batch, position));
        position += recordsOf(batch);
        records += recordsOf(batch);
        rejects += batch.rejects;
        receipts.set(batch.receipt, batch.source);
      }
      // Many small pieces are cheaper to copy than to hand over one by one; large ones are not copied.
      await put(encoded.length > 64 ? [Buffer.concat(encoded)] : encoded);
    },
    async sync() {
      const upto = written;
      fault('spool.sync');
      await file.datasync();
      if (!is_in_directory) await syncDirectory(folder);
      is_in_directory = true;
      safe = upto;
    },
    async close(renamed) {
      await file.close();
      if (renamed !== undefined) {
        await rename(path, renamed);
        await syncDirectory(dirname(renamed));
      }
      return {
        header,
        path: renamed ?? path,
        form,
        bytes: written,
        digest: hash.digest('hex'),
        records,
        rejects,
        receipts,
        created_at: header.created_at,
        is_recovered: false,
      };
    },
    async discard() {
      await file.close();
      await unlink(path);
      await syncDirectory(folder);
    },
    abandon: () => file.close(),
  };
}
