/** Maps one AuditEvent, of whatever version, to access events: one for each patient and each thing that was shown. */
import { createHash } from 'node:crypto';
import type { Mapping } from '../../mapping.ts';
import { parseInstant } from '../../instant.ts';
import { instantRefusal } from '../../check-event.ts';
import { applicationOf, networkOf, organisationOf, usersOf, userOf } from './agents.ts';
import type { Coding } from './codes.ts';
import { patientsOf, searchOf, shownIn, type Patient, type Shown } from './entities.ts';
import type { AuditEvent } from './event.ts';
import { checkScrAlert, kindOf, overrideOf } from './kind.ts';
import type { MappedEvent, MappedMessage, MessageRefusal } from '../message.ts';
import { messageTime } from '../message-time.ts';

/** Past this an event is a list of people, and no act. */
const events_max = 1_000;

/**
 * @param faults what the check of the resource found; with any, nothing of it becomes an event
 */
export function mapAuditEvent(
  event: AuditEvent,
  faults: readonly MessageRefusal[],
  bytes: Buffer,
  mapping: Mapping,
): MappedMessage {
  const event_id = event.id || createHash('sha256').update(bytes).digest('hex');
  const refusals: MessageRefusal[] = [...faults, ...checkScrAlert(event)];
  const kind = kindOf(event, mapping);
  const time = timeOf(event, mapping);
  const user = userOf(event, mapping);
  const organisation = organisationOf(event, mapping);
  if ('refusal' in kind) refusals.push(kind.refusal);
  refusals.push(...time.refusals);
  // Who was logged in to what is asked of a look only: a start or a login has no user, or no organisation, by nature.
  if (!('refusal' in kind && kind.refusal.code === 'MESSAGE_KIND_NOT_ACCESS'))
    refusals.push(...user.refusals, ...organisation.refusals);
  const is_search = 'action' in kind && kind.action === 'search';
  const search = searchOf(event, mapping);
  const purposes = purposesOf(event, mapping);
  const purpose = purposeOf(purposes);
  const common: Partial<MappedEvent> = {
    ...time.fields,
    ...('action' in kind && { action: kind.action }),
    outcome: outcomeOf(event),
    ...user.fields,
    ...organisation.fields,
    ...applicationOf(event, mapping),
    ...networkOf(event, mapping),
    ...(purpose !== '' && { purpose }),
    ...overrideOf(event, purposes),
    ...(search.search_terms !== undefined && { search_terms: search.search_terms }),
  };
  const named = patientsOf(event, mapping);
  if (named.length === 0) named.push(noPatient(event, search, is_search));
  // What a search found was not opened.
  const shown = is_search ? sectionsAlone(shownIn(event, mapping)) : shownIn(event, mapping);
  const patients = named.slice(0, events_max);
  // Cut to the bound before they are multiplied: of both there may be a hundred thousand in one message.
  const acts = patients
    .slice(0, Math.ceil(events_max / shown.length))
    .flatMap((patient) => shown.slice(0, events_max).map((one) => ({ patient, one })))
    .slice(0, events_max);
  if (named.length * shown.length > events_max) {
    const message = `The event names more than ${events_max} patients and sections.`;
    refusals.push({ code: 'MESSAGE_TOO_LARGE', message, expression: 'AuditEvent.entity' });
  }
  const drafts = acts.map(({ patient, one }, index) => ({
    is_refused: refusals.length > 0 || patient.refusal !== undefined,
    draft: {
      event_id: index === 0 ? event_id : `${event_id}#${index + 1}`,
      ...common,
      ...(patient.patient_id !== undefined && { patient_id: patient.patient_id }),
      ...one,
    },
  }));
  if (!('refusal' in kind && kind.refusal.code === 'MESSAGE_KIND_NOT_ACCESS'))
    refusals.push(...patients.flatMap(({ refusal }) => refusal ?? []));
  return {
    format: event.version,
    events: drafts.filter(({ is_refused }) => !is_refused).map(({ draft }) => draft as MappedEvent),
    refusals,
    drafts: drafts.filter(({ is_refused }) => is_refused).map(({ draft }) => draft),
  };
}

/** The section that a search was in, where there is one. */
function sectionsAlone(shown: readonly Shown[]): Shown[] {
  const [first] = shown.flatMap(({ section }) => section ?? []);
  return [first === undefined ? {} : { section: first }];
}

/** Only a search may be for nobody in particular. */
function noPatient(
  event: AuditEvent,
  search: { patient_id?: string },
  is_search: boolean,
): Patient {
  if (search.patient_id !== undefined) return { patient_id: search.patient_id };
  if (is_search) return {};
  const expression = event.version === 'fhir_dstu2' ? 'AuditEvent.object' : 'AuditEvent.entity';
  const message = 'The event names no patient.';
  return { refusal: { code: 'MESSAGE_PATIENT_MISSING', message, expression } };
}

function timeOf(
  { occurred: { text, path } }: AuditEvent,
  mapping: Mapping,
): { fields: Partial<MappedEvent>; refusals: MessageRefusal[] } {
  if (text === '') {
    const message = `The event does not say when it was done or recorded.`;
    return {
      fields: {},
      refusals: [{ code: 'MESSAGE_TIME_MISSING', message, expression: path }],
    };
  }
  const occurred_at = messageTime(text, mapping.time_zone);
  const instant = parseInstant(occurred_at);
  const fields = { occurred_at };
  if (typeof instant === 'number') return { fields, refusals: [] };
  const { code, message } = instantRefusal('EVENT', path, instant);
  return { fields, refusals: [{ code, message, expression: path }] };
}

/** The four words of the contract; R5 also takes the severities of an issue. What is absent or unknown is unknown. */
const outcomes: Readonly<Record<string, NonNullable<MappedEvent['outcome']>>> = {
  '0': 'success',
  '4': 'error',
  '8': 'error',
  '12': 'error',
  success: 'success',
  information: 'success',
  warning: 'success',
  error: 'error',
  fatal: 'error',
};
/** Of the types of an issue, those that mean that somebody was not let in. */
const denials = new Set([
  'forbidden',
  'security',
  'login',
  'suppressed',
  'unknown-user',
  'expired',
]);

function outcomeOf({ outcome, outcome_details }: AuditEvent): NonNullable<MappedEvent['outcome']> {
  const word = Object.hasOwn(outcomes, outcome.text) ? outcomes[outcome.text] : undefined;
  if (word === 'error' && outcome_details.some(({ code }) => denials.has(code))) return 'denied';
  return word ?? 'unknown';
}

/** Those of the user first, then those of the event, then those of the other agents. */
function purposesOf(event: AuditEvent, mapping: Mapping): Coding[] {
  const users = new Set(usersOf(event, mapping));
  const own = event.agents.filter((agent) => users.has(agent));
  const others = event.agents.filter((agent) => !users.has(agent));
  return [
    ...own.flatMap(({ purposes }) => purposes),
    ...event.purposes,
    ...others.flatMap(({ purposes }) => purposes),
  ];
}

/** HL7 v3 ActReason goes before codes of other systems. */
function purposeOf(purposes: readonly Coding[]): string {
  const coded = purposes.filter(({ code }) => code !== '');
  const v3 = coded.find(({ system }) => /ActReason|2\.16\.840\.1\.113883\.5\.8$/i.test(system));
  return (v3 ?? coded[0])?.code ?? '';
}
