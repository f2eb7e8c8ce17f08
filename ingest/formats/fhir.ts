/** FHIR AuditEvents from their bytes: JSON or XML, R5, R4, STU3 or DSTU2, one or a Bundle of them. */
import type { Mapping } from '../mapping.ts';
import { mapAuditEvent } from './fhir/audit-event.ts';
import { readBundle, type Bundle } from './fhir/bundle.ts';
import { checkResource } from './fhir/check.ts';
import { readAuditEvent, type FhirVersion } from './fhir/event.ts';
import { withOwnFields } from './fhir/own-fields.ts';
import { checkOlderEvent, readOlderEvent } from './fhir/older.ts';
import { r4_schema, r5_schema } from './fhir/schema.ts';
import { objectAt, objectsAt, textAt } from './fhir/tree.ts';
import { readResource, type Resource } from './fhir/resource.ts';
import type { Tree } from './fhir/xml.ts';
import { refused, type MappedMessage, type MessageRefusal } from './message.ts';

/**
 * A FHIR message of any kind. A Bundle becomes the events of all its entries; on its way in it is cut into them before
 * (`readBundle`), so that each is a message of its own.
 *
 * @param media_type tells XML from JSON; where it tells neither, the first character does
 */
export function readFhir(bytes: Buffer, media_type: string, mapping: Mapping): MappedMessage {
  // Most messages are none, and are spared the search for entries.
  if (!bytes.includes('Bundle')) return readAuditEventMessage(bytes, media_type, mapping);
  const bundle = readBundle(bytes, media_type);
  if ('entries' in bundle) return readEntries(bundle, media_type, mapping);
  const is_bundle = bundle.refusals[0]?.expression?.startsWith('Bundle.') ?? false;
  return is_bundle ? bundle : readAuditEventMessage(bytes, media_type, mapping);
}

/** One AuditEvent, and nothing else. */
export function readAuditEventMessage(
  bytes: Buffer,
  media_type: string,
  mapping: Mapping,
): MappedMessage {
  const found = readResource(bytes, media_type);
  return 'refusals' in found ? found : mapResource(found, bytes, mapping);
}

function mapResource({ tree, loose }: Resource, bytes: Buffer, mapping: Mapping): MappedMessage {
  const type = textAt(loose, 'resourceType');
  if (type !== 'AuditEvent')
    return refused(
      'unknown',
      'MESSAGE_NOT_AUDIT',
      'The resource is no AuditEvent.',
      'resourceType',
    );
  const version = versionOf(loose);
  if (version === undefined)
    return refused(
      'unknown',
      'MESSAGE_VERSION_UNKNOWN',
      'The AuditEvent has the shape of none of R5, R4, STU3 and DSTU2.',
      'AuditEvent',
    );
  if (version === 'fhir_stu3' || version === 'fhir_dstu2') {
    const event = readOlderEvent(loose, version);
    return mapAuditEvent(event, checkOlderEvent(event), bytes, mapping);
  }
  const schema = version === 'fhir_r5' ? r5_schema : r4_schema;
  const strict = tree(schema);
  const faults = checkResource(strict, schema);
  const mapped = mapAuditEvent(readAuditEvent(strict, version), faults, bytes, mapping);
  return version === 'fhir_r4' ? withOwnFields(strict, mapped) : mapped;
}

/** The entries of a Bundle under the message that it is, with where in it each refusal is. */
function readEntries(bundle: Bundle, media_type: string, mapping: Mapping): MappedMessage {
  const maps = bundle.entries.map(({ bytes: entry, refusal }) =>
    refusal
      ? { format: 'unknown' as const, events: [], refusals: [refusal] }
      : readAuditEventMessage(entry, media_type, mapping),
  );
  if (maps.length === 0)
    return refused('unknown', 'MESSAGE_NOT_AUDIT', 'The Bundle has no entry.', 'Bundle.entry');
  return {
    format: maps.find(({ format }) => format !== 'unknown')?.format ?? 'unknown',
    events: maps.flatMap(({ events }) => events),
    refusals: maps.flatMap(({ refusals }, index) =>
      refusals.map((refusal) => atEntry(refusal, index)),
    ),
    drafts: maps.flatMap(({ drafts = [] }) => drafts),
  };
}

/** A refusal as seen from the Bundle. */
export function atEntry(refusal: MessageRefusal, index: number): MessageRefusal {
  const entry = `Bundle.entry[${index}]`;
  const { expression = '' } = refusal;
  if (expression.startsWith('Bundle.')) return refusal;
  const rest = expression.replace(/^AuditEvent(?=\.|$)/, '').replace(/^resourceType$/, '');
  return {
    ...refusal,
    expression: `${entry}.resource${rest === '' ? '' : `.${rest.replace(/^\./, '')}`}`,
  };
}

/** The version by the names that only it has. */
function versionOf(tree: Tree): FhirVersion | undefined {
  const has = (...names: string[]) => names.some((name) => Object.hasOwn(tree, name));
  if (has('event', 'participant', 'object')) return 'fhir_dstu2';
  const agents = objectsAt(tree, 'agent');
  const entities = objectsAt(tree, 'entity');
  const source = objectAt(tree, 'source');
  const is_stu3 =
    agents.some((agent) => Object.hasOwn(agent, 'userId') || Object.hasOwn(agent, 'reference')) ||
    entities.some(
      (each) => Object.hasOwn(each, 'identifier') || Object.hasOwn(each, 'reference'),
    ) ||
    (source !== undefined && Object.hasOwn(source, 'identifier'));
  if (is_stu3) return 'fhir_stu3';
  if (has('type', 'subtype', 'purposeOfEvent', 'outcomeDesc', 'period')) return 'fhir_r4';
  if (has('code', 'category', 'occurredDateTime', 'occurredPeriod', 'severity')) return 'fhir_r5';
  return undefined;
}
