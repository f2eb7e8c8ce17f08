/** The access event: one schema that is the TypeScript type, the validator, and the page at /docs. */
import Type, { type Static } from 'typebox';
import { code, codes, id, instant, label, nhsNumber, nhsNumbers, oneOf, text } from './fields.ts';

export const AccessEventSchema = Type.Object(
  {
    event_id: id(128, 'Unique within the source.'),
    occurred_at: instant(
      'When it was done: RFC 3339 with an offset, from 2000 to ten minutes after receipt.',
    ),
    action: oneOf(['view', 'search', 'export', 'print'], 'What was done.'),
    outcome: Type.Optional(
      oneOf(['success', 'denied', 'error', 'unknown'], 'How it ended; unknown unless told.'),
    ),
    trigger: Type.Optional(
      oneOf(
        ['user', 'system', 'unknown'],
        'What caused it; system is a preload or refresh. unknown unless told.',
      ),
    ),
    staff_id: id(128, 'The member of staff, as the source knows them.'),
    staff_id_system: Type.Optional(
      code(256, "URI of the identifier system; the source's default where absent."),
    ),
    staff_name: Type.Optional(label(200, 'Their name, as recorded at the time.')),
    role_code: Type.Optional(code(64, 'Their role, as recorded at the time.')),
    role_name: Type.Optional(label(200, 'The name of that role.')),
    organisation_code: id(32, "ODS code of the viewer's organisation."),
    site_code: Type.Optional(code(64, 'The site they worked at.')),
    application: Type.Optional(label(128, 'The application they used.')),
    session_id: Type.Optional(code(128, 'Their session.')),
    launch_id: Type.Optional(code(128, 'One opening of the record from a local system.')),
    device_id: Type.Optional(code(128, 'The device.')),
    ip_address: Type.Optional(code(64, 'The address it came from.')),
    patient_id: Type.Optional(nhsNumber('NHS number, ten digits; required but for a search.')),
    section: Type.Optional(label(64, 'Widget or pod of the record, e.g. medications.')),
    document_id: Type.Optional(code(256, 'The document that was opened.')),
    supplier_codes: Type.Optional(
      codes(200, 32, 'ODS codes of the organisations whose data was shown.'),
    ),
    purpose: Type.Optional(code(64, 'HL7 v3 PurposeOfUse code; unknown unless told.')),
    override: Type.Optional(
      oneOf(
        ['', 'break_glass', 'dissent', 'sealed', 'protected', 'self_claimed'],
        'What was overridden.',
      ),
    ),
    reason: Type.Optional(text(2_000, 'What the user gave as the reason.')),
    search_terms: Type.Optional(text(1_000, 'For a search: what was typed.')),
    search_results: Type.Optional(nhsNumbers(1_000, 'For a search: the NHS numbers it returned.')),
  },
  { additionalProperties: false, $id: 'AccessEvent', description: 'One audited act.' },
);

/** An access event as a source sends it. */
export type AccessEvent = Static<typeof AccessEventSchema>;

/** An access event as the spool holds it: the instant as epoch milliseconds, the defaults filled in. */
export type SpooledEvent = Omit<AccessEvent, 'occurred_at'> & {
  occurred_at: number;
  staff_id_system: string;
  /** Of the foreign message that told it. */
  message_id?: string;
};

/** Fields of a stored event that only we set; a sender that sets them is refused. */
export const our_fields: ReadonlySet<string> = new Set([
  'source',
  'received_at',
  'load_seq',
  'segment_id',
  'segment_position',
  'message_id',
  'salt',
  'day',
]);
