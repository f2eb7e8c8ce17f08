/** The spool: what is acknowledged is on disk here until ClickHouse has it. One writer, one sequence of segments. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../sql/clock.ts';
import type { Logger } from '../../sql/log.ts';
import { messageOf } from '../../sql/errors.ts';
import { RequestRefused } from '../codes.ts';
import type { IngestLimits } from '../limits.ts';
import { createChangeSignal } from './change-signal.ts';
import { createClosedSegments, type ClosedSegments } from './closed-segments.ts';
import { createDiskRoom } from './disk-room.ts';
import { removeFile, replaceFile, syncDirectory } from '../../sql/files.ts';
import {
  bytesOf,
  formOf,
  newHeader,
  type Batch,
  type Form,
  type ReferenceHeader,
} from './format.ts';
import { createReferenceUpload, uploadFailed, type ReferenceUpload } from './reference-upload.ts';
import { createPendingReceipts, type PendingReceipts } from './receipts.ts';
import { truncateFile } from './recover.ts';
import { recoverSpool, type RecoveryCounts } from './recover-spool.ts';
import {
  createSegmentFile,
  type ClosedSegment,
  type FaultPoint,
  type SegmentFile,
} from './segment-file.ts';

export interface SpoolStatus {
  readonly bytes: number;
  readonly segments: number;
  /** When the oldest line that is not loaded was written, epoch milliseconds; undefined when there is none. */
  readonly oldest_at: number | undefined;
  /** Why the disk does not take data; empty while it does. */
  readonly failing: string;
  readonly recovery: RecoveryCounts;
}

export interface Spool extends Pick<ClosedSegments, 'find' | 'recheck' | 'remove'> {
  readonly receipts: PendingReceipts;
  /**
   * Returns once the batch is on disk.
   *
   * @param room_wait_ms how long to wait for room when the spool is full
   * @throws RequestRefused SPOOL_FULL, SPOOL_FAILED, SERVICE_STOPPING
   */
  append(batch: Batch, room_wait_ms: number): Promise<void>;
  beginReference(reference: ReferenceHeader): Promise<ReferenceUpload>;
  /** The oldest segment to load, which stays first until it is removed; undefined once `signal` is aborted. */
  next(signal: AbortSignal): Promise<ClosedSegment | undefined>;
  status(): SpoolStatus;
  /** Why nothing is taken at this moment; empty while something is. */
  problem(): Promise<string>;
  /** Finishes what is being written, and takes no more. */
  close(): Promise<void>;
}

interface OpenSegment {
  readonly file: SegmentFile;
  readonly opened_at_ms: number;
  /** Receipts that it holds. */
  readonly held: Set<string>;
}

interface Waiting {
  readonly batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens the spool in `folder`, and puts in order what an earlier process left there.
 *
 * @throws CodedError SPOOL_VERSION_NEWER
 */
export async function openSpool(options: {
  readonly folder: string;
  readonly limits: IngestLimits;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fault: FaultPoint;
}): Promise<Spool> {
  const { folder, limits, clock, log, fault } = options;
  const damaged_folder = join(folder, 'damaged');
  await mkdir(damaged_folder, { recursive: true, mode: 0o700 });
  // The whole way down to the first segment has to be there after a power cut.
  for (const each of [folder, dirname(folder), dirname(dirname(folder))]) await syncDirectory(each);
  const recovered = await recoverSpool(folder, damaged_folder, clock.now(), log);
  const receipts = createPendingReceipts();
  const queue: Waiting[] = [];
  /** Segments whose last write failed, with how much of each is safe: mended before anything else is written. */
  const unmended: { file: SegmentFile; safe_bytes: number }[] = [];
  let next_number = recovered.next_number;
  /** At most one open segment of each form, in the order in which they were opened. */
  const open = new Map<Form, OpenSegment>();
  let is_committing = false;
  /** Segments are closed that were opened before this moment. */
  let close_opened_before_ms = -Infinity;
  let is_mend_wanted = false;
  let is_stopping = false;
  let failing = '';
  let upload_bytes = 0;
  const changes = createChangeSignal();
  const disk = createDiskRoom(folder, limits);
  const closed = createClosedSegments(recovered.segments, {
    damaged_folder,
    recheck_after_ms: limits.recheck_after_ms,
    counts: recovered.counts,
    receipts,
    changes,
    clock,
    log,
    fault,
  });

  for (const segment of recovered.segments) {
    for (const [receipt, source] of segment.receipts) receipts.hold(receipt, source);
  }

  const bytes = () =>
    [...open.values()].reduce((sum, { file }) => sum + file.bytes(), upload_bytes + closed.bytes());

  async function waitForRoom(ms: number): Promise<void> {
    const shortage = await disk.shortage();
    // The sender is told at once: a disk that something else fills does not empty itself.
    if (shortage !== '') throw new RequestRefused('SPOOL_FULL', `${shortage} Send again later.`);
    const until = performance.now() + ms;
    while (bytes() >= limits.spool_bytes_max) {
      const left = until - performance.now();
      if (left <= 0 || is_stopping) {
        throw new RequestRefused(
          'SPOOL_FULL',
          'The spool is full until ClickHouse has taken more. Send again later.',
        );
      }
      await changes.next(left);
    }
  }

  function startCommitting(): void {
    if (is_committing) return;
    is_committing = true;
    // The requests that arrived in the same turn of the event loop share the first write.
    setImmediate(() => void commitAll());
  }

  async function commitAll(): Promise<void> {
    while (queue.length > 0 || dueToClose().length > 0 || is_mend_wanted) {
      const taken = takeBatches();
      try {
        if (is_mend_wanted) {
          await mend();
          await probe();
          failing = '';
        }
        for (const form of dueToClose()) await closeOpen(form);
        if (taken.length === 0) continue;
        await commit(taken.map(({ batch }) => batch));
        failing = '';
        for (const { resolve } of taken) resolve();
      } catch (error) {
        failing = messageOf(error);
        log.error({ code: 'SPOOL_FAILED', detail: failing }, 'the spool could not be written');
        for (const form of [...open.keys()]) abandonOpen(form);
        mendLater();
        const refused = new RequestRefused(
          'SPOOL_FAILED',
          'The disk did not take the data. Send again later.',
          { cause: error },
        );
        for (const { reject } of taken) reject(refused);
      }
      changes.notify();
    }
    is_committing = false;
  }

  function takeBatches(): Waiting[] {
    let length = 0;
    let count = 0;
    while (count < queue.length && length < limits.commit_bytes_max) {
      length += bytesOf((queue[count] as Waiting).batch);
      count += 1;
    }
    return queue.splice(0, count);
  }

  async function commit(batches: readonly Batch[]): Promise<void> {
    await mend();
    const of_form = new Map<Form, Batch[]>();
    for (const batch of batches) {
      const form = formOf(batch);
      const same = of_form.get(form);
      if (same) same.push(batch);
      else of_form.set(form, [batch]);
    }
    for (const [form, group] of of_form) {
      const { file } = open.get(form) ?? (await openSegment(form));
      await file.write(group);
    }
    await Promise.all([...of_form.keys()].map((form) => open.get(form)?.file.sync()));
    for (const [form, group] of of_form) {
      const held = (open.get(form) as OpenSegment).held;
      for (const { receipt, source } of group) {
        if (held.has(receipt)) continue;
        held.add(receipt);
        receipts.hold(receipt, source);
      }
    }
  }

  async function openSegment(form: Form): Promise<OpenSegment> {
    const header = newHeader(next_number++, clock.now());
    const file = await createSegmentFile(folder, header, form, fault);
    const segment = { file, opened_at_ms: performance.now(), held: new Set<string>() };
    open.set(form, segment);
    return segment;
  }

  /** Forms whose open segment is large enough, or wanted by the loader. */
  function dueToClose(): Form[] {
    return [...open]
      .filter(
        ([form, { file, opened_at_ms }]) =>
          opened_at_ms <= close_opened_before_ms || file.bytes() >= segmentBytesMax(form),
      )
      .map(([form]) => form);
  }

  function segmentBytesMax(form: Form): number {
    return form === 'blocks' ? limits.block_segment_bytes_max : limits.segment_bytes_max;
  }

  async function closeOpen(form: Form): Promise<void> {
    const segment = open.get(form);
    if (!segment) return;
    // Where this fails the segment is still open to `abandonOpen`, so what is safe of it is not forgotten.
    const done = await segment.file.close();
    open.delete(form);
    closed.add(done, true);
  }

  /** After a failed write or fsync nothing past the last good fsync is trusted, whatever the file seems to hold. */
  function abandonOpen(form: Form): void {
    const segment = open.get(form);
    if (!segment) return;
    unmended.push({ file: segment.file, safe_bytes: segment.file.safe_bytes() });
    open.delete(form);
  }

  /**
   * What is safe in a segment that failed must be loaded, even if nobody sends anything more; and a disk that takes data
   * again has to be found out about, since a balancer sends nothing to a service that is not ready.
   */
  function mendLater(): void {
    if (is_stopping) return;
    setTimeout(() => {
      is_mend_wanted = unmended.length > 0 || failing !== '';
      if (is_mend_wanted) startCommitting();
    }, limits.mend_pause_ms).unref();
  }

  /** Cutting a file works on a full disk, so only a write that reached it says that it takes data. */
  async function probe(): Promise<void> {
    if (failing === '') return;
    fault('spool.write');
    const path = join(folder, 'probe');
    await replaceFile(path, Buffer.alloc(limits.batch_bytes_max));
    fault('spool.sync');
    await removeFile(path);
  }

  async function mend(): Promise<void> {
    is_mend_wanted = false;
    for (let first = unmended[0]; first; first = unmended[0]) {
      const { file, safe_bytes } = first;
      if (safe_bytes > 0) await truncateFile(file.path, safe_bytes);
      const segment = await file.close();
      unmended.shift();
      if (safe_bytes > 0) closed.add({ ...segment, bytes: safe_bytes, digest: undefined }, false);
      else await removeFile(file.path);
      changes.notify();
    }
  }

  return {
    receipts,
    async append(batch, room_wait_ms) {
      if (is_stopping) throw stopping();
      if (bytes() >= limits.spool_bytes_max || disk.isDue()) await waitForRoom(room_wait_ms);
      await new Promise<void>((resolve, reject) => {
        queue.push({ batch, resolve, reject });
        startCommitting();
      });
    },
    async beginReference(reference) {
      if (is_stopping) throw stopping();
      const header = newHeader(next_number++, clock.now(), reference);
      const file = await createSegmentFile(folder, header, 'lines', fault, '.part').catch(
        uploadFailed,
      );
      return createReferenceUpload(file, {
        path: join(folder, `${header.segment_id}.ndjson`),
        waitForRoom: () => waitForRoom(limits.room_wait_ms_max),
        takeUp(taken) {
          upload_bytes += taken;
          changes.notify();
        },
        committed(segment) {
          receipts.hold(reference.receipt, reference.source);
          closed.add(segment, true);
        },
      });
    },
    async next(signal) {
      signal.addEventListener('abort', changes.notify, { once: true });
      try {
        while (!signal.aborted) {
          const waiting = [...open.values()].find(({ file }) => file.safe_bytes() > 0);
          if (waiting && waiting.opened_at_ms + limits.segment_wait_ms_max < performance.now()) {
            close_opened_before_ms = Math.max(close_opened_before_ms, waiting.opened_at_ms);
            startCommitting();
          }
          const first = closed.oldest();
          if (first) return first;
          const oldest = [...open.values()].find(({ file }) => file.safe_bytes() > 0);
          if (!oldest) {
            await changes.next();
            continue;
          }
          const left_ms = oldest.opened_at_ms + limits.segment_age_ms_max - performance.now();
          if (left_ms > 0) await changes.next(left_ms);
          else {
            close_opened_before_ms = oldest.opened_at_ms;
            startCommitting();
            await changes.next();
          }
        }
        return undefined;
      } finally {
        signal.removeEventListener('abort', changes.notify);
      }
    },
    find: closed.find,
    recheck: closed.recheck,
    remove: closed.remove,
    status: () => ({
      bytes: bytes(),
      segments: closed.count() + open.size,
      oldest_at: closed.oldest()?.created_at ?? [...open.values()][0]?.file.header.created_at,
      failing,
      recovery: recovered.counts,
    }),
    problem: async () => failing || disk.shortage(),
    async close() {
      is_stopping = true;
      while (is_committing) await changes.next(20);
      close_opened_before_ms = Infinity;
      is_mend_wanted = true;
      startCommitting();
      while (is_committing) await changes.next(20);
    },
  };
}

function stopping(): RequestRefused {
  return new RequestRefused('SERVICE_STOPPING', 'The service is stopping. Send again later.');
}
