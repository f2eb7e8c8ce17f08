/** What came of FHIR messages, as FHIR answers it: an OperationOutcome, and a Bundle with a response for each entry. */
import type { RecordCode } from '../codes.ts';
import { fhirId } from '../formats/fhir/id.ts';
import type { Resource } from '../formats/fhir/write.ts';
import type { BundleType } from '../formats/fhir/bundle.ts';
import type { Taken } from '../receive-fhir.ts';

/** What could not be read at all is a bad request; what was read and is no event of ours cannot be processed. */
const unreadable: ReadonlySet<RecordCode> = new Set([
  'MESSAGE_NOT_UTF8',
  'MESSAGE_JSON_INVALID',
  'MESSAGE_XML_INVALID',
  'MESSAGE_XML_DOCTYPE',
  'MESSAGE_TOO_DEEP',
]);

/** 201 where there is an event, else 400 or 422. */
export function statusOf({ events, refusals }: Taken): number {
  if (events.length > 0) return 201;
  return refusals.some(({ code }) => unreadable.has(code)) ? 400 : 422;
}

/** The refusals as issues, with where in the message each is; what else of the message was taken makes them warnings. */
export function outcomeOf({ events, refusals }: Taken): Resource {
  const is_taken = events.length > 0;
  const issue = refusals.map(({ code, message, expression = '' }) => ({
    severity: is_taken ? 'warning' : 'error',
    code: issueType(code),
    details: { coding: [{ system: 'urn:access-audit:code', code }], text: message },
    diagnostics: message,
    ...(expression !== '' && { expression: [expression] }),
  }));
  const taken = {
    severity: 'information',
    code: 'informational',
    diagnostics: `On disk: ${events.length} ${events.length === 1 ? 'event' : 'events'}.`,
  };
  return { resourceType: 'OperationOutcome', issue: is_taken ? [taken, ...issue] : issue };
}

/** Where the first event of a message is found, under the base of the service. */
export function locationOf(base: string, source: string, { events }: Taken): string {
  return `${base}/AuditEvent/${fhirId(source, events[0]?.event_id ?? '')}`;
}

/** The answer to a Bundle: the response of each entry in its order. */
export function responseBundle(
  type: BundleType,
  entries: readonly Taken[],
  base: string,
  source: string,
): Resource {
  return {
    resourceType: 'Bundle',
    type: type === 'transaction' ? 'transaction-response' : 'batch-response',
    entry: entries.map((taken) => ({ response: responseOf(taken, base, source) })),
  };
}

const reasons: Readonly<Record<number, string>> = {
  201: 'Created',
  400: 'Bad Request',
  422: 'Unprocessable Entity',
};

function responseOf(taken: Taken, base: string, source: string) {
  const status = statusOf(taken);
  return {
    status: `${status} ${reasons[status]}`,
    ...(taken.events.length > 0 && { location: locationOf(base, source, taken) }),
    ...(taken.refusals.length > 0 && { outcome: outcomeOf(taken) }),
  };
}

/** The type of issue in the words of FHIR (http://hl7.org/fhir/issue-type). */
function issueType(code: RecordCode): string {
  if (unreadable.has(code)) return 'structure';
  if (code === 'MESSAGE_FIELD_MISSING' || /_(?:MISSING|UNKNOWN)$/.test(code)) return 'required';
  if (code === 'MESSAGE_UNREADABLE') return 'exception';
  if (code === 'MESSAGE_TOO_LARGE') return 'too-costly';
  if (code === 'EVENT_ORGANISATION_NOT_ALLOWED') return 'forbidden';
  if (/AMBIGUOUS$/.test(code)) return 'multiple-matches';
  if (/^MESSAGE_(?:NOT_AUDIT|KIND|ACTION|USER_NOT_STAFF|PATIENT_NOT)/.test(code)) {
    return 'not-supported';
  }
  return /^(?:MESSAGE_FIELD|EVENT_FIELD|EVENT_TIME|EVENT_PATIENT)/.test(code)
    ? 'value'
    : 'business-rule';
}
