/** What a FHIR R4 or R5 AuditEvent may hold, element by element: it reads XML into the tree of the JSON, and checks both. */

/**
 * `name: 'cardinality type'`: `1` has to be there, `?` may be, `*` is a list that may be, `+` a list that has to be. A type
 * that is not in the schema is a primitive, or `Any`, which is not looked into.
 */
export type Elements = Readonly<Record<string, string>>;
export type Schema = Readonly<Record<string, Elements>>;

/** How often an element may stand, and what it is. */
export interface ElementRule {
  readonly is_required: boolean;
  readonly is_list: boolean;
  readonly type: string;
}

/** The rule of an element; undefined where the type has no such element. */
export function ruleOf(schema: Schema, type: string, name: string): ElementRule | undefined {
  const elements = schema[type];
  if (!elements) return undefined;
  const text = Object.hasOwn(elements, name)
    ? elements[name]
    : Object.hasOwn(every_element, name)
      ? every_element[name]
      : undefined;
  return text === undefined ? undefined : parsed(text);
}

function parsed(text: string): ElementRule {
  const [cardinality = '', type = ''] = text.split(' ');
  return {
    is_required: cardinality === '1' || cardinality === '+',
    is_list: cardinality === '*' || cardinality === '+',
    type,
  };
}

/** What FHIR lets every element have; `modifierExtension` changes the meaning, so that the check refuses it. */
const every_element: Elements = {
  id: '? string',
  extension: '* Any',
  modifierExtension: '* Modifier',
};

const resource: Elements = {
  id: '? id',
  meta: '? Any',
  implicitRules: '? Modifier',
  language: '? code',
  text: '? Narrative',
  contained: '* Resource',
};

const data_types: Schema = {
  Coding: {
    system: '? uri',
    version: '? string',
    code: '? code',
    display: '? string',
    userSelected: '? boolean',
  },
  CodeableConcept: { coding: '* Coding', text: '? string' },
  Identifier: {
    use: '? code',
    type: '? CodeableConcept',
    system: '? uri',
    value: '? string',
    period: '? Period',
    assigner: '? Any',
  },
  Reference: {
    reference: '? string',
    type: '? uri',
    identifier: '? Identifier',
    display: '? string',
  },
  Period: { start: '? string', end: '? string' },
};

// Senders leave out `recorded` and `who`, which the standard requires: what that means is decided where they are read.
export const r4_schema: Schema = {
  ...data_types,
  AuditEvent: {
    ...resource,
    type: '1 Coding',
    subtype: '* Coding',
    action: '? AuditEventAction',
    period: '? Period',
    recorded: '? string',
    outcome: '? AuditEventOutcome',
    outcomeDesc: '? string',
    purposeOfEvent: '* CodeableConcept',
    agent: '+ Agent',
    source: '1 Source',
    entity: '* Entity',
  },
  Agent: {
    type: '? CodeableConcept',
    role: '* CodeableConcept',
    who: '? Reference',
    altId: '? string',
    name: '? string',
    requestor: '1 boolean',
    location: '? Reference',
    policy: '* uri',
    media: '? Coding',
    network: '? Network',
    purposeOfUse: '* CodeableConcept',
  },
  Network: { address: '? string', type: '? AuditEventAgentNetworkType' },
  Source: { site: '? string', observer: '1 Reference', type: '* Coding' },
  Entity: {
    what: '? Reference',
    type: '? Coding',
    role: '? Coding',
    lifecycle: '? Coding',
    securityLabel: '* Coding',
    name: '? string',
    description: '? string',
    query: '? base64Binary',
    detail: '* Detail',
  },
  Detail: { type: '1 string', valueString: '? string', valueBase64Binary: '? base64Binary' },
};

export const r5_schema: Schema = {
  ...data_types,
  AuditEvent: {
    ...resource,
    category: '* CodeableConcept',
    code: '1 CodeableConcept',
    action: '? AuditEventAction',
    severity: '? AuditEventSeverity',
    occurredPeriod: '? Period',
    occurredDateTime: '? string',
    recorded: '? string',
    outcome: '? Outcome',
    authorization: '* CodeableConcept',
    basedOn: '* Reference',
    patient: '? Reference',
    encounter: '? Reference',
    agent: '+ Agent',
    source: '1 Source',
    entity: '* Entity',
  },
  Outcome: { code: '1 Coding', detail: '* CodeableConcept' },
  Agent: {
    type: '? CodeableConcept',
    role: '* CodeableConcept',
    who: '? Reference',
    requestor: '? boolean',
    location: '? Reference',
    policy: '* uri',
    networkReference: '? Reference',
    networkUri: '? uri',
    networkString: '? string',
    authorization: '* CodeableConcept',
  },
  Source: { site: '? Reference', observer: '1 Reference', type: '* CodeableConcept' },
  Entity: {
    what: '? Reference',
    role: '? CodeableConcept',
    securityLabel: '* CodeableConcept',
    query: '? base64Binary',
    detail: '* Detail',
    agent: '* Agent',
  },
  Detail: {
    type: '1 CodeableConcept',
    valueQuantity: '? Any',
    valueCodeableConcept: '? CodeableConcept',
    valueString: '? string',
    valueBoolean: '? boolean',
    valueInteger: '? integer',
    valueRange: '? Any',
    valueRatio: '? Any',
    valueTime: '? string',
    valueDateTime: '? string',
    valuePeriod: '? Period',
    valueBase64Binary: '? base64Binary',
  },
};
