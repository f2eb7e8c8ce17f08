/** The segments that wait for the loader: in which order, whether each is still whole, and that it goes once it is loaded. */
import type { Clock } from '../../sql/clock.ts';
import { removeFile } from '../../sql/files.ts';
import type { Logger } from '../../sql/log.ts';
import type { ChangeSignal } from './change-signal.ts';
import type { PendingReceipts } from './receipts.ts';
import { noCounts, recoverFile, type RecoveryCounts } from './recover-spool.ts';
import type { ClosedSegment, FaultPoint } from './segment-file.ts';

export interface ClosedSegments {
  /** A segment that was just written and fsynced is whole; of what was cut after a failed write that is still to be seen. */
  add(segment: ClosedSegment, is_whole: boolean): void;
  /** The one that was closed first, if any waits. */
  oldest(): ClosedSegment | undefined;
  find(segment_id: string): ClosedSegment | undefined;
  /**
   * The segment, checked against its bytes where they may come from the disk by now and not from memory; with what is
   * whole of it where they are damaged, and undefined where nothing is.
   */
  recheck(segment: ClosedSegment): Promise<ClosedSegment | undefined>;
  /** Removes a segment that is loaded. */
  remove(segment: ClosedSegment): Promise<void>;
  count(): number;
  bytes(): number;
}

export function createClosedSegments(
  recovered: readonly ClosedSegment[],
  options: {
    readonly damaged_folder: string;
    readonly recheck_after_ms: number;
    readonly receipts: PendingReceipts;
    /** What was found damaged since the start, to which is added. */
    readonly counts: RecoveryCounts;
    readonly changes: ChangeSignal;
    readonly clock: Clock;
    readonly log: Logger;
    readonly fault: FaultPoint;
  },
): ClosedSegments {
  const { damaged_folder, recheck_after_ms, receipts, counts, changes, clock, log, fault } =
    options;
  const waiting = [...recovered];
  /** When each segment was known to be whole, by the monotonic clock; those of an earlier process at the start. */
  const checked_at = new WeakMap<ClosedSegment, number>();
  const started_at = performance.now();

  async function readAgain(segment: ClosedSegment, found: RecoveryCounts) {
    try {
      return await recoverFile(segment.path, damaged_folder, clock.now(), found, log);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Waiting for it would hold up all that came after it.
      const { segment_id } = segment.header;
      log.error({ code: 'SEGMENT_GONE', segment: segment_id }, 'a spool segment was taken away');
      return undefined;
    }
  }

  return {
    add(segment, is_whole) {
      waiting.push(segment);
      if (is_whole) checked_at.set(segment, performance.now());
      changes.notify();
    },
    oldest: () => waiting[0],
    find: (segment_id) => waiting.find(({ header }) => header.segment_id === segment_id),
    async recheck(segment) {
      const age_ms = performance.now() - (checked_at.get(segment) ?? started_at);
      if (age_ms < recheck_after_ms) return segment;
      const found = noCounts();
      const checked = await readAgain(segment, found);
      if (checked && found.damaged_bytes + found.cut_bytes === 0) {
        checked_at.set(segment, performance.now());
        return segment;
      }
      counts.damaged_bytes += found.damaged_bytes;
      counts.cut_bytes += found.cut_bytes;
      waiting.splice(waiting.indexOf(segment), 1, ...(checked ? [checked] : []));
      if (checked) checked_at.set(checked, performance.now());
      for (const receipt of segment.receipts.keys()) {
        if (!checked?.receipts.has(receipt)) receipts.release(receipt);
      }
      changes.notify();
      return checked;
    },
    async remove(segment) {
      fault('spool.remove');
      await removeFile(segment.path);
      const at = waiting.indexOf(segment);
      if (at >= 0) waiting.splice(at, 1);
      for (const receipt of segment.receipts.keys()) receipts.release(receipt);
      changes.notify();
    },
    count: () => waiting.length,
    bytes: () => waiting.reduce((sum, segment) => sum + segment.bytes, 0),
  };
}
