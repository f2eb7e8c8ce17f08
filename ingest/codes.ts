/** Every code that the front door answers with: its HTTP status, and what it means. README.md documents the same list. */
import { CodedError } from '../sql/errors.ts';

/** Codes of one event or row, listed in the answer and kept in `ingest_rejects`. They never refuse the others. */
export const record_codes = {
  EVENT_JSON_INVALID: 'The line is not JSON, or was cut short.',
  EVENT_NOT_OBJECT: 'The JSON is not an object.',
  EVENT_NOT_UTF8: 'The line is not UTF-8.',
  EVENT_LINE_TOO_LONG: 'The line is longer than 1 MiB.',
  EVENT_TOO_DEEP: 'The value is nested deeper than any event is.',
  EVENT_FIELD_UNKNOWN: 'The event has a field that the contract does not have.',
  EVENT_FIELD_OURS: 'The event sets a field that only the receiver sets.',
  EVENT_FIELD_MISSING: 'A required field is absent or empty.',
  EVENT_FIELD_TYPE: 'A field has another JSON type than it should.',
  EVENT_FIELD_VALUE: 'A field is not one of the words it may be, or out of its range.',
  EVENT_FIELD_LENGTH: 'A field is longer than it may be, or a list has too many items.',
  EVENT_FIELD_CHARACTERS: 'A field holds control or unprintable characters.',
  EVENT_TIME_INVALID: 'A time is not in RFC 3339 form.',
  EVENT_TIME_NO_OFFSET: 'A time has no offset from UTC.',
  EVENT_TIME_IMPOSSIBLE: 'A time does not exist on the calendar or the clock.',
  EVENT_TIME_TOO_OLD: 'The event happened before the year 2000.',
  EVENT_TIME_FUTURE: 'The event happened more than ten minutes after its receipt.',
  EVENT_PATIENT_CHECK_DIGIT: 'An NHS number is not ten digits with a valid check digit.',
  EVENT_ORGANISATION_NOT_ALLOWED: 'The source may not speak for that organisation.',
  EVENT_CONFLICT: 'The id is stored with other content; found when the event is loaded.',
  MESSAGE_NOT_UTF8: 'The message is not UTF-8.',
  MESSAGE_JSON_INVALID: 'The message is not JSON, or was cut short.',
  MESSAGE_XML_INVALID: 'The message is not well-formed XML, or was cut short.',
  MESSAGE_XML_DOCTYPE: 'The XML has a DOCTYPE, which is not read.',
  MESSAGE_TOO_LARGE: 'The message is larger than any audit message is.',
  MESSAGE_TOO_DEEP: 'The message is nested deeper than any audit message is.',
  MESSAGE_NOT_AUDIT: 'The message is no AuditEvent, no Bundle of them, and no AuditMessage.',
  MESSAGE_VERSION_UNKNOWN: 'The message has the shape of no version that is known.',
  MESSAGE_FIELD_MISSING: 'A field that every audit message has is absent or empty.',
  MESSAGE_FIELD_VALUE: 'A field holds what the standard does not allow.',
  MESSAGE_TIME_MISSING: 'The message does not say when it was done.',
  MESSAGE_KIND_NOT_ACCESS:
    'The message tells of something else than a look at a record: a login, a start, a key.',
  MESSAGE_ACTION_UNMAPPED:
    'What was done is no view, search, export or print, and the mapping of the source does not say what it is.',
  MESSAGE_USER_UNKNOWN: 'No agent of the message is known to be a person who used the record.',
  MESSAGE_USER_AMBIGUOUS:
    'Several agents may be the user; the mapping of the source has to say which.',
  MESSAGE_USER_NOT_STAFF: 'The user is the patient, or acts for them, and is no member of staff.',
  MESSAGE_ORGANISATION_AMBIGUOUS:
    'Several organisations may be that of the user; the mapping of the source has to say which.',
  MESSAGE_ORGANISATION_UNKNOWN:
    'The message names no organisation by an ODS code, and the source has no default.',
  MESSAGE_PATIENT_MISSING: 'The message names no patient.',
  MESSAGE_PATIENT_NOT_NHS_NUMBER: 'The patient is named by an identifier that is no NHS number.',
  MESSAGE_SYSLOG_INVALID: 'The syslog message is not in the form of RFC 5424.',
  MESSAGE_MANGLED:
    'A relay changed the message on its way: line breaks escaped, cut in pieces, or a header put before it.',
  MESSAGE_UNREADABLE:
    'The message could not be read for a fault of ours; it is kept, and the log has the details.',
  REFERENCE_JSON_INVALID: 'The line is not JSON, or was cut short.',
  REFERENCE_NOT_OBJECT: 'The JSON is not an object.',
  REFERENCE_NOT_UTF8: 'The line is not UTF-8.',
  REFERENCE_LINE_TOO_LONG: 'The line is longer than 1 MiB.',
  REFERENCE_TOO_DEEP: 'The value is nested deeper than any row is.',
  REFERENCE_FIELD_UNKNOWN: 'The row has a field that the dataset does not have.',
  REFERENCE_FIELD_OURS: 'The row sets a field that only the receiver sets.',
  REFERENCE_FIELD_MISSING: 'A required field is absent or empty.',
  REFERENCE_FIELD_TYPE: 'A field has another JSON type than it should.',
  REFERENCE_FIELD_VALUE: 'A field is not one of the words it may be, or out of its range.',
  REFERENCE_FIELD_LENGTH: 'A field is longer than it may be, or a list has too many items.',
  REFERENCE_FIELD_CHARACTERS: 'A field holds control or unprintable characters.',
  REFERENCE_TIME_INVALID: 'A time is not in RFC 3339 form, or a date not YYYY-MM-DD.',
  REFERENCE_TIME_NO_OFFSET: 'A time has no offset from UTC.',
  REFERENCE_TIME_IMPOSSIBLE: 'A time does not exist on the calendar or the clock.',
  REFERENCE_PATIENT_CHECK_DIGIT: 'An NHS number is not ten digits with a valid check digit.',
  REFERENCE_ORGANISATION_NOT_ALLOWED: 'The source may not speak for that organisation.',
  REFERENCE_KEY_TAKEN:
    'The key stands with an organisation that the source may not speak for; found when the row is loaded.',
} as const;

/** Codes of a whole request, with its HTTP status. */
export const request_codes = {
  KEY_MISSING: [401, 'The request has no Authorization header with a source key.'],
  KEY_UNKNOWN: [401, 'The key is not that of a source, or its source has ended.'],
  SOURCE_LOOPBACK_ONLY: [403, 'The key works on the machine itself only.'],
  KEY_ATTEMPTS_TOO_MANY: [429, 'Too many wrong keys from this address; wait as Retry-After says.'],
  ROUTE_UNKNOWN: [404, 'There is no such address.'],
  DATASET_UNKNOWN: [404, 'There is no such dataset; the message lists them.'],
  DATASET_NOT_ALLOWED: [403, 'The key is limited to organisations, and the dataset has none.'],
  RECEIPT_UNKNOWN: [404, 'There is no such receipt of this source.'],
  PARAMETER_INVALID: [400, 'A parameter of the address has a value that it does not take.'],
  CONTENT_TYPE_UNSUPPORTED: [415, 'The body has a type that the address does not take.'],
  CONTENT_ENCODING_UNSUPPORTED: [415, 'The body is compressed in a way that is not known.'],
  BODY_ENCODING_BROKEN: [
    400,
    'The compressed body is damaged, cut short, or goes on after its end.',
  ],
  BODY_JSON_INVALID: [400, 'The JSON body is damaged or cut short; it is refused whole.'],
  BODY_TOO_LARGE: [413, 'The body is larger than its format may be.'],
  BODY_TOO_SLOW: [408, 'The JSON body arrives too slowly; send NDJSON, which may take its time.'],
  BODIES_TOO_MANY: [503, 'Too many JSON bodies are under way; send again after Retry-After.'],
  BODY_CUT_SHORT: [400, 'The body ended before its time; what was complete may be stored.'],
  REJECTS_TOO_MANY: [422, 'So many lines were refused that the rest was not read.'],
  EVENTS_COLUMN_MISSING: [400, 'A column that every event needs is not there; nothing is stored.'],
  EVENTS_COLUMN_UNKNOWN: [
    400,
    'A column is not a field of an event, or stands there twice; nothing is stored.',
  ],
  EVENTS_COLUMN_TYPE: [400, 'A column has another type than its field; nothing is stored.'],
  EVENTS_ARROW_INVALID: [
    400,
    'The Arrow stream is damaged or cut short; record batches before may be stored.',
  ],
  EVENTS_ARROW_TOO_LARGE: [
    413,
    'A record batch or its dictionaries are too large; write smaller ones.',
  ],
  EVENTS_CSV_INVALID: [400, 'The CSV is damaged; rows before may be stored.'],
  REFERENCE_COLUMN_MISSING: [
    400,
    'A column that the dataset requires is not there; nothing is stored.',
  ],
  REFERENCE_COLUMN_UNKNOWN: [
    400,
    'A column is not a field of the dataset, or stands there twice; nothing is stored.',
  ],
  REFERENCE_COLUMN_TYPE: [
    400,
    'An Arrow column has another type than its field; nothing is stored.',
  ],
  REFERENCE_ARROW_INVALID: [
    400,
    'The Arrow stream is damaged, cut short, or has no end mark; nothing is stored.',
  ],
  REFERENCE_ARROW_TOO_LARGE: [
    413,
    'A record batch or its dictionaries are too large; nothing is stored. Write smaller ones.',
  ],
  REFERENCE_FULL_EMPTY: [
    400,
    'A full file without rows would end the dataset; nothing is changed.',
  ],
  REFERENCE_CSV_INVALID: [400, 'The CSV is damaged; nothing is stored.'],
  SPOOL_FULL: [
    503,
    'The spool is full, or its disk has no more room than ClickHouse needs to store what waits; send again after Retry-After. Nothing is lost by sending twice.',
  ],
  SPOOL_FAILED: [503, 'The disk did not take the data; send again after Retry-After.'],
  SERVICE_STOPPING: [503, 'The service is stopping; send again after Retry-After.'],
  SOURCES_UNKNOWN: [
    503,
    'The list of sources could not be read yet; send again after Retry-After.',
  ],
  READING_NOT_ALLOWED: [403, 'The key of this source may send, and not read.'],
  SEARCH_DATE_MISSING: [400, 'The search has no bound in time.'],
  PARAMETER_UNKNOWN: [
    400,
    'The search has a parameter that is not known, and asked to be told (handling=strict).',
  ],
  CURSOR_INVALID: [400, 'The link to the next page is damaged, or was given to another source.'],
  EVENT_UNKNOWN: [404, 'There is no such event, or none that this key may read.'],
  ORIGINAL_UNKNOWN: [
    404,
    'The event was sent as it stands: there is no foreign message behind it.',
  ],
  FORMAT_UNKNOWN: [406, 'The answer cannot be had in that format.'],
  RETRIEVALS_TOO_MANY: [429, 'Too many searches of this source are under way.'],
  RETRIEVAL_TOO_LARGE: [422, 'The search took too long or too much memory; narrow it.'],
  RETRIEVAL_NOT_RECORDED: [503, 'The look could not be recorded, so nothing is shown.'],
  SERVICE_FAILED: [
    500,
    'Something failed that should not; the log of the service has the details.',
  ],
} as const;

export type RecordCode = keyof typeof record_codes;
export type RequestCode = keyof typeof request_codes;

/** The refusal of a whole request: answered with the status of its code. */
export class RequestRefused extends CodedError {
  readonly status: number;

  constructor(code: RequestCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.name = 'RequestRefused';
    this.status = request_codes[code][0];
  }
}

/** Why one event or row is refused. The sentence names the field, and never quotes what stood in it. */
export interface Refusal {
  readonly code: RecordCode;
  readonly message: string;
}
