/** Writes an access event as a FHIR R4 AuditEvent, in the shape that BALP gives a look at a patient's record. */
import { isIP } from 'node:net';
import type { StoredEvent } from '../../../sql/canonical.ts';
import type { SpooledEvent } from '../../event.ts';
import { fhirId } from './id.ts';

/** A stored event as it is read back: what its sender said of it, absent fields empty, and when it was received. */
export type FoundEvent = Omit<
  StoredEvent,
  | 'occurred_at'
  | 'received_at'
  | 'load_seq'
  | 'segment_id'
  | 'segment_position'
  | 'message_id'
  | 'salt'
> & {
  /** Epoch milliseconds. */
  readonly occurred_at_ms: number;
  readonly received_at_ms: number;
};

/** A code with its system. */
export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

/** An event that has just been taken, as it will be read back. */
export function storedForm(
  source: string,
  event: SpooledEvent,
  received_at_ms: number,
): FoundEvent {
  const { occurred_at, ...fields } = event;
  return {
    ...absent,
    ...fields,
    source,
    occurred_at_ms: occurred_at,
    received_at_ms,
  };
}

const absent = {
  outcome: 'unknown',
  trigger: 'unknown',
  staff_name: '',
  role_code: '',
  role_name: '',
  site_code: '',
  application: '',
  session_id: '',
  launch_id: '',
  device_id: '',
  ip_address: '',
  patient_id: '',
  section: '',
  document_id: '',
  supplier_codes: [],
  purpose: 'unknown',
  override: '',
  reason: '',
  search_terms: '',
  search_results: [],
};

export type Resource = { readonly resourceType: string } & Readonly<Record<string, unknown>>;

export const nhs_number_system = 'https://fhir.nhs.uk/Id/nhs-number';
export const organisation_system = 'https://fhir.nhs.uk/Id/ods-organization-code';
export const source_system = 'urn:access-audit:source';
/** The extension with the fields of the contract that FHIR has no place for, each under its own name. */
export const fields_extension = 'urn:access-audit:event-fields';

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const event_types = 'http://terminology.hl7.org/CodeSystem/audit-event-type';
const interactions = 'http://hl7.org/fhir/restful-interaction';
const participation_types = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const act_reasons = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const entity_types = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const entity_roles = 'http://terminology.hl7.org/CodeSystem/object-role';

/** What each action is in FHIR. What a screen shows is read, and what leaves it is an export in the words of DICOM. */
const kinds: Readonly<Record<string, { type: Coding; subtype: Coding; action: string }>> = {
  view: {
    type: { system: event_types, code: 'rest', display: 'RESTful Operation' },
    subtype: { system: interactions, code: 'read', display: 'read' },
    action: 'R',
  },
  search: {
    type: { system: event_types, code: 'rest', display: 'RESTful Operation' },
    subtype: { system: interactions, code: 'search', display: 'search' },
    action: 'E',
  },
  export: {
    type: { system: dicom, code: '110106', display: 'Export' },
    subtype: { system: 'urn:access-audit:action', code: 'export', display: 'Export' },
    action: 'R',
  },
  print: {
    type: { system: dicom, code: '110106', display: 'Export' },
    subtype: { system: 'urn:access-audit:action', code: 'print', display: 'Print' },
    action: 'R',
  },
};

// An outcome that is unknown has no code: absent means unknown, never success.
const outcomes: Readonly<Record<string, string>> = { success: '0', denied: '4', error: '8' };

/** The actions, with the codes under which they are found. */
export const action_codings: readonly {
  action: string;
  type: Coding;
  subtype: Coding;
  code: string;
}[] = Object.entries(kinds).map(([action, { type, subtype, action: code }]) => ({
  action,
  type,
  subtype,
  code,
}));

/** The outcomes that have a code, with it. */
export const outcome_codes: readonly { outcome: string; code: string }[] = Object.entries(
  outcomes,
).map(([outcome, code]) => ({ outcome, code }));

/** The AuditEvent of an event; its keys stand in the order of the standard, which XML needs. */
export function writeAuditEvent(event: FoundEvent): Resource {
  const kind = kinds[event.action] ?? kinds['view'];
  const outcome = outcomes[event.outcome];
  const reasons = [
    ...(event.purpose === 'unknown' ? [] : [event.purpose]),
    ...(event.override === 'break_glass' && event.purpose !== 'BTG' ? ['BTG'] : []),
  ];
  return {
    resourceType: 'AuditEvent',
    id: fhirId(event.source, event.event_id),
    meta: { lastUpdated: new Date(event.received_at_ms).toISOString() },
    ...extensionOf(event),
    type: kind?.type,
    subtype: [kind?.subtype],
    action: kind?.action,
    recorded: new Date(event.occurred_at_ms).toISOString(),
    ...(outcome !== undefined && { outcome }),
    ...(reasons.length > 0 && {
      purposeOfEvent: reasons.map((code) => ({ coding: [{ system: act_reasons, code }] })),
    }),
    agent: [user(event), organisation(event), ...client(event)],
    source: {
      ...(event.site_code !== '' && { site: event.site_code }),
      observer: { identifier: { system: source_system, value: event.source } },
    },
    ...entities(event),
  };
}

function user(event: FoundEvent) {
  const { role_code, role_name } = event;
  const role = {
    ...(role_code !== '' && {
      coding: [{ code: role_code, ...(role_name !== '' && { display: role_name }) }],
    }),
    ...(role_name !== '' && { text: role_name }),
  };
  return {
    type: {
      coding: [{ system: participation_types, code: 'IRCP', display: 'information recipient' }],
    },
    ...((role_code !== '' || role_name !== '') && { role: [role] }),
    who: {
      identifier: {
        ...(event.staff_id_system !== '' && { system: event.staff_id_system }),
        value: event.staff_id,
      },
      ...(event.staff_name !== '' && { display: event.staff_name }),
    },
    requestor: true,
  };
}

function organisation(event: FoundEvent) {
  return {
    type: {
      coding: [{ system: participation_types, code: 'PROV', display: 'healthcare provider' }],
    },
    who: {
      type: 'Organization',
      identifier: { system: organisation_system, value: event.organisation_code },
    },
    requestor: false,
  };
}

/** The application, and the machine before which the user sat: a network address is the IP where there is one, else the name. */
function client({ application, ip_address, device_id, action }: FoundEvent) {
  const plain = (code: string, display: string, name: string) => ({
    type: { coding: [{ system: dicom, code, display }] },
    who: { display: name },
    requestor: false,
  });
  const is_ip = isIP(ip_address) !== 0;
  const address = is_ip ? ip_address : device_id;
  // BALP has the client of what is read as destination, and that of a search or an export as source.
  const machine =
    action === 'view'
      ? plain('110152', 'Destination Role ID', 'client')
      : plain('110153', 'Source Role ID', 'client');
  return [
    ...(application === '' ? [] : [plain('110150', 'Application', application)]),
    ...(address === '' ? [] : [{ ...machine, network: { address, type: is_ip ? '2' : '1' } }]),
  ];
}

function entities(event: FoundEvent): { entity?: readonly object[] } {
  const { patient_id, section, document_id, search_terms, action } = event;
  const entity: object[] = [];
  if (patient_id !== '') {
    entity.push({
      what: { type: 'Patient', identifier: { system: nhs_number_system, value: patient_id } },
      type: { system: entity_types, code: '1', display: 'Person' },
      role: { system: entity_roles, code: '1', display: 'Patient' },
    });
  }
  if (section !== '' || document_id !== '') {
    entity.push({
      ...(document_id !== '' && { what: { identifier: { value: document_id } } }),
      type: { system: entity_types, code: '2', display: 'System Object' },
      role: { system: entity_roles, code: '3', display: 'Report' },
      ...(section !== '' && { detail: [{ type: 'section', valueString: section }] }),
    });
  }
  if (action === 'search') {
    entity.push({
      type: { system: entity_types, code: '2', display: 'System Object' },
      role: { system: entity_roles, code: '24', display: 'Query' },
      ...(search_terms !== '' && { query: Buffer.from(search_terms).toString('base64') }),
    });
  }
  return entity.length > 0 ? { entity } : {};
}

/**
 * The id, and the fields that FHIR has no place for, or that would be read as something else: nothing that was stored is
 * missing from what is read back (`fhir/own-fields.ts` reads it).
 */
function extensionOf(event: FoundEvent) {
  const { action, outcome, trigger, override, purpose, ip_address, role_code } = event;
  const is_role_plain = role_code !== '' && !/^110\d{3}$/.test(role_code);
  const told: readonly (readonly [name: keyof FoundEvent, is_told: boolean])[] = [
    ['event_id', true],
    ['action', action === 'print'],
    ['outcome', outcome === 'denied'],
    ['trigger', trigger !== 'unknown'],
    ['role_code', !is_role_plain],
    ['role_name', !is_role_plain],
    ['site_code', true],
    ['session_id', true],
    ['launch_id', true],
    ['ip_address', isIP(ip_address) === 0],
    ['device_id', isIP(ip_address) !== 0],
    ['document_id', action === 'search'],
    ['supplier_codes', true],
    ['purpose', purpose === 'unknown' && override === 'break_glass'],
    ['override', override !== 'break_glass'],
    ['reason', true],
    ['search_results', true],
  ];
  const extension = told
    .filter(([, is_told]) => is_told)
    .flatMap(([name]) => [event[name]].flat().map((value) => ({ name, value: String(value) })))
    .filter(({ value }) => value !== '')
    .map(({ name, value }) => ({ url: name, valueString: value }));
  return { extension: [{ url: fields_extension, extension }] };
}
