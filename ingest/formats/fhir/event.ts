/** An AuditEvent of any version in one form, nothing judged yet: what the mapping works on. */
import type { Coding } from './codes.ts';
import {
  booleanAt,
  codingsOf,
  containedIn,
  objectAt,
  objectsAt,
  referenceOf,
  textAt,
  type Contained,
  type Reference,
} from './tree.ts';
import type { Tree } from './xml.ts';
import type { MessageFormat } from '../message.ts';

export type FhirVersion = Exclude<MessageFormat, 'dicom' | 'rfc3881' | 'unknown'>;

/** A text with where it stands. Absent is empty. */
export interface Told {
  readonly text: string;
  readonly path: string;
}

export interface Agent {
  readonly path: string;
  readonly types: readonly Coding[];
  readonly roles: readonly Coding[];
  readonly who: Reference | undefined;
  readonly alt_id: string;
  readonly name: string;
  readonly is_requestor: boolean | undefined;
  readonly location: Reference | undefined;
  /** With the kind of R4: 1 a name, 2 an IP address, 5 a URI; empty where it is not told. */
  readonly network: { readonly address: string; readonly kind: string };
  readonly purposes: readonly Coding[];
}

export interface Entity {
  readonly path: string;
  readonly types: readonly Coding[];
  readonly roles: readonly Coding[];
  readonly what: Reference | undefined;
  readonly name: string;
  readonly description: string;
  /** Base64, or empty. */
  readonly query: string;
  readonly labels: readonly Coding[];
  readonly details: readonly { readonly types: readonly Coding[]; readonly value: string }[];
}

export interface AuditEvent {
  readonly version: FhirVersion;
  readonly id: string;
  /** `type` or `category`. */
  readonly kinds: readonly Coding[];
  /** `subtype` or `code`. */
  readonly subkinds: readonly Coding[];
  readonly action: Told;
  readonly occurred: Told;
  readonly outcome: Told;
  /** Codes that say more about the outcome. */
  readonly outcome_details: readonly Coding[];
  readonly outcome_text: string;
  readonly purposes: readonly Coding[];
  readonly patient: Reference | undefined;
  readonly agents: readonly Agent[];
  readonly entities: readonly Entity[];
  readonly source_site: string;
}

/** An R4 or R5 AuditEvent from its tree, which need not be valid. */
export function readAuditEvent(tree: Tree, version: 'fhir_r4' | 'fhir_r5'): AuditEvent {
  const contained = containedIn(tree);
  const is_r5 = version === 'fhir_r5';
  const outcome = objectAt(tree, 'outcome');
  const outcome_path = 'AuditEvent.outcome';
  return {
    version,
    id: textAt(tree, 'id'),
    kinds: codingsOf(objectsAt(tree, is_r5 ? 'category' : 'type')),
    subkinds: codingsOf(objectsAt(tree, is_r5 ? 'code' : 'subtype')),
    action: { text: textAt(tree, 'action'), path: 'AuditEvent.action' },
    occurred: occurredAt(tree, is_r5),
    outcome: is_r5
      ? { text: textAt(objectAt(outcome, 'code'), 'code'), path: `${outcome_path}.code` }
      : { text: textAt(tree, 'outcome'), path: outcome_path },
    outcome_details: codingsOf(objectsAt(outcome, 'detail')),
    outcome_text: textAt(tree, 'outcomeDesc'),
    purposes: codingsOf(objectsAt(tree, is_r5 ? 'authorization' : 'purposeOfEvent')),
    patient: referenceOf(objectAt(tree, 'patient'), 'AuditEvent.patient', contained),
    agents: objectsAt(tree, 'agent').map((agent, index) =>
      readAgent(agent, `AuditEvent.agent[${index}]`, contained),
    ),
    entities: objectsAt(tree, 'entity').map((entity, index) =>
      readEntity(entity, `AuditEvent.entity[${index}]`, contained),
    ),
    source_site: textAt(objectAt(tree, 'source'), 'site'),
  };
}

/** One of R4 or R5: their names do not meet. */
export function readAgent(agent: Tree, path: string, contained: Contained): Agent {
  const purposes = [...objectsAt(agent, 'purposeOfUse'), ...objectsAt(agent, 'authorization')];
  return {
    path,
    types: codingsOf(objectsAt(agent, 'type')),
    roles: codingsOf(objectsAt(agent, 'role')),
    who: referenceOf(objectAt(agent, 'who'), `${path}.who`, contained),
    alt_id: textAt(agent, 'altId'),
    name: textAt(agent, 'name'),
    is_requestor: booleanAt(agent, 'requestor'),
    location: referenceOf(objectAt(agent, 'location'), `${path}.location`, contained),
    network: networkOf(agent),
    purposes: codingsOf(purposes),
  };
}

export function readEntity(entity: Tree, path: string, contained: Contained): Entity {
  return {
    path,
    types: codingsOf(objectsAt(entity, 'type')),
    roles: codingsOf(objectsAt(entity, 'role')),
    what: referenceOf(objectAt(entity, 'what'), `${path}.what`, contained),
    name: textAt(entity, 'name'),
    description: textAt(entity, 'description'),
    query: textAt(entity, 'query').replace(/\s/g, ''),
    labels: codingsOf(objectsAt(entity, 'securityLabel')),
    details: objectsAt(entity, 'detail').map((detail) => ({
      types: detailTypes(detail),
      value: detailValue(detail),
    })),
  };
}

function occurredAt(tree: Tree, is_r5: boolean): Told {
  const period = is_r5 ? 'occurredPeriod' : 'period';
  const candidates = [
    ...(is_r5
      ? [{ text: textAt(tree, 'occurredDateTime'), path: 'AuditEvent.occurredDateTime' }]
      : []),
    { text: textAt(objectAt(tree, period), 'start'), path: `AuditEvent.${period}.start` },
    { text: textAt(tree, 'recorded'), path: 'AuditEvent.recorded' },
  ];
  return candidates.find(({ text }) => text !== '') ?? { text: '', path: 'AuditEvent.recorded' };
}

function networkOf(agent: Tree): Agent['network'] {
  const network = objectAt(agent, 'network');
  if (network) return { address: textAt(network, 'address'), kind: textAt(network, 'type') };
  const uri = textAt(agent, 'networkUri');
  if (uri !== '') return { address: uri, kind: '5' };
  const reference = textAt(objectAt(agent, 'networkReference'), 'reference');
  return { address: reference || textAt(agent, 'networkString'), kind: '' };
}

/** In R4 the type of a detail is a string, in R5 a concept. */
function detailTypes(detail: Tree): Coding[] {
  const text = textAt(detail, 'type');
  return text === ''
    ? codingsOf(objectsAt(detail, 'type'))
    : [{ system: '', code: text, display: '' }];
}

function detailValue(detail: Tree): string {
  const text = textAt(detail, 'valueString');
  if (text !== '') return text;
  const concept = codingsOf(objectsAt(detail, 'valueCodeableConcept'))[0];
  if (concept) return concept.code || concept.display;
  // DSTU2 and STU3 have the value as base64.
  const base64 = textAt(detail, 'valueBase64Binary') || textAt(detail, 'value');
  return base64 === '' ? '' : Buffer.from(base64, 'base64').toString('utf8');
}
