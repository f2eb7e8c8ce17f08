/** FHIR for the fuzzer: valid messages to mutate, and what has to hold of the outcome of any bytes. */
import { judgeMessage } from '../../ingest/receive-message.ts';
import { readFhir } from '../../ingest/formats/fhir.ts';
import { readBundle } from '../../ingest/formats/fhir/bundle.ts';
import type { MappedMessage } from '../../ingest/formats/message.ts';
import { parseMapping } from '../../ingest/mapping.ts';
import {
  bundleOf,
  documentEntity,
  queryEntity,
  readEvent,
  readEventR5,
  readEventXml,
  scrAlert,
} from '../support/fhir-messages.ts';

const mapping = parseMapping({
  default_organisation_code: 'RZZ01',
  is_bare_patient_id_nhs_number: true,
  time_zone: 'Europe/London',
  sections: { DocumentReference: 'documents' },
});

const context = {
  received_at: Date.UTC(2026, 5, 1),
  future_ms_max: 600_000,
  default_staff_id_system: 'urn:test',
  organisation_codes: new Set<string>(),
};

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

const resources = [
  readEvent('one', {
    entity: [...entitiesOf(readEvent('x')), documentEntity('d1'), queryEntity('a=b')],
  }),
  readEventR5('five'),
  scrAlert('1', '4'),
  {
    resourceType: 'AuditEvent',
    event: { type: { code: 'rest' }, action: 'R', dateTime: '2026-03-01T10:00:00Z' },
    participant: [{ userId: { value: 'u1' }, requestor: true }],
    object: [
      { identifier: { value: '9990000018^^^&2.16.840.1.113883.2.1.4.1&ISO' }, role: { code: '1' } },
    ],
  },
];

/** @throws Error where an outcome is none, or is not the same twice */
function check(read: () => MappedMessage, bytes: Buffer): void {
  const mapped = read();
  if (mapped.events.length + mapped.refusals.length === 0) throw new Error('Nothing came of it.');
  if (JSON.stringify(read()) !== JSON.stringify(mapped)) throw new Error('It came out otherwise.');
  judgeMessage({ bytes, transport: 'http', media_type: '' }, mapped, context);
}

export const targets: readonly {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  readonly run: (bytes: Buffer) => void;
}[] = [
  {
    name: 'fhir json',
    seeds: [
      ...resources.map(json),
      Buffer.from(`{"resourceType":"AuditEvent","type":${'['.repeat(100_000)}`),
      Buffer.from(`{"resourceType":"AuditEvent","id":"${'\\\\"'.repeat(100_000)}`),
      json(
        readEvent('many', { agent: Array.from({ length: 5_000 }, () => ({ requestor: true })) }),
      ),
    ],
    run: (bytes) => check(() => readFhir(bytes, 'application/fhir+json', mapping), bytes),
  },
  {
    name: 'fhir xml',
    seeds: [
      readEventXml('one'),
      readEventXml('two', ''),
      '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><AuditEvent>&c;</AuditEvent>',
      `<AuditEvent xmlns="http://hl7.org/fhir">${'<agent>'.repeat(20_000)}`,
    ].map((text) => Buffer.from(text)),
    run: (bytes) => check(() => readFhir(bytes, 'application/fhir+xml', mapping), bytes),
  },
  {
    name: 'fhir bundle',
    seeds: [
      json(bundleOf('batch', resources)),
      json(bundleOf('collection', resources.slice(0, 1))),
      Buffer.from(
        `<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/><entry><resource>${readEventXml('a', '')}</resource></entry></Bundle>`,
      ),
    ],
    run(bytes) {
      const bundle = readBundle(bytes, '');
      if ('entries' in bundle)
        for (const { bytes: entry } of bundle.entries)
          if (!bytes.includes(entry)) throw new Error('An entry is no part of its Bundle.');
      check(() => readFhir(bytes, '', mapping), bytes);
    },
  },
];

function entitiesOf(event: Record<string, unknown>): object[] {
  return event['entity'] as object[];
}
