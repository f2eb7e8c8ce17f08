/** Takes one foreign message: mapped by its format, its events checked like native ones, its bytes kept. */
import { createHash } from 'node:crypto';
import { checkEvent, isRefusal, type EventContext } from './check-event.ts';
import type { SpooledEvent } from './event.ts';
import {
  refused,
  type Format,
  type MappedMessage,
  type MessageRefusal,
} from './formats/message.ts';
import type { Intake, TakenMessage, Transport } from './intake.ts';
import type { Mapping } from './mapping.ts';

/** A message as it arrived. */
export interface ArrivedMessage {
  /** All of it, for syslog with its header: what is kept, and what `message_id` is the digest of. */
  readonly bytes: Buffer;
  readonly transport: Transport;
  readonly media_type: string;
}

/** What came of a message: the ids of its events, and its refusals. */
export interface MessageOutcome {
  readonly message_id: string;
  readonly event_ids: readonly string[];
  readonly refusals: readonly MessageRefusal[];
}

/**
 * Hands a mapped message to the intake. One refused event does not refuse the others of its message.
 *
 * @returns what came of it; it is on disk once the intake is finished
 */
export function takeMessage(
  arrived: ArrivedMessage,
  mapped: MappedMessage,
  intake: Intake,
  context: EventContext,
): MessageOutcome {
  const { taken, outcome } = judgeMessage(arrived, mapped, context);
  intake.takeMessage(taken);
  return outcome;
}

/** What would become of a message, without taking it: the dry run of a mapping. */
export function judgeMessage(
  arrived: ArrivedMessage,
  mapped: MappedMessage,
  context: EventContext,
): { taken: TakenMessage; outcome: MessageOutcome } {
  const message_id = createHash('sha256').update(arrived.bytes).digest('hex');
  const events: SpooledEvent[] = [];
  const refusals: (MessageRefusal & { event_id: string })[] = mapped.refusals.map((refusal) => ({
    ...refusal,
    event_id: '',
  }));
  for (const event of mapped.events) {
    const { event_id } = event;
    const checked = checkEvent(event, context);
    if (isRefusal(checked)) refusals.push({ ...checked, event_id: event_id.slice(0, 128) });
    else events.push(checked);
  }
  return {
    taken: { ...arrived, message_id, format: mapped.format, events, refusals },
    outcome: { message_id, event_ids: events.map(({ event_id }) => event_id), refusals },
  };
}

/**
 * What a format makes of a message. A format never throws; where it does all the same, the message is kept and refused,
 * so that a fault of ours costs no message and no connection.
 *
 * @param report is told the fault, without anything of the message
 */
export function mapMessage(
  format: Format,
  bytes: Buffer,
  mapping: Mapping,
  report: (fault: string) => void,
): MappedMessage {
  try {
    return format(bytes, mapping);
  } catch (error) {
    // The message of an error may quote what was read, the place where it happened does not.
    report(error instanceof Error ? `${error.name} ${placeOf(error)}` : 'unknown');
    return refused(
      'unknown',
      'MESSAGE_UNREADABLE',
      'The message could not be read for a fault of ours. It is kept, and can be run again.',
    );
  }
}

function placeOf(error: Error): string {
  const frame = error.stack?.split('\n').find((line) => /^ +at /.test(line));
  return frame?.trim() ?? '';
}
