/** A syslog message of RFC 5424 that carries audit XML (IHE ITI-20), and how to tell one that a relay has changed. */
import { mapAuditMessage } from './audit-message.ts';
import { withoutMark } from './lines.ts';
import { refused, type Format, type MappedMessage } from './message.ts';

/** The header of a message, and what follows it. `-` stands as the empty string. */
export interface SyslogMessage {
  readonly priority: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly app_name: string;
  readonly process_id: string;
  readonly message_id: string;
  readonly structured_data: readonly StructuredElement[];
  /** Without the byte order mark. */
  readonly body: Buffer;
}

export interface StructuredElement {
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * One syslog message, without its framing. MSGID and PRI may be anything: what counts is that the body is an
 * AuditMessage. The event's id is the digest of that alone, so that it is the same over HTTP.
 */
export const mapSyslogMessage: Format = (bytes, mapping) => {
  const message = parseSyslog(bytes);
  if (!message) return isChanged(bytes) ? mangled() : invalid();
  const { body } = message;
  if (body.length === 0)
    return refused('unknown', 'MESSAGE_NOT_AUDIT', 'The syslog message has no body.');
  if (body[0] !== less_than) return isPiece(body) ? mangled() : notXml();
  if (hasHeader(body) || hasEscapes(body)) return mangled();
  const mapped = mapAuditMessage(body, mapping);
  const [first] = mapped.refusals;
  if (first?.code === 'MESSAGE_XML_INVALID' && isCut(body)) return mangled();
  return mapped;
};

/** The message in its parts; undefined where it does not have the form of RFC 5424 section 6. */
export function parseSyslog(given: Buffer): SyslogMessage | undefined {
  const bytes = withoutMark(given);
  const head = header_form.exec(bytes.toString('latin1', 0, header_bytes_max));
  const priority = Number(head?.[1] ?? priority_max + 1);
  if (!head || priority > priority_max) return undefined;
  const rest = bytes.subarray(head[0].length);
  const data = readStructuredData(rest);
  if (!data) return undefined;
  const [timestamp = '', hostname = '', app_name = '', process_id = '', message_id = ''] = head
    .slice(2)
    .map((field) => (field === '-' ? '' : field));
  return {
    priority,
    timestamp,
    hostname,
    app_name,
    process_id,
    message_id,
    structured_data: data.elements,
    body: trimmed(rest.subarray(data.length)),
  };
}

/** Facility times eight plus severity: 23 × 8 + 7. */
const priority_max = 191;
/** The longest header that the standard allows has 522 bytes before the structured data. */
const header_bytes_max = 2_048;
const structured_data_bytes_max = 64 * 1024;
const less_than = 60;
const space = 32;

// PRI without leading zeros, version 1, a time or none, and four names without spaces, of lengths beyond the standard's.
const header_form =
  /^<(0|[1-9]\d{0,2})>1 (-|\d{4}-\d\d-\d\dT[0-9:.,Z+-]{1,40}) ([!-~]{1,255}) ([!-~]{1,255}) ([!-~]{1,255}) ([!-~]{1,255}) /;

/**
 * Structured data (RFC 5424 section 6.3) and how many bytes it takes. Some senders leave it out, and the XML begins in
 * its place.
 */
function readStructuredData(
  rest: Buffer,
): { elements: StructuredElement[]; length: number } | undefined {
  if (rest[0] === less_than || withoutMark(rest).length < rest.length)
    return { elements: [], length: 0 };
  const text = rest.toString('latin1', 0, structured_data_bytes_max);
  if (text.startsWith('-') && (text.length === 1 || text[1] === ' '))
    return { elements: [], length: 1 };
  const elements: StructuredElement[] = [];
  let at = 0;
  while (text[at] === '[') {
    element_form.lastIndex = at;
    const match = element_form.exec(text);
    if (!match) return undefined;
    const params: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [, name = '', value = ''] of (match[2] ?? '').matchAll(param_form)) {
      params[name] = Buffer.from(value, 'latin1')
        .toString('utf8')
        .replace(/\\(["\\\]])/g, '$1');
    }
    elements.push({ id: match[1] ?? '', params });
    at = element_form.lastIndex;
  }
  const is_whole = at > 0 && (at === rest.length || rest[at] === space);
  return is_whole ? { elements, length: at } : undefined;
}

const element_form = /\[([!#-<>-\\^-~]{1,255})((?: [!#-<>-\\^-~]{1,255}="(?:\\.|[^"\\])*")*)\]/sy;
const param_form = / ([!#-<>-\\^-~]+)="((?:\\.|[^"\\])*)"/gs;

/** The body without the spaces and the mark before it, and the zero bytes that senders in C leave after it. */
function trimmed(body: Buffer): Buffer {
  let from = 0;
  let to = body.length;
  while (from < to && body[from] === space) from += 1;
  while (to > from && body[to - 1] === 0) to -= 1;
  return withoutMark(body.subarray(from, to));
}

/** Whether what has no header of the standard was a message of it: a piece of one, or one under an older header. */
function isChanged(bytes: Buffer): boolean {
  // A whole audit message without any header was sent so.
  if (/^\s*<(?:\?xml|AuditMessage)/.test(bytes.toString('latin1', 0, 64)) && !isCut(bytes))
    return false;
  return isPiece(bytes) || hasOlderHeader(bytes);
}

/** Whether a second header stands in the body: a relay took the whole message for a body, at times with its length. */
function hasHeader(body: Buffer): boolean {
  return /^<\d{1,3}>/.test(body.toString('latin1', 0, 8));
}

/** Line breaks and tabs written as `#012` between elements, where XML has nothing but white space. */
function hasEscapes(body: Buffer): boolean {
  return /[>]\s*[#\\]01[125]\s*(?:[#\\]01[125]\s*)*(?:<|$)/.test(body.toString('latin1'));
}

/** Whether an audit message begins here, and does not end. */
function isCut(body: Buffer): boolean {
  return !/<\/(?:[\w.-]{1,64}:)?AuditMessage\s{0,64}>\s*$/.test(
    body.toString('latin1', Math.max(0, body.length - 4_096)),
  );
}

/** Whether the bytes are part of an audit message: its words, or a run of base64 such as a query is full of. */
function isPiece(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, 16_384);
  return vocabulary.test(text) || /[A-Za-z0-9+/=]{200}/.test(text);
}

const vocabulary =
  /<\?xml|<\/?(?:[\w.-]{1,64}:)?(?:AuditMessage|EventIdentification|EventID|EventTypeCode|ActiveParticipant|RoleIDCode|AuditSource\w{0,20}|ParticipantObject\w{0,30}|SOPClass|Instance UID|Accession Number)\b|csd-code=|codeSystemName=|UserIsRequestor=|ParticipantObject(?:ID|TypeCode)=/;

/**
 * Whether a relay wrote `<13>Nov 21 10:00:00 host …`, or the same with a time of RFC 3339, before what it did not
 * understand: another header follows, or more than a message under such a header may have (RFC 3164 section 4.1).
 */
function hasOlderHeader(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, 512);
  if (!older_header.test(text)) return false;
  return bytes.length > older_bytes_max || /^<\d{1,3}>.*?<\d{1,3}>1 /s.test(text);
}

const older_header = /^<\d{1,3}>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ /;
const older_bytes_max = 1_024;

function mangled(): MappedMessage {
  return refused(
    'unknown',
    'MESSAGE_MANGLED',
    'A relay has escaped line breaks, cut the message, or put a header before it. Let it send RFC 5424, octet-counted, with a maximum of 64 KiB or more.',
  );
}

function invalid(): MappedMessage {
  return refused(
    'unknown',
    'MESSAGE_SYSLOG_INVALID',
    'The message does not begin with a header of RFC 5424: <PRI>1 TIME HOST APP PROCESS MSGID DATA.',
  );
}

function notXml(): MappedMessage {
  return refused('unknown', 'MESSAGE_NOT_AUDIT', 'The body of the syslog message is no XML.');
}
