/** The id under which FHIR clients find an event. */
import { createHash } from 'node:crypto';

/**
 * Ids of senders may be no FHIR ids, and two sources may use one: so it is the SHA-256 of both, in hex, whose 64 digits
 * are just what FHIR allows. In SQL: `lower(hex(SHA256(concat(source, '\n', event_id))))`.
 */
export function fhirId(source: string, event_id: string): string {
  return createHash('sha256').update(`${source}\n${event_id}`).digest('hex');
}
