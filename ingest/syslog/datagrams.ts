/** Syslog over UDP: a datagram is a message. Nothing slows such a sender down, so what finds no room is dropped, and counted. */
import type { Socket } from 'node:dgram';
import { messageOf } from '../../sql/errors.ts';
import type { Source } from '../sources.ts';
import type { Frame } from './framing.ts';
import { takeFrames, type TakingParts } from './take-frames.ts';

/** @returns a function that resolves when what came is on disk */
export function receiveDatagrams(
  socket: Socket,
  sourceNow: () => Promise<Source | undefined>,
  parts: TakingParts,
): () => Promise<void> {
  const { limits, counts, log } = parts;
  let queue: Frame[] = [];
  let held_bytes = 0;
  let committing: Promise<void> | undefined;
  const drop = (count: number) => counts.countMessage('syslog_udp', 'dropped', count);

  socket.on('error', (error) => log.error({ detail: messageOf(error) }, 'the UDP socket failed'));
  socket.on('message', (bytes) => {
    if (bytes.length === 0) return;
    if (held_bytes + bytes.length > limits.syslog_datagram_bytes_max) return drop(1);
    held_bytes += bytes.length;
    queue.push({ bytes });
    committing ??= commit().finally(() => (committing = undefined));
  });

  async function commit(): Promise<void> {
    while (queue.length > 0) {
      const frames = queue;
      queue = [];
      try {
        const source = await sourceNow();
        if (source) await takeFrames(frames, source, 'syslog_udp', parts);
        else drop(frames.length);
      } catch (error) {
        log.error({ detail: messageOf(error) }, 'syslog datagrams could not be stored');
        drop(frames.length);
      }
      for (const { bytes } of frames) held_bytes -= bytes.length;
    }
  }

  return async () => {
    while (committing) await committing;
  };
}
