/** How much room the disk under the spool has left, and whether that is too little to take more. */
import { statfs } from 'node:fs/promises';
import type { IngestLimits } from '../limits.ts';

export interface DiskRoom {
  /** Whether too little was left, or that is not known any more: `shortage` has to be asked. */
  isDue(): boolean;
  /** Why nothing more is taken; empty while there is room. Looked up unless it is known well enough. */
  shortage(): Promise<string>;
}

type Bounds = Pick<
  IngestLimits,
  'disk_free_bytes_min' | 'disk_free_part_min' | 'disk_free_age_ms_max'
>;

export function createDiskRoom(folder: string, bounds: Bounds): DiskRoom {
  let known_at_ms = -Infinity;
  let shortage = '';
  let looking: Promise<void> | undefined;
  const isKnown = () => performance.now() - known_at_ms < bounds.disk_free_age_ms_max;

  async function look(): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const least = Math.min(bounds.disk_free_bytes_min, blocks * bsize * bounds.disk_free_part_min);
    shortage =
      free >= least
        ? ''
        : `The disk has ${mebibytes(free)} left, and the last ${mebibytes(least)} are for ClickHouse, to store what waits. Make room on it.`;
    known_at_ms = performance.now();
  }

  return {
    isDue: () => shortage !== '' || !isKnown(),
    async shortage() {
      if (!isKnown()) await (looking ??= look().finally(() => (looking = undefined)));
      return shortage;
    },
  };
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}
