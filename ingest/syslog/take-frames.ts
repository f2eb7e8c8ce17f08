/** Puts syslog messages on disk, and does not give up: syslog has no answer, so whoever sent them cannot send again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../sql/clock.ts';
import type { Logger } from '../../sql/log.ts';
import { RequestRefused } from '../codes.ts';
import { eventContext } from '../event-context.ts';
import { refused, type MappedMessage } from '../formats/message.ts';
import { mapSyslogMessage } from '../formats/syslog.ts';
import { createIntake, newReceipt, type TakenMessage } from '../intake.ts';
import type { IngestLimits } from '../limits.ts';
import { judgeMessage, mapMessage } from '../receive-message.ts';
import type { Source } from '../sources.ts';
import type { Spool } from '../spool/spool.ts';
import type { MessageOutcome, SyslogCounts, SyslogTransport } from './counts.ts';
import type { Frame } from './framing.ts';

export interface TakingParts {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly limits: IngestLimits;
  readonly log: Logger;
  readonly counts: SyslogCounts;
  /** Aborted when a receiver that stops has waited long enough for the spool. */
  readonly give_up?: AbortSignal;
}

export const syslog_media_type = 'text/x-syslog';

/**
 * Returns once all of the frames are on disk, under one receipt. While the spool is full or failing it waits, and the
 * connection with it, so that a sender over TCP is slowed down and nothing is lost.
 *
 * @throws RequestRefused SERVICE_STOPPING, and what the spool last threw once `give_up` is aborted
 */
export async function takeFrames(
  frames: readonly Frame[],
  source: Source,
  transport: SyslogTransport,
  parts: TakingParts,
): Promise<void> {
  const { clock, limits, counts } = parts;
  const context = eventContext(source, clock.now(), limits.future_ms_max);
  const judged = frames.map((frame) => {
    const mapped = mapFrame(frame, source, parts);
    const arrived = { bytes: frame.bytes, transport, media_type: syslog_media_type };
    return { frame, taken: judgeMessage(arrived, mapped, context).taken };
  });
  await spoolAll(
    judged.map(({ taken }) => taken),
    source,
    parts,
  );
  for (const { frame, taken } of judged) counts.countMessage(transport, outcomeOf(frame, taken));
}

async function spoolAll(
  messages: readonly TakenMessage[],
  source: Source,
  { spool, clock, limits, log, give_up }: TakingParts,
): Promise<void> {
  let pause_ms = limits.syslog_retry_ms_min;
  for (;;) {
    // A second attempt may store a message twice on disk; it has the same ids, so it is one again when it is loaded.
    const intake = createIntake({
      receipt: newReceipt(),
      source: source.source,
      clock,
      dataset: 'access_events',
      limits,
      append: (batch) => spool.append(batch, limits.room_wait_ms_max),
    });
    try {
      for (const message of messages) {
        intake.takeMessage(message);
        if (intake.isDue()) await intake.spill();
      }
      await intake.finish();
      return;
    } catch (error) {
      if (!(error instanceof RequestRefused) || error.code === 'SERVICE_STOPPING') throw error;
      if (give_up?.aborted) throw error;
      log.warn({ code: error.code, pause_ms }, 'syslog messages wait for the spool');
    }
    await pause(pause_ms);
    pause_ms = Math.min(pause_ms * 2, limits.syslog_retry_ms_max);
  }
}

function mapFrame({ bytes, problem }: Frame, source: Source, { log }: TakingParts): MappedMessage {
  if (problem) {
    const [code, sentence] = refusal_of_problem[problem];
    return refused('unknown', code, sentence);
  }
  return mapMessage(mapSyslogMessage, bytes, source.mapping, (fault) =>
    log.error({ code: 'MESSAGE_UNREADABLE', fault }, 'a message could not be read'),
  );
}

const refusal_of_problem = {
  too_long: [
    'MESSAGE_TOO_LARGE',
    'The message is longer than the receiver takes. Its beginning is kept.',
  ],
  cut_short: ['MESSAGE_MANGLED', 'The connection ended before the message did.'],
  lost: [
    'MESSAGE_SYSLOG_INVALID',
    'No message begins here: a length before was wrong. This was passed over up to the next header.',
  ],
} as const;

function outcomeOf({ problem }: Frame, { events, refusals }: TakenMessage): MessageOutcome {
  if (problem) return problem;
  if (events.length > 0) return 'taken';
  return refusals.some(({ code }) => code === 'MESSAGE_MANGLED') ? 'mangled' : 'refused';
}
