import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeMessage } from '../../../../ingest/receive-message.ts';
import { readMessage } from '../../../../ingest/formats/read-message.ts';
import { default_mapping, parseMapping } from '../../../../ingest/mapping.ts';
import type { Transport } from '../../../../ingest/intake.ts';

// Messages by others, which are no part of the project. What they should become was written down by hand, from reading
// each of them beside the standard, not from what the code made of them.
const samples = process.env['SAMPLES_DIR'] ?? '';
const folders = ['atna-dicom-xml', 'atna-rfc3881-xml', 'atna-invalid', 'syslog', 'syslog-invalid'];
const there = folders.filter((folder) => samples !== '' && existsSync(join(samples, folder)));

const read = (path: string, mapping = default_mapping) => {
  const bytes = readFileSync(join(samples, path));
  const transport: Transport = path.startsWith('syslog') ? 'syslog_tls' : 'http';
  return { bytes, transport, mapped: readMessage(bytes, transport, 'application/xml', mapping) };
};

const context = {
  received_at: Date.UTC(2026, 5, 1),
  future_ms_max: 600_000,
  default_staff_id_system: 'urn:test',
  organisation_codes: new Set<string>(),
};

describe.skipIf(there.length === 0)('audit messages by others', () => {
  const files = there.flatMap((folder) =>
    readdirSync(join(samples, folder)).map((file) => `${folder}/${file}`),
  );

  it.each(files)(
    '%s becomes an event or is refused with a code, and is not passed over',
    (path) => {
      const { bytes, transport, mapped } = read(path);
      const { taken } = judgeMessage({ bytes, transport, media_type: '' }, mapped, context);
      expect(taken.events.length + taken.refusals.length).toBeGreaterThan(0);
      for (const { code, message } of taken.refusals) {
        expect(code).toMatch(/^(MESSAGE|EVENT)_/);
        expect(message).not.toBe('');
      }
      if (path.includes('-invalid/')) expect(taken.events).toEqual([]);
    },
  );

  const short = (name: string) =>
    files.find((path) => path.endsWith(`__${name}`) || path.endsWith(`cs__${name}.xml`)) ?? name;
  const organisation = 'MESSAGE_ORGANISATION_UNKNOWN';
  const patient = 'MESSAGE_PATIENT_NOT_NHS_NUMBER';
  const user = 'MESSAGE_USER_UNKNOWN';
  const unmapped = 'MESSAGE_ACTION_UNMAPPED';
  const kind = 'MESSAGE_KIND_NOT_ACCESS';
  const arc = 'dcm4chee-arc';

  // prettier-ignore
  it.each<[string, string[], object, string[]]>([
    // [file, codes, fields as the message tells them, fields that it does not tell]
    ['audit-message-iti55.xml', [user, organisation], { occurred_at: '2025-02-25T17:03:42.163Z', action: 'search', outcome: 'success', ip_address: '192.168.42.20', site_code: '1.2.3.99', application: 'IheSpringBootTest', search_terms: expect.stringMatching(/^<queryByParameter>[^]*extension="P1"/) }, ['staff_id', 'patient_id', 'purpose']],
    ['pdq.xml', [user, organisation, patient, patient, patient, patient], { occurred_at: '2020-03-19T12:16:37.320Z', action: 'search', outcome: 'success', ip_address: '127.0.0.1', application: 'MPI', search_terms: expect.stringMatching(/^MSH\|[^]*@PID\.5\.1\^meier/) }, ['staff_id', 'patient_id']],
    ['pixfeed.xml', [unmapped, user, organisation, patient], { occurred_at: '2020-03-19T12:24:34.434Z', outcome: 'success', application: 'MPI' }, ['action', 'patient_id', 'staff_id']],
    ['pixfeedmergesource.xml', [unmapped, user, organisation, patient], { occurred_at: '2020-03-19T14:12:24.933Z', device_id: 'localhost', application: 'EHR_2019' }, ['action', 'ip_address']],
    ['pixv3feed.xml', [unmapped, user, organisation, patient], { occurred_at: '2020-03-19T13:40:14.259Z', ip_address: '127.0.0.1', site_code: 'EHR_2019' }, ['action', 'staff_id']],
    ['stop.xml', [kind], { occurred_at: '2020-03-09T10:35:15.937Z', outcome: 'success', application: 'app-connect' }, ['staff_id', 'action']],
    ['valid-import.xml', [unmapped, user, organisation, patient], { occurred_at: '2015-12-15T12:26:34.111Z', document_id: '1.42.20151204131713.210', ip_address: '10.0.2.2', site_code: 'OPENHIM', application: 'OPENHIM' }, ['action']],
    ['AuditRetrieveEventsUtilTest-ITI-55.xml', [organisation, patient], { occurred_at: '2015-12-15T15:41:29.678Z', action: 'search', outcome: 'success', staff_id: 'wanderson', staff_name: 'Wilma Anderson', role_code: '307969004', role_name: 'Public Health', ip_address: '192.168.1.155', application: 'urn:oid:1.1', site_code: 'DoD', search_terms: expect.stringMatching(/^<\?xml[^]*…$/) }, ['patient_id']],
    ['openxds-query.xml', [user, organisation], { occurred_at: '2015-12-15T12:26:34.764Z', action: 'search', ip_address: '10.0.2.2', search_terms: expect.stringContaining("'1.42.20151204131713.210'") }, ['staff_id', 'patient_id']],
    ['Registry-ITI-18.xml', [user, organisation, patient], { occurred_at: '2010-02-25T16:39:36.400-05:00', action: 'search', ip_address: '127.0.0.1', search_terms: expect.stringContaining('4500098^^^&amp;1.3.6.1.4.1.21367.2010.1.2.300&amp;ISO') }, ['patient_id']],
    ['Repository-ITI-41.xml', [unmapped, user, organisation, patient], { occurred_at: '2010-02-25T15:40:08.965-06:00', document_id: '1.3.6.1.4.1.21367.2009.1.2.108.1267134002438', ip_address: '129.162.101.164' }, ['action']],
    ['Repository-ITI-42.xml', [user, organisation, 'MESSAGE_PATIENT_MISSING'], { occurred_at: '2010-02-25T15:46:47.980-06:00', action: 'export', ip_address: '129.162.101.116', document_id: '2.16.840.1.113883.3.65.2.1266421824214' }, ['patient_id', 'staff_id']],
    ['Repository-ITI-43.xml', [user, organisation, 'MESSAGE_PATIENT_MISSING'], { occurred_at: '2010-02-25T15:40:34.158-06:00', action: 'export', application: 'MISYS' }, ['patient_id']],
    ['application-login.xml', [kind], { occurred_at: '2009-10-22T12:28:57.055+01:00', outcome: 'error', staff_id: 'misys', staff_name: 'misysuser-again', ip_address: '192.168.1.5', application: 'SYS_NAME' }, ['action']],
    ['application-start.xml', [kind], { occurred_at: '2009-10-22T12:28:57.117+01:00', outcome: 'success', staff_id: 'scmabh' }, ['action', 'patient_id']],
    ['partid.xml', [organisation, patient], { occurred_at: '2010-02-08T14:13:47.000-06:00', action: 'export', staff_id: 'asaip', role_code: 'Physician', role_name: 'Physician', ip_address: '207.65.232.226', site_code: 'Mercy West Medical Center', application: 'EHR_ICA', document_id: 'EHR_ICA_SS04' }, ['staff_name']],
    ['badMsg.xml', [unmapped, user, organisation, patient], { occurred_at: '2010-03-02T15:03:11.115Z', site_code: 'Hospital', application: 'ReadingRoom' }, ['action', 'staff_id', 'patient_id']],
    ['application-activity-01', [kind], { occurred_at: '2023-11-14T17:06:12.209+01:00', device_id: 'localhost', application: arc }, ['staff_id', 'ip_address']],
    ['dicom-instances-accessed-08', [user, organisation, 'MESSAGE_PATIENT_MISSING'], { occurred_at: '2024-08-19T15:31:07.880+02:00', action: 'view', outcome: 'success', ip_address: '127.0.0.1', document_id: '1.2.840.113619.2.216.2.1.2642006103252234.10589' }, ['staff_id', 'patient_id', 'section']],
    ['dicom-instances-accessed-11', [user, organisation, 'MESSAGE_PATIENT_MISSING'], { occurred_at: '2024-08-19T16:14:17.756+02:00', action: 'view', outcome: 'error' }, ['staff_id']],
    ['dicom-instances-accessed-15', [unmapped, user, organisation, patient], { occurred_at: '2023-11-21T06:43:48.442+01:00', outcome: 'success', ip_address: '127.0.0.1', document_id: '1.2.840.113674.1115.261.200' }, ['action', 'staff_id']],
    ['dicom-instances-accessed-03', [unmapped, user, organisation, patient], { occurred_at: '2024-08-28T11:41:03.356+02:00', device_id: 'view-localhost', document_id: '2.16.376.1.1.511752826.1.2.3390529.6263391' }, ['action', 'ip_address']],
    ['begin-transferring-dicom-instances-04', [unmapped, user, organisation, patient], { occurred_at: '2024-08-29T15:15:52.634+02:00', document_id: '1.2.840.113543.6.6.4.1.61567187113131110962211582791512183929288' }, ['action']],
    ['dicom-instances-transferred-19', [unmapped, user, organisation, patient], { occurred_at: '2019-02-06T17:10:14.000+01:00', document_id: '1.113654.1.2001.30' }, ['action']],
    ['dicom-study-deleted-01', [unmapped, user, organisation, patient], { occurred_at: '2023-11-21T06:48:44.512+01:00', document_id: '1.2.840.113674.1118.54.200', application: arc }, ['action']],
    ['patient-record-09', [unmapped, user, organisation, patient], { occurred_at: '2024-09-01T18:44:14.068+02:00', outcome: 'error', device_id: 'localhost' }, ['action', 'patient_id']],
    ['patient-record-08', [unmapped, user, organisation, patient], { occurred_at: '2024-09-02T09:22:08.206+02:00', outcome: 'success' }, ['patient_id']],
    ['procedure-record-16', [unmapped, user, organisation, patient], { occurred_at: '2024-09-18T16:35:57.387+02:00', document_id: '2.25.8306615672720099948502801105922467113' }, ['action']],
    ['query-03', ['MESSAGE_TIME_MISSING', organisation, patient], { action: 'search', outcome: 'success', staff_id: 'admin', ip_address: '127.0.0.1', application: arc, search_terms: expect.stringMatching(/^MSH\|[^]*@PID\.3\.1\^PDQ-4713455/) }, ['occurred_at', 'patient_id']],
    ['query-05', [organisation, patient], { occurred_at: '2022-07-18T13:20:56.601+02:00', action: 'search', staff_id: 'admin', search_terms: 'identifier=https%3A%2F%2Fgithub.com%2Fsynthetichealth%2Fsynthea%7Ce925b0f3-8006-43f6-aa31-94bd215e55e7&_format=xml' }, ['role_code']],
    ['security-alert-03', [kind], { outcome: 'error', device_id: 'view-localhost' }, ['action', 'staff_id']],
    ['security-alert-12', [kind], { occurred_at: '2018-10-23T10:14:46.381+02:00', outcome: 'error', staff_id: 'testuser', application: 'keycloak', document_id: '1.113654.1.2001.30' }, ['action']],
    ['security-alert-13', [kind], { occurred_at: '2018-09-18T17:42:55.226+02:00', staff_id: 'admin', ip_address: '127.0.0.1' }, ['action']],
    ['testAuditIHERFC3881.syslog', [kind], { occurred_at: '2010-12-17T15:12:04.287-06:00', outcome: 'success', staff_id: 'farley.granger@wb.com', ip_address: '125.20.175.12', site_code: 'End User', application: 'farley.granger@wb.com' }, ['action', 'patient_id']],
    ['bad-syslog.syslog', ['MESSAGE_SYSLOG_INVALID'], {}, []],
  ])('%s says what was read out of it by hand', (name, codes, fields, untold) => {
    const { mapped } = read(short(name));
    expect(mapped.refusals.map(({ code }) => code)).toEqual(codes);
    const [draft = {}] = mapped.drafts ?? [];
    expect(draft).toMatchObject(fields);
    for (const field of untold) expect(draft).not.toHaveProperty(field);
  });

  it('becomes events once the mapping says what the standard leaves open', () => {
    const mapping = parseMapping({
      organisations: { 'Mercy West Medical Center': 'RZZ01' },
      nhs_number_systems: ['1.3.6.1.4.1.21367.2010.1.2.300'],
    });
    expect(read(short('partid.xml'), mapping).mapped).toMatchObject({
      events: [
        { action: 'export', staff_id: 'asaip', organisation_code: 'RZZ01', patient_id: '221325' },
      ],
      refusals: [],
    });
  });
});
