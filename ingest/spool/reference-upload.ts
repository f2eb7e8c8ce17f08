/** A reference file on its way in: a segment of its own, which counts as a whole or not at all. */
import { RequestRefused } from '../codes.ts';
import type { Batch } from './format.ts';
import type { ClosedSegment, SegmentFile } from './segment-file.ts';

export interface ReferenceUpload {
  append(batch: Batch): Promise<void>;
  /** Returns once the file is safe. Nothing of it is loaded before. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** What the spool gives to an upload, and gets from it. */
export interface UploadHost {
  readonly path: string;
  waitForRoom(): Promise<void>;
  /** Bytes that the upload takes up from now on, or gives back. */
  takeUp(bytes: number): void;
  committed(segment: ClosedSegment): void;
}

/** Batches are written one after the other, in the order in which they were given. */
export function createReferenceUpload(file: SegmentFile, host: UploadHost): ReferenceUpload {
  let counted = 0;
  let last: Promise<void> = Promise.resolve();

  async function write(batch: Batch): Promise<void> {
    await file.write([batch]).catch(uploadFailed);
    host.takeUp(file.bytes() - counted);
    counted = file.bytes();
  }

  return {
    async append(batch) {
      const before = last;
      last = host.waitForRoom().then(async () => {
        await before;
        await write(batch);
      });
      // A failure reaches this caller, and every later one through `before`.
      last.catch(() => {});
      return last;
    },
    async commit() {
      await last;
      const segment = await file
        .sync()
        .then(() => file.close(host.path))
        .catch(uploadFailed);
      host.takeUp(-counted);
      host.committed(segment);
    },
    async discard() {
      // What is being written has to end first; how it ends does not matter any more.
      await last.catch(() => {});
      host.takeUp(-counted);
      await file.discard();
    },
  };
}

export function uploadFailed(cause: unknown): never {
  throw new RequestRefused('SPOOL_FAILED', 'The disk did not take the data. Send again later.', {
    cause,
  });
}
