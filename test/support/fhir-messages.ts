/** Synthetic FHIR AuditEvents in the shapes that senders give them, for the tests of every layer. */

export const nhs_number = 'https://fhir.nhs.uk/Id/nhs-number';
export const ods = 'https://fhir.nhs.uk/Id/ods-organization-code';
export const sds_user = 'https://fhir.nhs.uk/Id/sds-user-id';
const terminology = 'http://terminology.hl7.org/CodeSystem';
export const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
export const interaction = 'http://hl7.org/fhir/restful-interaction';

export type Json = Record<string, unknown>;

/** An R4 read of one patient's record, as a national service writes it: organisation and person both asked. */
export function readEvent(id: string, fields: Json = {}): Json {
  return {
    resourceType: 'AuditEvent',
    id,
    type: { system: `${terminology}/audit-event-type`, code: 'rest' },
    subtype: [{ system: interaction, code: 'read' }],
    action: 'R',
    recorded: '2026-03-01T10:00:00.123+00:00',
    outcome: '0',
    agent: [organisationAgent('RZZ01'), personAgent('555000000001')],
    source: { observer: { display: 'Synthetic exchange' } },
    entity: [patientEntity('9990000018')],
    ...fields,
  };
}

export function organisationAgent(code: string): Json {
  return {
    who: { type: 'Organization', identifier: { system: ods, value: code } },
    requestor: true,
  };
}

export function personAgent(id: string, fields: Json = {}): Json {
  return {
    who: { type: 'Practitioner', identifier: { system: sds_user, value: id }, display: 'Test, A' },
    requestor: true,
    ...fields,
  };
}

export function patientEntity(id: string, system: string | null = nhs_number): Json {
  return {
    what: { identifier: { ...(system !== null && { system }), value: id } },
    type: { system: `${terminology}/audit-entity-type`, code: '1' },
    role: { system: `${terminology}/object-role`, code: '1' },
  };
}

export function documentEntity(id: string, role = '3', fields: Json = {}): Json {
  return {
    what: { identifier: { value: id } },
    type: { system: `${terminology}/audit-entity-type`, code: '2' },
    role: { system: `${terminology}/object-role`, code: role },
    ...fields,
  };
}

export function queryEntity(query: string): Json {
  return {
    type: { system: `${terminology}/audit-entity-type`, code: '2' },
    role: { system: `${terminology}/object-role`, code: '24' },
    query: Buffer.from(query).toString('base64'),
  };
}

/** An alert of the Summary Care Record: nobody is marked as requestor, and the patient is an agent. */
export function scrAlert(type: string, reason: string, fields: Json = {}): Json {
  const agent = (system: string, value: string, more: Json = {}) => ({
    who: { identifier: { system, value } },
    requestor: false,
    ...more,
  });
  return {
    resourceType: 'AuditEvent',
    id: `alert-${type}-${reason}`,
    type: { system: 'https://fhir.nhs.uk/CodeSystem/SCR-AlertType', code: type },
    subtype: [
      {
        system: 'https://fhir.nhs.uk/CodeSystem/SCR-AlertReason',
        code: reason,
        display: `Reason ${reason}`,
      },
    ],
    recorded: '2026-03-01T10:00:00Z',
    agent: [
      agent(nhs_number, '9990000018'),
      agent(ods, 'RZZ01'),
      agent(sds_user, '555000000001', { role: [{ text: 'General Practitioner' }] }),
    ],
    source: { observer: { identifier: { value: '200000000000' } } },
    entity: [{ what: { identifier: { value: 'synthetic-notification' } } }],
    ...fields,
  };
}

/** The same read in R5. */
export function readEventR5(id: string, fields: Json = {}): Json {
  return {
    resourceType: 'AuditEvent',
    id,
    category: [{ coding: [{ system: `${terminology}/audit-event-type`, code: 'rest' }] }],
    code: { coding: [{ system: interaction, code: 'read' }] },
    action: 'R',
    occurredDateTime: '2026-03-01T10:00:00.123456789Z',
    recorded: '2026-03-01T10:00:05Z',
    outcome: { code: { system: `${terminology}/audit-event-outcome`, code: '0' } },
    patient: { identifier: { system: nhs_number, value: '9990000018' } },
    agent: [
      { ...organisationAgent('RZZ01'), requestor: false },
      personAgent('555000000001', { networkString: '192.0.2.7' }),
    ],
    source: { observer: { display: 'Synthetic exchange' } },
    ...fields,
  };
}

/** An R4 read as XML; `root` is the name of its root with what stands in its tag. */
export function readEventXml(id: string, namespace = ' xmlns="http://hl7.org/fhir"'): string {
  return `<AuditEvent${namespace}>
  <id value="${id}"/>
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>Synthetic &amp; short</p></div></text>
  <type><system value="${terminology}/audit-event-type"/><code value="rest"/></type>
  <subtype><system value="${interaction}"/><code value="read"/></subtype>
  <action value="R"/><recorded value="2026-03-01T10:00:00.123Z"/><outcome value="0"/>
  <agent><who><type value="Organization"/><identifier><system value="${ods}"/><value value="RZZ01"/></identifier></who><requestor value="true"/></agent>
  <agent><who><type value="Practitioner"/><identifier><system value="${sds_user}"/><value value="555000000001"/></identifier></who><requestor value="true"/></agent>
  <source><observer><display value="Synthetic exchange"/></observer></source>
  <entity><what><identifier><system value="${nhs_number}"/><value value="9990000018"/></identifier></what><role><system value="${terminology}/object-role"/><code value="1"/></role></entity>
</AuditEvent>`;
}

/** A Bundle of JSON resources; batches and transactions with the request of a create. */
export function bundleOf(type: string, resources: readonly Json[]): Json {
  const has_request = type === 'batch' || type === 'transaction';
  return {
    resourceType: 'Bundle',
    type,
    entry: resources.map((resource) => ({
      resource,
      ...(has_request && { request: { method: 'POST', url: 'AuditEvent' } }),
    })),
  };
}
