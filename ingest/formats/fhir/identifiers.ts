/** Identifiers as they occur in audit events: HL7 v2 CX, `urn:oid:`, escaped twice, in a reference. */
import type { Mapping } from '../../mapping.ts';
import { plainSystem, type Identifier } from '../nhs-identifiers.ts';

const identifier_length_max = 2_000;

/** In these registries the id of a Patient is the NHS number. */
const nhs_number_bases = /(?:^|\.)api\.service\.nhs\.uk\/personal-demographics\/FHIR\/R4$/i;

/**
 * An identifier with what its value says of its system:
 * - CX (HL7 v2, 2.A.14) `id^^^NAME`, `id^^^&OID&ISO` or `id^^^NAME&OID&ISO^PI`, where the OID goes before the name;
 * - `urn:oid:1.2|id`, `1.2.3|id` or `https://…|id`.
 *
 * A system of its own goes before those.
 */
export function readIdentifier(system: string, value: string): Identifier {
  // An identifier is short. What is not is none, and the patterns below are not tried on it.
  if (value.length > identifier_length_max) return { system, value };
  const plain = withoutEscapes(value.trim());
  const [id = '', , , authority = ''] = plain.split('^');
  if (plain.includes('^^^') && id !== '') {
    const [name = '', oid = ''] = authority.split('&');
    const told = oid === '' ? name : `urn:oid:${oid.replace(/^urn:oid:/, '')}`;
    return { system: system || told, value: id };
  }
  const bar = /^((?:urn:|https?:\/\/)[^|\s]+|\d+(?:\.\d+)+)\|([^|]+)$/.exec(plain);
  if (bar?.[1] !== undefined && bar[2] !== undefined) {
    const told = /^\d/.test(bar[1]) ? `urn:oid:${bar[1]}` : bar[1];
    return { system: system || told, value: bar[2] };
  }
  return { system, value: plain };
}

/** The identifier of a reference that is a search, `Patient?identifier=system|id`. */
export function identifierOfReference(reference: string): Identifier | undefined {
  if (reference.length > identifier_length_max) return undefined;
  const at = reference.indexOf('?');
  const value = at < 0 ? null : new URLSearchParams(reference.slice(at + 1)).get('identifier');
  return value ? readIdentifier('', value) : undefined;
}

/**
 * What a reference to a Patient says of their identifiers: the id under the base of its server as the system, where the
 * national registry or the mapping knows it; without a system where the reference is relative.
 */
export function identifiersOfPatient(reference: string, mapping: Mapping): Identifier[] {
  if (reference.length > identifier_length_max) return [];
  const match = /^(?:(.*)\/)?Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]*)?$/.exec(
    reference,
  );
  if (!match) return [];
  const [, base = '', value = ''] = match;
  if (base === '') return [{ system: '', value }];
  if (nhs_number_bases.test(plainBase(base)))
    return [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }];
  const system = `${base}/Patient`;
  const is_known = mapping.nhs_number_systems.some((each) =>
    [plainSystem(base), plainSystem(system)].includes(plainSystem(each)),
  );
  return is_known ? [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }] : [{ system, value }];
}

/** In the directory of organisations the id of an Organization is its ODS code. */
export function organisationOfReference(reference: string): string {
  const match =
    /^https?:\/\/(?:[\w-]+\.)*directory\.spineservices\.nhs\.uk\/[\w/]*Organization\/([A-Z0-9]{1,32})$/i.exec(
      reference.slice(0, identifier_length_max),
    );
  return match?.[1] ?? '';
}

function plainBase(base: string): string {
  return base.replace(/^https?:\/\//, '');
}

/** Relays escape the ampersands of a CX once more each time they write it into XML. */
function withoutEscapes(value: string): string {
  let text = value;
  for (let times = 0; times < 4 && text.includes('&amp;'); times++)
    text = text.replaceAll('&amp;', '&');
  return text;
}
