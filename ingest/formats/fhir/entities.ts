/** What an AuditEvent was about: its patients, the documents and sections that were shown, and what was searched for. */
import type { Mapping } from '../../mapping.ts';
import { isNhsNumber } from '../../nhs-number.ts';
import { documentField } from '../audit-message/objects.ts';
import { isPatientAgent, usersOf } from './agents.ts';
import { lookUp, type Coding } from './codes.ts';
import type { AuditEvent, Entity } from './event.ts';
import { identifiersOfPatient, readIdentifier } from './identifiers.ts';
import { isQueryRole } from './kind.ts';
import { partsOf, type Reference } from './tree.ts';
import type { MappedEvent, MessageRefusal } from '../message.ts';
import { nhsNumberOf, type Identifier } from '../nhs-identifiers.ts';

/** One patient of the message: an NHS number, or why there is none. */
export interface Patient {
  readonly patient_id?: string;
  readonly refusal?: MessageRefusal;
}

/** One thing that was shown. */
export type Shown = Pick<MappedEvent, 'document_id' | 'section'>;

/**
 * The patients, each once, in document order: entities of role 1, or that are a Patient without a role (UK Core); in R5
 * also `patient`; and where there is none of those, agents that are patients and not the user (SCR alerts).
 */
export function patientsOf(event: AuditEvent, mapping: Mapping): Patient[] {
  const told: { reference: Reference; name: string }[] = [];
  if (event.patient) told.push({ reference: event.patient, name: '' });
  for (const entity of event.entities) {
    if (!isPatient(entity)) continue;
    const reference = entity.what ?? noReference(entity.path);
    told.push({ reference, name: entity.name });
  }
  if (told.length === 0) {
    const users = new Set(usersOf(event, mapping));
    for (const agent of event.agents)
      if (agent.who && !users.has(agent) && isPatientAgent(agent, mapping))
        told.push({ reference: agent.who, name: '' });
  }
  return distinctPatients(
    told.map(({ reference, name }) => ({
      reference,
      patient: readPatient(reference, name, mapping),
    })),
  );
}

/** Each patient once: the same reference, or the same number, is the same patient, and what has a number tells more. */
function distinctPatients(
  told: readonly { readonly reference: Reference; readonly patient: Patient }[],
): Patient[] {
  const patients: Patient[] = [];
  const places = new Map<string, number>();
  for (const { reference, patient } of told) {
    const plain = reference.reference.replace(/\/_history\/.*$/, '');
    const others = reference.identifiers.map(({ system, value }) => `${system}|${value}`).join();
    const keys = [
      patient.patient_id ?? '',
      plain,
      patient.patient_id || plain ? '' : others,
    ].filter((key) => key !== '');
    const place = keys.map((key) => places.get(key)).find((each) => each !== undefined);
    for (const key of keys) places.set(key, place ?? patients.length);
    if (place === undefined) patients.push(patient);
    else if (patients[place]?.patient_id === undefined) patients[place] = patient;
  }
  return patients;
}

function readPatient(reference: Reference, name: string, mapping: Mapping): Patient {
  const identifiers: Identifier[] = [
    ...reference.identifiers,
    ...identifiersOfPatient(reference.reference, mapping),
  ];
  // An identifier stands in the name where there is nothing else; a name that is one does not look like an identifier.
  if (identifiers.length === 0 && /\^\^\^|\||^\d{3}[ -]?\d{3}[ -]?\d{4}$/.test(name))
    identifiers.push(readIdentifier('', name));
  const expression = reference.path;
  const patient_id = nhsNumberOf(identifiers, mapping);
  if (patient_id === undefined) {
    const is_empty = identifiers.length === 0 && reference.reference === '';
    const message = is_empty
      ? `${expression} has no identifier of the patient.`
      : `${expression} names the patient by no NHS number. If it is one, say so in the mapping of the source.`;
    const code = is_empty ? 'MESSAGE_PATIENT_MISSING' : 'MESSAGE_PATIENT_NOT_NHS_NUMBER';
    return { refusal: { code, message, expression } };
  }
  if (isNhsNumber(patient_id)) return { patient_id };
  const message = `${expression} is not ten digits with a valid check digit.`;
  return { patient_id, refusal: { code: 'EVENT_PATIENT_CHECK_DIGIT', message, expression } };
}

function isPatient({ roles, types, what }: Entity): boolean {
  if (roles.some(({ code }) => code === '1')) return true;
  if (roles.some(({ code }) => code !== '' && code !== '4')) return false;
  return what?.kind === 'Patient' || types.some(({ code }) => code === 'Patient');
}

/** Parties and machines, which are not shown to anybody. */
const not_shown =
  /^(?:Patient|Practitioner|PractitionerRole|Organization|Person|RelatedPerson|Device|Endpoint|Location|Consent|AuditEvent|Provenance|Group|OperationOutcome|Parameters|Bundle)$/;

/**
 * What was shown, by section, in document order; at least one, which may be empty. The documents of a section stand in one
 * field, since they were opened in one act.
 */
export function shownIn(event: AuditEvent, mapping: Mapping): Shown[] {
  const documents = new Map<string, Set<string>>();
  for (const entity of event.entities) {
    const document_id = documentOf(entity);
    const section = sectionOf(entity, mapping);
    if (document_id === undefined && section === undefined) continue;
    const of_section = documents.get(section ?? '') ?? new Set();
    if (document_id !== undefined) of_section.add(document_id);
    documents.set(section ?? '', of_section);
  }
  if (documents.size === 0) return [{}];
  return [...documents].map(([section, ids]) => ({
    ...(ids.size > 0 && { document_id: documentField([...ids]) }),
    ...(section !== '' && { section }),
  }));
}

/** A report, a domain resource or a job; or a reference to a resource, where no role is told. */
function documentOf(entity: Entity): string | undefined {
  const { what, roles, name } = entity;
  if (!isShown(entity)) return undefined;
  const identifier = what?.identifiers[0]?.value;
  const { kind, id } = partsOf(what?.reference ?? '');
  // A reference to a type, as in a search, is no document.
  const reference = kind !== '' && id === '' ? undefined : what?.reference || undefined;
  if (roles.length > 0) return identifier ?? reference ?? (name || undefined);
  return reference === undefined ? undefined : (identifier ?? reference);
}

function isShown(entity: Entity): boolean {
  const { roles, what, types } = entity;
  if (isPatient(entity) || isQueryRole(roles)) return false;
  if (not_shown.test(what?.kind ?? '') || types.some(({ code }) => not_shown.test(code)))
    return false;
  if (types.some(({ code }) => code === 'XrequestId')) return false;
  if (roles.length > 0) return roles.some(({ code }) => ['3', '4', '20'].includes(code));
  return what?.kind !== undefined && what.kind !== '';
}

/** By the mapping, from any code of the entity; else the type of resource, as it stands. */
function sectionOf(entity: Entity, mapping: Mapping): string | undefined {
  const { details, labels, types, what, name, description } = entity;
  const named = details.find(({ types: kinds }) => kinds.some(({ code }) => code === 'section'));
  const plain = (text: string): Coding => ({ system: '', code: text, display: '' });
  const kind = what?.kind ?? '';
  const mapped = lookUp(mapping.sections, [
    ...details.flatMap(({ types: kinds, value }) => [
      ...kinds.map(({ code }) => plain(`${code}=${value}`)),
      plain(value),
      ...kinds,
    ]),
    ...labels,
    ...types,
    ...[kind, what?.display ?? '', description, name].map(plain),
  ]);
  if (mapped !== undefined) return mapped;
  if (named && named.value !== '') return named.value;
  if (!isShown(entity)) return undefined;
  const of_type = types.find(({ system }) => /resource-types$/.test(system))?.code;
  return of_type || kind || undefined;
}

/** The text of the queries as they were sent, and the patient where they name exactly one by NHS number. */
export function searchOf(
  event: AuditEvent,
  mapping: Mapping,
): { search_terms?: string; patient_id?: string } {
  const texts = event.entities.flatMap(({ query, roles, description }) => {
    if (query !== '') return [decodedQuery(query)];
    return isQueryRole(roles) && description !== '' ? [description] : [];
  });
  const all = texts.join('\n').trim();
  if (all === '') return {};
  const numbers = nhsNumbersIn(all, mapping);
  const [patient_id] = numbers;
  return {
    search_terms: shortened(all),
    ...(patient_id !== undefined && numbers.size === 1 && { patient_id }),
  };
}

const search_terms_max = 1_000;

/** The message keeps the whole; the mark says that there is more. */
function shortened(text: string): string {
  if (text.length <= search_terms_max) return text;
  // No character has more than two units.
  const characters = [...text.slice(0, 2 * search_terms_max)];
  return characters.length <= search_terms_max
    ? text
    : `${characters.slice(0, search_terms_max - 1).join('')}…`;
}

const fatal_utf8 = new TextDecoder('utf-8', { fatal: true });
// What is left out of a text that people may read: control characters but line breaks and tabs.
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** The query as text; one that is none stays base64. */
function decodedQuery(query: string): string {
  try {
    const text = fatal_utf8.decode(Buffer.from(query, 'base64'));
    return unprintable.test(text) ? query : text.trim();
  } catch {
    return query;
  }
}

/** A query by a person's number is short; what is longer names nobody. */
const query_length_max = 64 * 1024;

/** NHS numbers that a query names as such: `system|number`, CX, or HL7 v3 `extension` with its `root`. */
function nhsNumbersIn(text: string, mapping: Mapping): Set<string> {
  if (text.length > query_length_max) return new Set();
  const plain = percentDecoded(text);
  const found: Identifier[] = [];
  for (const match of plain.matchAll(/([^\s=&,"'<>|]{1,200})\|(\d{3}[ -]?\d{3}[ -]?\d{4})(?!\d)/g))
    found.push({ system: match[1] ?? '', value: match[2] ?? '' });
  for (const match of plain.matchAll(/(\d{10})(\^\^\^[^\s'"<>)]{1,200})/g))
    found.push(readIdentifier('', `${match[1]}${match[2]}`));
  for (const match of plain.matchAll(/<[^<>]{1,500}>/g)) {
    const root = /\sroot="([^"]+)"/.exec(match[0])?.[1];
    const extension = /\sextension="(\d{10})"/.exec(match[0])?.[1];
    if (root !== undefined && extension !== undefined)
      found.push({ system: root, value: extension });
  }
  for (const match of plain.matchAll(/https?:\/\/[^\s"'<>]{1,200}\/Patient\/\d{10}(?!\d)/g))
    found.push(...identifiersOfPatient(match[0], mapping));
  const numbers = found.map((each) =>
    each.system === '' ? undefined : nhsNumberOf([each], mapping),
  );
  return new Set(numbers.filter((each) => each !== undefined).filter(isNhsNumber));
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll('%7C', '|').replaceAll('%7c', '|').replaceAll('%5E', '^');
  }
}

function noReference(path: string): Reference {
  return { path, reference: '', kind: '', identifiers: [], display: '' };
}
