/** One connection of a syslog sender: its bytes become frames, and the next are read when there is room for them. */
import type { Socket } from 'node:net';
import { messageOf } from '../../sql/errors.ts';
import type { ByteBudget } from '../http/byte-budget.ts';
import type { Source } from '../sources.ts';
import type { SyslogTransport } from './counts.ts';
import { createFraming, small_bytes_max, type Frame } from './framing.ts';
import { takeFrames, type TakingParts } from './take-frames.ts';

export interface ConnectionParts extends TakingParts {
  /** What all large messages under way may hold together. */
  readonly large: ByteBudget;
}

export interface Connection {
  /** Resolves when the connection is over and all that came of it is on disk. */
  readonly done: Promise<void>;
  /** Tells the sender that no more is read, and waits for the end of what it sent, within a bound. */
  close(): void;
}

/**
 * @param source who the sender is
 * @param sourceNow who the sender is at this moment; undefined once it may not send any more
 */
export function serveConnection(
  socket: Socket,
  transport: SyslogTransport,
  source: Source,
  sourceNow: () => Promise<Source | undefined>,
  parts: ConnectionParts,
): Connection {
  const { limits, counts, log, large } = parts;
  const framing = createFraming(limits.syslog_message_bytes_max, limits.raw_bytes_max);
  let queue: Frame[] = [];
  let queued_bytes = 0;
  let committing: Promise<void> | undefined;
  let is_busy = false;
  let reserved_bytes = 0;
  let frame_began_at = 0;
  let last_known = source;

  socket.setKeepAlive(true, limits.syslog_keepalive_ms);
  socket.on('timeout', () => {
    // While it is we who do not read, the silence is not the sender's.
    if (is_busy || committing) return;
    counts.countConnection(transport, framing.wanted() > 0 ? 'too_slow' : 'idle');
    if (framing.wanted() > 0) socket.destroy();
    else socket.end();
  });

  async function run(): Promise<void> {
    try {
      watch();
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        is_busy = true;
        const frames = framing.push(chunk);
        if (frames.length > 0) frame_began_at = performance.now();
        enqueue(frames);
        if (queued_bytes > limits.batch_bytes_max) await committing;
        if (!(await isWelcome())) break;
        if (isTooSlow()) {
          counts.countConnection(transport, 'too_slow');
          break;
        }
        await reserve(framing.wanted());
        is_busy = false;
        watch();
      }
    } catch (error) {
      // A lost connection ends like any other: what came is kept.
      log.info({ transport, detail: messageOf(error) }, 'a syslog connection was lost');
    } finally {
      enqueue(framing.end());
      while (committing) await committing;
      large.give(reserved_bytes);
      socket.end();
      socket.destroySoon();
    }
  }

  /** A sender may be silent between messages as long as it likes within reason, and not within one. */
  function watch(): void {
    socket.setTimeout(framing.wanted() > 0 ? limits.syslog_stall_ms : limits.syslog_idle_ms);
  }

  function enqueue(frames: readonly Frame[]): void {
    if (frames.length === 0) return;
    queue.push(...frames);
    for (const { bytes } of frames) queued_bytes += bytes.length;
    // What arrives while the disk is at work makes the next batch: one fsync for all of it.
    committing ??= commit().finally(() => (committing = undefined));
  }

  async function commit(): Promise<void> {
    while (queue.length > 0) {
      const frames = queue;
      queue = [];
      queued_bytes = 0;
      try {
        // What had come when the source ended, or while nobody knew, is still the source's.
        last_known = (await sourceNow().catch(() => undefined)) ?? last_known;
        await takeFrames(frames, last_known, transport, parts);
      } catch (error) {
        log.error({ transport, detail: messageOf(error) }, 'syslog messages could not be stored');
        counts.countMessage(transport, 'dropped', frames.length);
        socket.destroy();
      }
    }
  }

  async function isWelcome(): Promise<boolean> {
    if (await sourceNow().catch(() => last_known)) return true;
    counts.countConnection(transport, 'source_ended');
    return false;
  }

  /** Small messages are held without asking; a large one waits until there is room for all of it. */
  async function reserve(wanted: number): Promise<void> {
    const needed = wanted > small_bytes_max ? wanted : 0;
    if (needed === reserved_bytes) return;
    large.give(reserved_bytes);
    reserved_bytes = 0;
    if (needed > 0) await large.take(needed);
    reserved_bytes = needed;
    frame_began_at = performance.now();
  }

  function isTooSlow(): boolean {
    if (reserved_bytes === 0 || framing.wanted() === 0) return false;
    const ms_max = limits.syslog_stall_ms + (reserved_bytes / limits.array_bytes_per_s_min) * 1_000;
    return performance.now() - frame_began_at > ms_max;
  }

  return {
    done: run(),
    close() {
      socket.end();
      setTimeout(() => socket.destroy(), limits.syslog_drain_ms).unref();
    },
  };
}
