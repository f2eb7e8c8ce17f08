import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEvent, isRefusal } from '../../../../ingest/check-event.ts';
import type { AccessEvent } from '../../../../ingest/event.ts';
import { readFhir } from '../../../../ingest/formats/fhir.ts';
import { writeXml } from '../../../../ingest/formats/fhir/write-xml.ts';
import { storedForm, writeAuditEvent } from '../../../../ingest/formats/fhir/write.ts';
import { default_mapping } from '../../../../ingest/mapping.ts';

const received_at = Date.UTC(2026, 2, 10);
const context = {
  received_at,
  future_ms_max: 600_000,
  default_staff_id_system: 'urn:access-audit:local',
  organisation_codes: new Set<string>(),
};

const nhsNumber = fc.constantFrom('9990000018', '9990000026', '9990000034');
const code = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,20}$/);
const name = fc.stringMatching(/^[A-Za-zÀ-ſ<>&"'][A-Za-zÀ-ſ<>&"' -]{0,30}[A-Za-z]$/);

/** Events as a source sends them; what FHIR reads otherwise by its own rules is left out, each with its reason. */
const event: fc.Arbitrary<AccessEvent> = fc
  .record(
    {
      event_id: code,
      occurred_at: fc
        .date({ min: new Date('2020-01-01'), max: new Date('2026-03-09'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      action: fc.constantFrom('view', 'search', 'export', 'print'),
      outcome: fc.constantFrom('success', 'denied', 'error', 'unknown'),
      trigger: fc.constantFrom('user', 'system', 'unknown'),
      staff_id: fc.stringMatching(/^\d{12}$/),
      staff_id_system: fc.constantFrom('https://fhir.nhs.uk/Id/sds-user-id', 'urn:example:staff'),
      staff_name: name,
      role_code: code,
      role_name: name,
      organisation_code: fc.stringMatching(/^[A-Z0-9]{3,6}$/),
      site_code: code,
      application: name,
      session_id: code,
      launch_id: code,
      device_id: fc.stringMatching(/^ward-\d{1,3}$/),
      ip_address: fc.oneof(fc.ipV4(), fc.constant('not-an-address')),
      patient_id: nhsNumber,
      section: code,
      document_id: code,
      supplier_codes: fc.array(code, { minLength: 1, maxLength: 3 }),
      // A purpose of BTG or ETREAT means that something was overridden, whatever else is said.
      purpose: fc.constantFrom('TREAT', 'HOPERAT', 'unknown'),
      override: fc.constantFrom('break_glass', 'dissent', 'sealed', 'protected', 'self_claimed'),
      reason: name,
      // A search for system|number names its patient by that.
      search_terms: name,
      search_results: fc.array(nhsNumber, { minLength: 1, maxLength: 3 }),
    },
    {
      requiredKeys: [
        'event_id',
        'occurred_at',
        'action',
        'staff_id',
        'organisation_code',
        'patient_id',
      ],
    },
  )
  // Terms belong to a search: a query makes one of what has it.
  .map(({ search_terms, ...rest }) =>
    rest.action === 'search' && search_terms !== undefined ? { ...rest, search_terms } : rest,
  ) as fc.Arbitrary<AccessEvent>;

const checked = (given: AccessEvent) => {
  const spooled = checkEvent({ ...given }, context);
  if (isRefusal(spooled)) throw new Error(`${spooled.code} ${spooled.message}`);
  return spooled;
};

describe('an event written as an AuditEvent', () => {
  it.each(['json', 'xml'] as const)('is read back as the same event, from %s', (format) => {
    fc.assert(
      fc.property(event, (given) => {
        const spooled = checked(given);
        const resource = writeAuditEvent(storedForm('exchange', spooled, received_at));
        const text = format === 'json' ? JSON.stringify(resource) : writeXml(resource);
        const read = readFhir(Buffer.from(text), `application/fhir+${format}`, default_mapping);
        expect(read.refusals).toEqual([]);
        expect(read.format).toBe('fhir_r4');
        expect(read.events.map((each) => checked(each))).toEqual([spooled]);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it('escapes what XML reads as its own, and leaves out what it cannot carry', () => {
    const xml = writeXml({ resourceType: 'Basic', text: 'a<b>&"c"\n\u0001\ud800d' });
    expect(xml).toContain('value="a&lt;b&gt;&amp;&quot;c&quot;&#10;');
    expect(xml).not.toContain('\u0001');
  });
});
