/** What the FHIR interface can do, as it says it itself. */
import type { Resource } from '../formats/fhir/write.ts';

/** `GET /fhir/metadata`. */
export function capabilityStatement(base: string): Resource {
  const parameter = ([name, type]: readonly [string, string]) => ({ name, type });
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-01',
    kind: 'instance',
    software: { name: 'access-audit' },
    implementation: {
      description: 'Access audit: takes audit events and gives them back',
      url: base,
    },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml'],
    rest: [
      {
        mode: 'server',
        security: { description: 'The key of a source: Authorization: Bearer <key>.' },
        resource: [
          {
            type: 'AuditEvent',
            documentation:
              'Takes R5, R4, STU3 and DSTU2, and gives R4 back. What cannot be mapped to a look at a record is refused with its reason, and kept.',
            interaction: [{ code: 'read' }, { code: 'create' }, { code: 'search-type' }],
            versioning: 'no-version',
            conditionalCreate: false,
            searchParam: search_parameters.map(parameter),
          },
        ],
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
      },
    ],
  };
}

const search_parameters = [
  ['_id', 'token'],
  ['_lastUpdated', 'date'],
  ['date', 'date'],
  ['address', 'string'],
  ['agent.identifier', 'token'],
  ['patient.identifier', 'token'],
  ['entity.identifier', 'token'],
  ['entity-type', 'token'],
  ['entity-role', 'token'],
  ['source.identifier', 'token'],
  ['type', 'token'],
  ['subtype', 'token'],
  ['action', 'token'],
  ['outcome', 'token'],
] as const;
