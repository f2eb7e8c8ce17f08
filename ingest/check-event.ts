/** What an event has to be beyond its schema, and the form in which the spool takes it. */
import { recordChecker, refusal } from './check-record.ts';
import type { Refusal } from './codes.ts';
import { AccessEventSchema, type AccessEvent, type SpooledEvent } from './event.ts';
import { parseInstant } from './instant.ts';
import { isNhsNumber } from './nhs-number.ts';

/** What the source and the moment say about an event that it does not say itself. */
export interface EventContext {
  /** When what is checked now was received, epoch milliseconds; read anew as a body goes on arriving. */
  received_at: number;
  readonly future_ms_max: number;
  readonly default_staff_id_system: string;
  /** Organisations that the source may speak for; empty: any. */
  readonly organisation_codes: ReadonlySet<string>;
}

const checkSchema = recordChecker(AccessEventSchema, 'EVENT');
const earliest_ms = Date.UTC(2000, 0, 1);

/** The event as it is spooled, or why it is refused. The value is taken over and changed. */
export function checkEvent(value: unknown, context: EventContext): SpooledEvent | Refusal {
  const found = checkSchema(value);
  if (found) return found;
  const event = value as AccessEvent;
  const occurred_at = parseInstant(event.occurred_at);
  if (typeof occurred_at === 'string') return instantRefusal('EVENT', 'occurred_at', occurred_at);
  if (occurred_at < earliest_ms) {
    return refusal('EVENT', 'TIME_TOO_OLD', 'occurred_at is before the year 2000.');
  }
  if (occurred_at > context.received_at + context.future_ms_max) {
    return refusal(
      'EVENT',
      'TIME_FUTURE',
      'occurred_at is more than ten minutes after the event was received.',
    );
  }
  const patient = patientRefusal(event);
  if (patient) return patient;
  if (
    context.organisation_codes.size > 0 &&
    !context.organisation_codes.has(event.organisation_code)
  ) {
    return refusal(
      'EVENT',
      'ORGANISATION_NOT_ALLOWED',
      'This source may not speak for that organisation_code.',
    );
  }
  return spooled(event, occurred_at, context.default_staff_id_system);
}

/** Whether the outcome of a check is a refusal. */
export function isRefusal(checked: object): checked is Refusal {
  return 'code' in checked && 'message' in checked;
}

/** The refusal of a time, by what is wrong with it. */
export function instantRefusal(
  family: 'EVENT' | 'REFERENCE',
  field: string,
  problem: string,
): Refusal {
  if (problem === 'no_offset') {
    return refusal(
      family,
      'TIME_NO_OFFSET',
      `${field} has no offset. Add Z, or one such as +01:00.`,
    );
  }
  if (problem === 'impossible') {
    return refusal(
      family,
      'TIME_IMPOSSIBLE',
      `${field} is not a moment that the calendar and the clock have.`,
    );
  }
  return refusal(
    family,
    'TIME_INVALID',
    `${field} is not in RFC 3339 form, such as 2026-03-01T09:30:00Z.`,
  );
}

function patientRefusal(event: AccessEvent): Refusal | undefined {
  if (event.patient_id === undefined || event.patient_id === '') {
    if (event.action !== 'search')
      return refusal('EVENT', 'FIELD_MISSING', 'patient_id is required but for a search.');
  } else if (!isNhsNumber(event.patient_id)) {
    return refusal(
      'EVENT',
      'PATIENT_CHECK_DIGIT',
      'patient_id is not ten digits with a valid check digit.',
    );
  }
  if (event.search_results && !event.search_results.every(isNhsNumber)) {
    return refusal(
      'EVENT',
      'PATIENT_CHECK_DIGIT',
      'search_results has an item that is not a valid NHS number.',
    );
  }
  return undefined;
}

function spooled(
  event: AccessEvent,
  occurred_at: number,
  default_staff_id_system: string,
): SpooledEvent {
  const form = event as unknown as SpooledEvent;
  form.occurred_at = occurred_at;
  form.outcome ??= 'unknown';
  form.trigger ??= 'unknown';
  if (!form.purpose) form.purpose = 'unknown';
  if (!form.staff_id_system) form.staff_id_system = default_staff_id_system;
  return form;
}
