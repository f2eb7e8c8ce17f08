/** What an audit message was about: patients, documents, queries, in its ParticipantObjectIdentification elements. */
import type { Mapping } from '../../mapping.ts';
import { attributeOf, childrenOf, codesOf, lookUp, withoutEscapes, type Code } from './xml.ts';
import type { Identifier } from '../nhs-identifiers.ts';
import type { XmlElement } from '../xml.ts';

/** A patient as named; `path` is where. */
export interface NamedPatient {
  readonly path: string;
  readonly identifiers: readonly Identifier[];
}

export interface AuditObjects {
  readonly patients: readonly NamedPatient[];
  /** Ids of what was opened, in document order. */
  readonly documents: readonly string[];
  /** What was typed or asked, decoded; empty where no query is told. */
  readonly search_terms: string;
  /** By the mapping of the source; empty where that has none. */
  readonly section: string;
}

/** As long as the fields of an event are. */
const document_id_max = 256;
const search_terms_max = 1_000;

export function readObjects(
  root: XmlElement,
  types: readonly Code[],
  mapping: Mapping,
): AuditObjects {
  const objects = childrenOf(root, 'ParticipantObjectIdentification');
  const patients: NamedPatient[] = [];
  for (const [index, object] of objects.entries()) {
    if (!isPatient(object)) continue;
    patients.push({
      path: `AuditMessage.ParticipantObjectIdentification[${index}].ParticipantObjectID`,
      identifiers: identifiersOf(attributeOf(object, 'ParticipantObjectID')),
    });
  }
  const shown = objects.filter((object) => !isPatient(object));
  // Role 3 is a report, 20 a job (a set of documents), 4 a resource of a domain.
  const documents = ['3', '20', '4']
    .map((role) => shown.filter((object) => roleOf(object) === role))
    .find((found) => found.length > 0);
  const queries = objects.map(queryOf).filter((query) => query !== '');
  return {
    patients,
    documents: (documents ?? [])
      .map((object) => attributeOf(object, 'ParticipantObjectID'))
      .filter((id) => id !== ''),
    search_terms: bounded(queries.join('\n'), search_terms_max),
    section: sectionOf([...shown.flatMap(codesOfObject), ...types], mapping),
  };
}

/**
 * Several documents of one act in one field: identifiers have no spaces, so a space stands between them. Those that
 * do not fit are counted.
 */
export function documentField(documents: readonly string[]): string {
  const all = documents.join(' ');
  if (all.length <= document_id_max || documents.length === 1) return all;
  // Each has a character at least, so that the search begins where it can succeed.
  let fitting = Math.min(documents.length - 1, document_id_max);
  const shown = () => `${documents.slice(0, fitting).join(' ')} +${documents.length - fitting}`;
  while (fitting > 1 && shown().length > document_id_max) fitting -= 1;
  return shown();
}

/**
 * The identifiers in a patient's id: HL7 CX (`id^^^NAME&OID&ISO^PI`, several after `~`), `system|id`, or bare. Each
 * name of the assigning authority is a system.
 */
export function identifiersOf(id: string): Identifier[] {
  const text = withoutEscapes(id).trim();
  if (text === '') return [];
  if (!text.includes('^')) {
    const match = /^((?:https?:\/\/|urn:|\d+\.\d)[^|]*)\|(.+)$/.exec(text);
    return [{ system: match?.[1] ?? '', value: match?.[2] ?? text }];
  }
  return text
    .split('~')
    .slice(0, repetitions_max)
    .flatMap((repetition) => {
      const [value = '', , , authority = ''] = repetition.split('^');
      const [name = '', universal_id = ''] = authority.split('&');
      const systems = [universal_id, name].filter((system) => system !== '');
      return (systems.length > 0 ? systems : ['']).map((system) => ({ system, value }));
    });
}

/** One patient has a handful of identifiers. */
const repetitions_max = 50;

/** A person in the role of the patient; where role or type is absent, what says that its id is a patient number. */
function isPatient(object: XmlElement): boolean {
  const type = attributeOf(object, 'ParticipantObjectTypeCode');
  const role = roleOf(object);
  if (type !== '' && role !== '') return type === '1' && role === '1';
  if (type !== '' && type !== '1') return false;
  return role === '1' || (role === '' && codesOfObject(object).some(({ code }) => code === '2'));
}

function roleOf(object: XmlElement): string {
  return attributeOf(object, 'ParticipantObjectTypeCodeRole');
}

function codesOfObject(object: XmlElement): Code[] {
  return codesOf(object, 'ParticipantObjectIDTypeCode');
}

function sectionOf(codes: readonly Code[], mapping: Mapping): string {
  for (const code of codes) {
    const section = lookUp(code, mapping.sections);
    if (section !== undefined) return section;
  }
  return '';
}

/** The query, decoded: base64 by the standard, in the encoding that a detail tells, else UTF-8. */
function queryOf(object: XmlElement): string {
  const text = childrenOf(object, 'ParticipantObjectQuery')
    .map((query) => query.text.replace(/\s/g, ''))
    .join('');
  if (text === '') return '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return bounded(text, search_terms_max);
  // What is past the bound is not decoded: four characters are three bytes, and a character has four at most.
  const bytes = Buffer.from(text.slice(0, search_terms_max * 8), 'base64');
  return bounded(decoderOf(object).decode(bytes), search_terms_max);
}

function decoderOf(object: XmlElement): TextDecoder {
  const told = childrenOf(object, 'ParticipantObjectDetail').find(
    (detail) => attributeOf(detail, 'type') === 'QueryEncoding',
  );
  const label = told && Buffer.from(attributeOf(told, 'value').slice(0, 64), 'base64').toString();
  try {
    return new TextDecoder(label ?? 'utf-8');
  } catch {
    return new TextDecoder();
  }
}

/** The text with what no field takes replaced, and where it is longer, cut with a sign that it was. */
function bounded(text: string, characters_max: number): string {
  const clean = text
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
    .toWellFormed();
  const characters = [...clean.slice(0, characters_max * 2 + 2)];
  if (characters.length <= characters_max) return clean;
  return `${characters.slice(0, characters_max - 1).join('')}…`;
}
