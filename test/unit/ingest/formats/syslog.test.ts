import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { mapSyslogMessage, parseSyslog } from '../../../../ingest/formats/syslog.ts';
import { parseMapping } from '../../../../ingest/mapping.ts';
import { asSyslog, auditMessage } from '../../../support/audit-message.ts';

const mapping = parseMapping({ default_organisation_code: 'RZZ01' });
const map = (message: string | Buffer) => mapSyslogMessage(Buffer.from(message), mapping);
const codeOf = (message: string | Buffer) => {
  const { events, refusals } = map(message);
  return events.length > 0 ? 'event' : refusals[0]?.code;
};
const xml = auditMessage();

it('reads every part of a header', () => {
  const text =
    '<165>1 2026-03-01T10:00:00.000003-07:00 192.0.2.1 app 8710 IHE+DICOM [a@1 b="c" d="e\\"\\\\\\]f"][g] body';
  const parsed = parseSyslog(Buffer.from(text));
  expect({ ...parsed, body: parsed?.body.toString() }).toEqual({
    priority: 165,
    timestamp: '2026-03-01T10:00:00.000003-07:00',
    hostname: '192.0.2.1',
    app_name: 'app',
    process_id: '8710',
    message_id: 'IHE+DICOM',
    structured_data: [
      { id: 'a@1', params: { b: 'c', d: 'e"\\]f' } },
      { id: 'g', params: {} },
    ],
    body: 'body',
  });
});

it.each([
  ['the lowest priority', '<0>1 - - - - - - '],
  ['the highest priority', '<191>1 - - - - - - '],
  ['MSGID of DICOM', '<85>1 2026-03-01T10:00:00Z h a p IHE+DICOM - '],
  ['no MSGID', '<85>1 2026-03-01T10:00:00Z h a p - - '],
  ['a byte order mark before the XML', '<85>1 2026-03-01T10:00:00Z h a p - - \ufeff'],
  ['a byte order mark before all', '\ufeff<85>1 2026-03-01T10:00:00Z h a p - - '],
  ['structured data', '<85>1 2026-03-01T10:00:00Z h a p - [x@1 y="] <"] '],
  ['no structured data at all', '<85>1 2026-03-01T10:00:00Z h a p IHE+RFC-3881 '],
  ['more than one space', '<85>1 2026-03-01T10:00:00Z h a p IHE+RFC-3881 -   '],
])('takes a message with %s, whose event has the digest of the XML as its id', (_title, header) => {
  const { events } = map(asSyslog(xml, header));
  expect(events).toHaveLength(1);
  expect(events[0]?.event_id).toBe(createHash('sha256').update(xml).digest('hex'));
});

it('leaves out the zero byte that some senders end with', () => {
  expect(codeOf(`${asSyslog(xml)}\0`)).toBe('event');
});

it.each([
  ['no header', 'this is no audit message'],
  ['nothing', ''],
  ['priority 192', asSyslog('<a/>', '<192>1 - - - - - - ')],
  ['priority 999', asSyslog('<a/>', '<999>1 - - - - - - ')],
  ['a priority with a zero before it', asSyslog('<a/>', '<085>1 - - - - - - ')],
  ['version 2', asSyslog('<a/>', '<85>2 - - - - - - ')],
  ['a field too few', '<85>1 - - - - '],
  ['structured data that does not end', '<85>1 - - - - - [a b="c" '],
  ['an older header before some log line', '<38>Nov 21 10:00:00 host sshd[1]: Accepted'],
  ['a whole message of XML without any header', xml],
])('refuses %s as no syslog of RFC 5424', (_title, message) => {
  expect(codeOf(message)).toBe('MESSAGE_SYSLOG_INVALID');
});

it.each([
  ['no body', '<85>1 - - - - - -', 'MESSAGE_NOT_AUDIT'],
  ['another body', '<85>1 - - - - - - user logged in', 'MESSAGE_NOT_AUDIT'],
  ['other XML', asSyslog('<a/>'), 'MESSAGE_NOT_AUDIT'],
  ['a DOCTYPE', asSyslog('<!DOCTYPE a><AuditMessage/>'), 'MESSAGE_XML_DOCTYPE'],
  ['XML that is wrong in its midst', asSyslog(xml.replace('"/>', '>')), 'MESSAGE_XML_INVALID'],
  [
    'another encoding',
    Buffer.from(asSyslog(xml.replace('Synthetic', 'Synthétic')), 'latin1'),
    'MESSAGE_NOT_UTF8',
  ],
])('refuses a message with %s as %3$s', (_title, message, code) => {
  expect(codeOf(message)).toBe(code);
});

const relayed = '<13>Nov 21 10:00:00 relay ';
const forwarded = '<13>1 2026-03-01T10:00:00.000000+00:00 relay - - - - ';
const long = auditMessage({ more: `<x>${'QUJDRA'.repeat(3_000)}</x>`, between: '' });

it.each([
  ['line breaks written as #012', asSyslog(auditMessage({ between: '#012  ' }))],
  ['line breaks written as #015#012', asSyslog(auditMessage({ between: '#015#012' }))],
  ['tabs written as #011', asSyslog(auditMessage({ between: '\n#011' }))],
  [
    'a line break written as #012 after the declaration alone',
    asSyslog(xml.replace('?>\n', '?>#012')),
  ],
  ['its header before the header', `${forwarded}${asSyslog(xml)}`],
  ['an older header before the header', `${relayed}${asSyslog(xml)}`],
  ['an older header in place of the header', `${relayed}app ${xml}`],
  ['the count still in the body', `${forwarded}954 ${asSyslog(xml)}`],
  ['its end cut off', asSyslog(long).slice(0, 8_192)],
  ['nothing left but the declaration', asSyslog('<?xml version="1.0"?>')],
  ['a fresh header before a middle piece', `${relayed}${long.slice(8_000, 16_000)}`],
  [
    'a fresh header before a middle piece of words',
    `${relayed}${'and some more of it '.repeat(100)}`,
  ],
  ['a fresh header of RFC 5424 before a middle piece', forwarded + long.slice(8_000, 16_000)],
  ['a fresh header before its last piece', relayed + long.slice(-300)],
  ['no header before a line of it', '  <ActiveParticipant UserID="a" UserIsRequestor="true"/>'],
])('knows a message that a relay has changed: %s', (_title, message) => {
  expect(codeOf(message)).toBe('MESSAGE_MANGLED');
});

it('takes #012 for what it is where somebody wrote it', () => {
  const told = auditMessage({ staff: 'ward#012' });
  expect(map(asSyslog(told)).events[0]).toMatchObject({ staff_id: 'ward#012' });
});
