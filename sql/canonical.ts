/** Canonical bytes of a stored event, version 1: the same as the column `access_events.canonical_v1`. */
import { createHash } from 'node:crypto';

/** A stored access event. Instants in epoch milliseconds; `salt` is 16 bytes. */
export interface StoredEvent {
  readonly source: string;
  readonly event_id: string;
  readonly occurred_at: number;
  readonly action: string;
  readonly outcome: string;
  readonly trigger: string;
  readonly staff_id: string;
  readonly staff_id_system: string;
  readonly staff_name: string;
  readonly role_code: string;
  readonly role_name: string;
  readonly organisation_code: string;
  readonly site_code: string;
  readonly application: string;
  readonly session_id: string;
  readonly launch_id: string;
  readonly device_id: string;
  readonly ip_address: string;
  readonly patient_id: string;
  readonly section: string;
  readonly document_id: string;
  readonly supplier_codes: readonly string[];
  readonly purpose: string;
  readonly override: string;
  readonly reason: string;
  readonly search_terms: string;
  readonly search_results: readonly string[];
  readonly received_at: number;
  readonly load_seq: number;
  readonly segment_id: string;
  readonly segment_position: number;
  readonly message_id: string;
  readonly salt: Uint8Array;
}

/**
 * What the sender said, as bytes: each text as its length in bytes, a colon, the bytes and a comma (a netstring);
 * each number in decimal and a comma; each list as its count and its netstrings in brackets.
 *
 * Lengths make it injective: no two events have the same bytes, whatever their fields hold.
 */
export function contentV1(event: StoredEvent): Buffer {
  return Buffer.from(
    text(event.source) +
      text(event.event_id) +
      number(event.occurred_at) +
      [event.action, event.outcome, event.trigger, event.staff_id, event.staff_id_system]
        .map(text)
        .join('') +
      [event.staff_name, event.role_code, event.role_name, event.organisation_code]
        .map(text)
        .join('') +
      [event.site_code, event.application, event.session_id, event.launch_id].map(text).join('') +
      [event.device_id, event.ip_address, event.patient_id, event.section].map(text).join('') +
      text(event.document_id) +
      list(event.supplier_codes) +
      [event.purpose, event.override, event.reason, event.search_terms].map(text).join('') +
      list(event.search_results),
  );
}

/** The whole row, as bytes: a version, what the sender said, and what we added. */
export function canonicalV1(event: StoredEvent): Buffer {
  return Buffer.concat([
    Buffer.from('access-audit/event/1,'),
    contentV1(event),
    Buffer.from(
      number(event.received_at) +
        number(event.load_seq) +
        text(event.segment_id) +
        number(event.segment_position) +
        text(event.message_id),
    ),
  ]);
}

/**
 * The leaf of an event in its load's Merkle tree: SHA-256 over 0x00 (RFC 6962, section 2.1) and the salted
 * commitment, SHA-256 over salt and canonical bytes. Without the salt it says nothing of a ten-digit number.
 *
 * @returns 32 bytes
 */
export function leafHashV1(event: StoredEvent): Buffer {
  const commitment = createHash('sha256').update(event.salt).update(canonicalV1(event)).digest();
  return createHash('sha256').update(Buffer.of(0)).update(commitment).digest();
}

function text(value: string): string {
  return `${Buffer.byteLength(value)}:${value},`;
}

function number(value: number): string {
  return `${value},`;
}

function list(values: readonly string[]): string {
  return `${values.length}[${values.map(text).join('')}],`;
}
