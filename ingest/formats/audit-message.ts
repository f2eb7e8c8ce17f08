/** AuditMessage XML, as DICOM PS3.15 A.5 and RFC 3881 have it, becomes access events. */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { RecordCode } from '../codes.ts';
import type { AccessEvent } from '../event.ts';
import type { Mapping } from '../mapping.ts';
import { isOverride, kindOf, outcomeOf, type Kind } from './audit-message/kind.ts';
import {
  documentField,
  identifiersOf,
  readObjects,
  type AuditObjects,
} from './audit-message/objects.ts';
import { userOf } from './audit-message/user.ts';
import { attributeOf, childrenOf, codesOf, lookUp, type Code } from './audit-message/xml.ts';
import { withoutMark } from './lines.ts';
import {
  refused,
  type Format,
  type MappedMessage,
  type MessageFormat,
  type MessageRefusal,
} from './message.ts';
import { messageTime } from './message-time.ts';
import { isOrganisationSystem, nhsNumberOf, plainSystem } from './nhs-identifiers.ts';
import { readXml, XmlError, xml_limits, type XmlElement, type XmlLimits } from './xml.ts';

/** The largest message seen is under 1 MiB; a DICOM study of a thousand series would still fit. */
export const message_bytes_max = 8 * 1024 * 1024;

/** A message has a dozen elements; one of a study lists its instances. */
const limits: XmlLimits = { ...xml_limits, depth_max: 32, elements_max: 200_000 };

type Draft = Partial<AccessEvent>;

/** One audit message, with or without a byte order mark; its event has the SHA-256 of its bytes without it as id. */
export const mapAuditMessage: Format = (given, mapping) => {
  const bytes = withoutMark(given);
  if (bytes.length > message_bytes_max)
    return refused('unknown', 'MESSAGE_TOO_LARGE', 'The message is larger than 8 MiB.');
  if (!isUtf8(bytes)) return refused('unknown', 'MESSAGE_NOT_UTF8', 'The message is not UTF-8.');
  let root: XmlElement;
  try {
    root = readXml(bytes.toString('utf8'), limits);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return refused('unknown', ...refusal_of_problem[error.problem]);
  }
  if (root.name !== 'AuditMessage')
    return refused('unknown', 'MESSAGE_NOT_AUDIT', 'The root of the XML is no AuditMessage.');
  return mapRoot(root, createHash('sha256').update(bytes).digest('hex'), mapping);
};

const refusal_of_problem: Record<XmlError['problem'], [RecordCode, string]> = {
  doctype: ['MESSAGE_XML_DOCTYPE', 'The XML has a DOCTYPE. Send it without.'],
  invalid: ['MESSAGE_XML_INVALID', 'The XML is not well formed, or was cut short.'],
  too_deep: ['MESSAGE_TOO_DEEP', 'The XML is nested deeper than any audit message is.'],
  too_large: ['MESSAGE_TOO_LARGE', 'The XML has more elements or attributes than it may.'],
};

function mapRoot(root: XmlElement, event_id: string, mapping: Mapping): MappedMessage {
  const [identification, ...more] = childrenOf(root, 'EventIdentification');
  const [event_code] = identification ? codesOf(identification, 'EventID') : [];
  if (!identification || !event_code || more.length > 0) {
    const where = 'AuditMessage.EventIdentification';
    if (more.length > 0)
      return refused('unknown', 'MESSAGE_FIELD_VALUE', `${where} stands there twice.`, where);
    const field = identification ? `${where}.EventID` : where;
    return refused('unknown', 'MESSAGE_FIELD_MISSING', `${field} is absent or empty.`, field);
  }
  const types = codesOf(identification, 'EventTypeCode');
  const action_code = attributeOf(identification, 'EventActionCode');
  const kind = kindOf(event_code, types, action_code, mapping);
  const objects = readObjects(root, types, mapping);
  const refusals: MessageRefusal[] = [];
  const act = {
    ...readAct(identification, types, kind, mapping, refusals),
    ...readUser(root, mapping, refusals),
    ...readSource(root, mapping, refusals),
    ...readShown(objects, kind),
  };
  const format = formatOf(identification);
  if (kind === 'not_access')
    return {
      ...refused(format, 'MESSAGE_KIND_NOT_ACCESS', kind_sentence, `${event_path}.EventID`),
      drafts: [{ ...act, event_id }],
    };
  return onePerPatient(format, event_id, act, objects, refusals, mapping);
}

const event_path = 'AuditMessage.EventIdentification';
const kind_sentence = 'The message tells of a start, a login, an alert or the like.';

function formatOf(identification: XmlElement): MessageFormat {
  const [event_id] = childrenOf(identification, 'EventID');
  return event_id && attributeOf(event_id, 'csd-code') !== '' ? 'dicom' : 'rfc3881';
}

/** What was done, when, how it ended, and why. */
function readAct(
  identification: XmlElement,
  types: readonly Code[],
  kind: Kind,
  mapping: Mapping,
  refusals: MessageRefusal[],
): Draft {
  const time = attributeOf(identification, 'EventDateTime');
  const outcome = outcomeOf(attributeOf(identification, 'EventOutcomeIndicator'));
  const purposes = codesOf(identification, 'PurposeOfUse');
  if (kind === 'unmapped') {
    refusals.push({
      code: 'MESSAGE_ACTION_UNMAPPED',
      message:
        'EventID, EventTypeCode and EventActionCode tell of no view, search or export. The mapping of the source may say that they do.',
      expression: `${event_path}.EventID`,
    });
  }
  if (time === '') {
    refusals.push({
      code: 'MESSAGE_TIME_MISSING',
      message: 'EventDateTime is absent or empty.',
      expression: `${event_path}.EventDateTime`,
    });
  }
  if (outcome === undefined) {
    refusals.push({
      code: 'MESSAGE_FIELD_VALUE',
      message: 'EventOutcomeIndicator has to be 0, 4, 8 or 12.',
      expression: `${event_path}.EventOutcomeIndicator`,
    });
  }
  const is_override =
    isOverride(types) || purposes.some(({ code }) => code === 'BTG' || code === 'ETREAT');
  return {
    ...(time !== '' && { occurred_at: messageTime(time, mapping.time_zone) }),
    ...(kind !== 'unmapped' && kind !== 'not_access' && { action: kind }),
    outcome: outcome ?? 'unknown',
    ...(purposes[0] && { purpose: purposes[0].code }),
    ...(is_override && { override: 'break_glass' as const }),
  };
}

function readUser(root: XmlElement, mapping: Mapping, refusals: MessageRefusal[]): Draft {
  const { fields, problem } = userOf(root, mapping);
  if (problem === 'unknown') {
    refusals.push({
      code: 'MESSAGE_USER_UNKNOWN',
      message: 'No ActiveParticipant is known to be a person.',
      expression: 'AuditMessage.ActiveParticipant',
    });
  }
  if (problem === 'ambiguous') {
    refusals.push({
      code: 'MESSAGE_USER_AMBIGUOUS',
      message:
        'Several ActiveParticipant elements may be the user. Name a RoleIDCode in user_codes or not_user_codes of the mapping.',
      expression: 'AuditMessage.ActiveParticipant',
    });
  }
  return fields;
}

/** The source of the audit: a site of the enterprise that runs it, and a system. */
function readSource(root: XmlElement, mapping: Mapping, refusals: MessageRefusal[]): Draft {
  const sources = childrenOf(root, 'AuditSourceIdentification');
  const first = (name: string) =>
    sources.map((source) => attributeOf(source, name)).find((value) => value !== '') ?? '';
  const site = first('AuditEnterpriseSiteID');
  const system = first('AuditSourceID');
  const organisation_code = organisationOf(site, system, mapping);
  if (organisation_code === '') {
    refusals.push({
      code: 'MESSAGE_ORGANISATION_UNKNOWN',
      message:
        'AuditEnterpriseSiteID is no ODS code that is known. Enter it in organisations of the mapping, or a default.',
      expression: 'AuditMessage.AuditSourceIdentification.AuditEnterpriseSiteID',
    });
  }
  const application = system === '' ? mapping.application : system;
  return {
    ...(organisation_code !== '' && { organisation_code }),
    // A help to the reader, and so no reason to refuse the event where it does not fit the field.
    ...(/^[\u0020-\u007e]{1,64}$/.test(site) && { site_code: site }),
    ...(application !== '' && { application }),
  };
}

/**
 * A bare site id has the form of an ODS code as often as not (`MPI`, `RIS`), so it is one only if the mapping says so:
 * for itself in `organisations`, or for all with `AuditEnterpriseSiteID` among `organisation_systems`.
 */
function organisationOf(site: string, system: string, mapping: Mapping): string {
  const identifiers = identifiersOf(site);
  const names = [site, ...identifiers.map(({ value }) => value), system];
  const named = names
    .map((code) => lookUp({ code, system: '', display: '' }, mapping.organisations))
    .find((code) => code !== undefined);
  if (named !== undefined) return named;
  const is_site_ods = mapping.organisation_systems.some(
    (each) => plainSystem(each) === plainSystem('AuditEnterpriseSiteID'),
  );
  const known = identifiers.find(({ system: of }) =>
    of === '' ? is_site_ods : isOrganisationSystem(of, mapping),
  );
  return known?.value ?? mapping.default_organisation_code;
}

function readShown({ documents, section, search_terms }: AuditObjects, kind: Kind): Draft {
  return {
    ...(section !== '' && { section }),
    ...(documents.length > 0 && { document_id: documentField(documents) }),
    ...(kind === 'search' && search_terms !== '' && { search_terms }),
  };
}

/** An event for each patient; without any for a search, which may find nobody. */
function onePerPatient(
  format: MessageFormat,
  event_id: string,
  act: Draft,
  { patients }: AuditObjects,
  refusals: MessageRefusal[],
  mapping: Mapping,
): MappedMessage {
  const withIds = (told: readonly Draft[]) =>
    told.map((draft, index) => ({
      ...draft,
      event_id: index === 0 ? event_id : `${event_id}#${index + 1}`,
    }));
  const drafts: Draft[] = [];
  const seen = new Set<string>();
  let is_without_patient = patients.length === 0;
  for (const { path, identifiers } of patients) {
    const patient_id = nhsNumberOf(identifiers, mapping);
    if (patient_id === undefined) {
      refusals.push({
        code: 'MESSAGE_PATIENT_NOT_NHS_NUMBER',
        message: 'The patient has no identifier that is known to be an NHS number.',
        expression: path,
      });
    } else if (!seen.has(patient_id)) {
      seen.add(patient_id);
      drafts.push({ ...act, patient_id });
    }
  }
  if (is_without_patient && act.action !== 'search') {
    refusals.push({
      code: 'MESSAGE_PATIENT_MISSING',
      message: 'No ParticipantObjectIdentification is a patient (type 1, role 1).',
      expression: 'AuditMessage.ParticipantObjectIdentification',
    });
    is_without_patient = false;
  }
  if (is_without_patient) drafts.push(act);
  // What fails for the message fails for each of its patients; what fails for one patient leaves the others.
  if (refusals.some(({ code }) => code !== 'MESSAGE_PATIENT_NOT_NHS_NUMBER') || drafts.length === 0)
    return { format, events: [], refusals, drafts: withIds(drafts.length > 0 ? drafts : [act]) };
  return { format, events: withIds(drafts) as AccessEvent[], refusals };
}
