/** What a format is: a pure function from the bytes of a foreign audit message to access events and refusals. */
import type { Refusal } from '../codes.ts';
import type { AccessEvent } from '../event.ts';
import type { Mapping } from '../mapping.ts';

/** What a message turned out to be. */
export const message_formats = [
  'fhir_r5',
  'fhir_r4',
  'fhir_stu3',
  'fhir_dstu2',
  'dicom',
  'rfc3881',
  'unknown',
] as const;
export type MessageFormat = (typeof message_formats)[number];

/**
 * An access event as a message tells it. Not checked yet: `checkEvent` judges it as if it had been sent as it stands, so
 * a patient identifier that is no NHS number, for one, is refused there. `occurred_at` is RFC 3339 with an offset.
 */
export type MappedEvent = AccessEvent;

/** Why a message, or one act in it, becomes no event. */
export interface MessageRefusal extends Refusal {
  /** Where in the message: a FHIRPath expression or the path of an element, e.g. `AuditEvent.agent[1].who`. */
  readonly expression?: string;
}

/** What a format makes of one message: at least one event or one refusal, since nothing is passed over in silence. */
export interface MappedMessage {
  readonly format: MessageFormat;
  /** One per patient, in document order; the first has the message's id, the others `id#2`, `id#3`. */
  readonly events: readonly MappedEvent[];
  readonly refusals: readonly MessageRefusal[];
  /** What could be read of the acts that were refused, so that a dry run can show how far a mapping reaches. */
  readonly drafts?: readonly Partial<MappedEvent>[];
}

/** A format: never throws, whatever the bytes are. */
export type Format = (bytes: Buffer, mapping: Mapping) => MappedMessage;

/** A message that becomes no event. */
export function refused(
  format: MessageFormat,
  code: Refusal['code'],
  message: string,
  expression?: string,
): MappedMessage {
  const found = { code, message, ...(expression !== undefined && { expression }) };
  return { format, events: [], refusals: [found] };
}
