/** The witness: the checkpoints of a log as files, which can be shipped to where nobody here can change them. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendToFile, replaceFile } from '../files.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { parseCheckpoint } from './note.ts';

/** How long the latest checkpoint may be older than the log: each costs two fsyncs, and loads can be ten a second. */
const pause_ms = 1_000;
/** How far apart the lines of the shipped log are: half a megabyte a day, whatever the loads. */
const log_pause_ms = 60_000;

export interface Witness {
  /** Takes the newest checkpoint. What is published while a write is under way is written after it, the last alone. */
  publish(checkpoint: string): void;
  /** Writes what is pending, at once. */
  flush(): Promise<void>;
}

/**
 * The files of a log: `witness/checkpoint` is its latest, `witness/checkpoints` has one a minute; for a log by another
 * name than `events`, with that name at the end. A write that fails is tried again with the next checkpoint.
 */
export function openWitness(data_dir: string, log_name: string, log: Logger): Witness {
  const suffix = log_name === 'events' ? '' : `.${log_name}`;
  const folder = join(data_dir, 'witness');
  let pending: string | undefined;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let written_at = -Infinity;
  let logged_at = -Infinity;
  let unlogged: string | undefined;

  /** A checkpoint from before, of a longer log than is here, is evidence: it stays in the log of checkpoints. */
  async function keepAhead(checkpoint: string): Promise<void> {
    const standing = await readFile(join(folder, `checkpoint${suffix}`), 'utf8').catch(() => '');
    const sizeOf = (note: string) => parseCheckpoint(`${note.split('\n\n')[0]}\n`)?.size ?? 0;
    if (sizeOf(standing) <= sizeOf(checkpoint)) return;
    await appendToFile(join(folder, `checkpoints${suffix}`), `${standing}\n`);
    log.error(
      { code: 'SEALS_ROLLED_BACK', seen: sizeOf(standing), here: sizeOf(checkpoint) },
      'the seals are fewer than the witness has seen: the store was put back to an earlier state',
    );
  }

  async function write(is_last: boolean): Promise<void> {
    const checkpoint = pending;
    pending = undefined;
    try {
      if (checkpoint !== undefined) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (written_at === -Infinity) await keepAhead(checkpoint);
        await replaceFile(join(folder, `checkpoint${suffix}`), checkpoint);
        written_at = performance.now();
        unlogged = checkpoint;
      }
      if (unlogged !== undefined && (is_last || performance.now() - logged_at >= log_pause_ms)) {
        await appendToFile(join(folder, `checkpoints${suffix}`), `${unlogged}\n`);
        logged_at = performance.now();
        unlogged = undefined;
      }
    } catch (error) {
      pending ??= checkpoint;
      log.error(
        { code: 'WITNESS_NOT_WRITTEN', detail: messageOf(error) },
        'the witness is behind the seals until it can be written',
      );
    }
  }

  function schedule(): void {
    if (timer || writing) return;
    const wait = Math.max(0, pause_ms - (performance.now() - written_at));
    timer = setTimeout(() => {
      timer = undefined;
      writing = write(false).finally(() => {
        writing = undefined;
        if (pending !== undefined && performance.now() - written_at < pause_ms) schedule();
      });
    }, wait);
    timer.unref();
  }

  return {
    publish(checkpoint) {
      pending = checkpoint;
      schedule();
    },
    async flush() {
      clearTimeout(timer);
      timer = undefined;
      await writing;
      clearTimeout(timer);
      timer = undefined;
      await write(true);
    },
  };
}
