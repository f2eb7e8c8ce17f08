/** Fuzzes the mapping of audit XML, bare and as syslog: never a throw, never a message that becomes nothing. */
import { checkEvent, isRefusal } from '../../ingest/check-event.ts';
import { mapAuditMessage } from '../../ingest/formats/audit-message.ts';
import type { Format } from '../../ingest/formats/message.ts';
import { readMessage } from '../../ingest/formats/read-message.ts';
import { mapSyslogMessage } from '../../ingest/formats/syslog.ts';
import { default_mapping, parseMapping } from '../../ingest/mapping.ts';
import { asSyslog, auditMessage } from '../support/audit-message.ts';
import { demand, type FuzzTarget } from './target.ts';
import { xmlAttacks } from './xml-seeds.ts';

const open_mapping = parseMapping({
  default_organisation_code: 'RZZ01',
  is_bare_patient_id_nhs_number: true,
  time_zone: 'Europe/London',
  actions: { C: 'view', U: 'view', D: 'view', E: 'search' },
  user_codes: ['DCM|110153'],
  sections: { '110180': 'imaging' },
});

const query = Buffer.from('<find><name>Synthetic</name></find>').toString('base64');
const messages = [
  auditMessage(),
  auditMessage({ dialect: 'rfc3881', patients: ['9990000018', '9990000026^^^NHS'] }),
  auditMessage({
    kind: '110112',
    action: 'E',
    more: `<ParticipantObjectIdentification ParticipantObjectID="q" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="24"><ParticipantObjectQuery>${query}</ParticipantObjectQuery><ParticipantObjectDetail type="QueryEncoding" value="dXRmLTE2"/></ParticipantObjectIdentification>`,
  }),
  auditMessage({
    kind: '110106',
    time: '2026-03-01T10:00:00.123456789',
    root: ' xmlns="urn:x" xmlns:y="urn:y" y:z="1"',
    more: '<ParticipantObjectIdentification ParticipantObjectID="1.2.3" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="3"/><ActiveParticipant UserID="http://x/y" UserName="alias&lt;user@https://issuer&gt;" AlternativeUserID="42" IsRequestor="true"/>',
  }),
];

const context = () => ({
  received_at: Date.UTC(2026, 5, 1),
  future_ms_max: 600_000,
  default_staff_id_system: 'urn:test',
  organisation_codes: new Set<string>(),
});

function survives(format: Format, bytes: Buffer): void {
  for (const mapping of [default_mapping, open_mapping]) {
    const { events, refusals } = format(bytes, mapping);
    demand(events.length + refusals.length > 0, 'a message becomes something');
    const ids = new Set(events.map(({ event_id }) => event_id));
    demand(ids.size === events.length, 'each event has an id of its own');
    for (const refusal of refusals) demand(refusal.message.length < 400, 'a sentence is short');
    for (const event of events) {
      const checked = checkEvent(event, context());
      if (!isRefusal(checked)) JSON.stringify(checked);
    }
  }
}

export const audit_message: FuzzTarget = {
  name: 'audit-message',
  seeds: [...messages.map((text) => Buffer.from(text)), ...xmlAttacks('AuditMessage')],
  run: (bytes) => survives(mapAuditMessage, bytes),
};

export const syslog: FuzzTarget = {
  name: 'syslog',
  seeds: [
    ...messages.map((text) => Buffer.from(asSyslog(text))),
    Buffer.from(asSyslog(`\ufeff${auditMessage()}`)),
    Buffer.from(asSyslog(auditMessage(), '<0>1 - - - - - [a@1 b="c\\]\\"\\\\"][d e="f" g="h"] ')),
    Buffer.from(asSyslog(auditMessage({ between: '#012  ' }))),
    Buffer.from(`<13>Nov 21 10:00:00 relay ${asSyslog(auditMessage())}`),
    Buffer.from(asSyslog(auditMessage()).slice(0, 700)),
    Buffer.from(`<13>Nov 21 10:00:00 relay ${'QUJD'.repeat(500)}`),
    Buffer.from(`<1>1 - - - - - ${'[a b="c"]'.repeat(200_000)} x`),
    Buffer.from(`<1>1 - - - - - [a${' b="\\]"'.repeat(200_000)}] x`),
    Buffer.from(asSyslog(`<AuditMessage>${'> '.repeat(2_000_000)}`)),
    Buffer.from(asSyslog(`<AuditMessage>${'>#012 '.repeat(1_000_000)}`)),
    Buffer.from(asSyslog(`<AuditMessage>${' '.repeat(4_000_000)}`)),
  ],
  run: (bytes) => survives(mapSyslogMessage, bytes),
};

export const read_message: FuzzTarget = {
  name: 'read-message',
  seeds: [
    ...messages.map((text) => Buffer.from(text)),
    Buffer.from('<??>'.repeat(900)),
    Buffer.from('<!---->'.repeat(500)),
    Buffer.from(' '.repeat(4_096)),
    Buffer.from(asSyslog(auditMessage())),
  ],
  run(bytes) {
    survives((given, mapping) => readMessage(given, 'http', 'application/xml', mapping), bytes);
  },
};
