/** Identifier systems that mean an NHS number, an organisation (ODS) or a member of staff, in every spelling in use. */
import type { Mapping } from '../mapping.ts';

/** An identifier as a message has it; the system is empty where it names none. */
export interface Identifier {
  readonly system: string;
  readonly value: string;
}

// Written as `plainSystem` leaves them. The OIDs are those of the NHS number (verified, new and old) and of ODS.
const nhs_number_systems: ReadonlySet<string> = new Set([
  'fhir.nhs.uk/id/nhs-number',
  'fhir.nhs.net/id/nhs-number',
  'fhir.hl7.org.uk/id/nhs-number',
  '2.16.840.1.113883.2.1.4.1',
  'nhs',
]);

const organisation_systems: ReadonlySet<string> = new Set([
  'fhir.nhs.uk/id/ods-organization-code',
  'fhir.nhs.uk/id/ods-organisation-code',
  'fhir.nhs.uk/id/ods-site-code',
  'fhir.nhs.net/id/ods-organization-code',
  'fhir.hl7.org.uk/id/ods-organization-code',
  '2.16.840.1.113883.2.1.4.3',
  '2.16.840.1.113883.2.1.3.2.4.18.48',
  '1.2.826.0.1285.0.1.10',
]);

/** Whether the values of a system are NHS numbers, by common knowledge or by the source's mapping. */
export function isNhsNumberSystem(system: string, mapping: Mapping): boolean {
  return isKnown(system, nhs_number_systems, mapping.nhs_number_systems);
}

/** Whether the values of a system are ODS codes, by common knowledge or by the source's mapping. */
export function isOrganisationSystem(system: string, mapping: Mapping): boolean {
  return isKnown(system, organisation_systems, mapping.organisation_systems);
}

/**
 * The NHS number among the identifiers of one patient; undefined where none of them is one. Whether its check digit is
 * valid is for the check of the event to say.
 */
export function nhsNumberOf(
  identifiers: readonly Identifier[],
  mapping: Mapping,
): string | undefined {
  const found =
    identifiers.find(({ system }) => system !== '' && isNhsNumberSystem(system, mapping)) ??
    (mapping.is_bare_patient_id_nhs_number
      ? identifiers.find(({ system }) => system === '')
      : undefined);
  return found && withoutGroups(found.value);
}

/** A system without what differs between spellings of the same: scheme, `urn:oid:`, case, a slash at the end. */
export function plainSystem(system: string): string {
  return system
    .trim()
    .toLowerCase()
    .replace(/^(https?:\/\/|urn:oid:)/, '')
    .replace(/\/$/, '');
}

function isKnown(system: string, known: ReadonlySet<string>, more: readonly string[]): boolean {
  const plain = plainSystem(system);
  return plain !== '' && (known.has(plain) || more.some((each) => plainSystem(each) === plain));
}

/** People write the number in groups of three, three and four digits. */
function withoutGroups(value: string): string {
  const match = /^(\d{3})[ -](\d{3})[ -](\d{4})$/.exec(value.trim());
  return match ? match.slice(1).join('') : value.trim();
}
