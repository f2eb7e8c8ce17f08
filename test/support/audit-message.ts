/** Audit messages for tests, synthetic: DICOM or RFC 3881 XML, bare or as syslog. */

export interface Told {
  readonly dialect?: 'dicom' | 'rfc3881';
  /** EventID. */
  readonly kind?: string;
  readonly action?: string;
  readonly time?: string;
  readonly outcome?: string;
  /** EventTypeCode. */
  readonly type?: string;
  readonly staff?: string;
  /** Each as it stands in ParticipantObjectID, escaped. */
  readonly patients?: readonly string[];
  readonly site?: string;
  /** Anything else that stands in the message, as XML. */
  readonly more?: string;
  /** What stands between elements. */
  readonly between?: string;
  readonly root?: string;
}

/** A look at the record of 999 000 0018, by a member of staff of the site. */
export function auditMessage(told: Told = {}): string {
  const {
    dialect = 'dicom',
    kind = '110110',
    action = 'R',
    time = '2026-03-01T10:00:00.123Z',
    outcome = '0',
    staff = '555000000001',
    patients = ['9990000018^^^&amp;2.16.840.1.113883.2.1.4.1&amp;ISO^PI'],
    site = 'RZZ01',
    between = '\n  ',
  } = told;
  const code = (name: string, value: string, system = 'DCM') =>
    dialect === 'dicom'
      ? `<${name} csd-code="${value}" codeSystemName="${system}" originalText="as coded"/>`
      : `<${name} code="${value}" codeSystemName="${system}" displayName="as coded"/>`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<AuditMessage${told.root ?? ''}>`,
    `<EventIdentification${attribute('EventActionCode', action)}${attribute('EventDateTime', time)}${attribute('EventOutcomeIndicator', outcome)}>`,
    code('EventID', kind),
    ...(told.type === undefined ? [] : [code('EventTypeCode', told.type)]),
    `</EventIdentification>`,
    `<ActiveParticipant UserID="${staff}" UserName="Synthetic Person" UserIsRequestor="true" NetworkAccessPointID="10.0.0.7" NetworkAccessPointTypeCode="2">`,
    code('RoleIDCode', 'R8000', 'synthetic'),
    `</ActiveParticipant>`,
    `<AuditSourceIdentification${attribute('AuditEnterpriseSiteID', site)} AuditSourceID="test-node"/>`,
    ...patients.map(
      (id) =>
        `<ParticipantObjectIdentification ParticipantObjectID="${id}" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1">${code('ParticipantObjectIDTypeCode', '2', 'RFC-3881')}</ParticipantObjectIdentification>`,
    ),
    ...(told.more === undefined ? [] : [told.more]),
    `</AuditMessage>`,
  ].join(between);
}

/** The message under a header of RFC 5424. */
export function asSyslog(
  xml: string,
  header = '<85>1 2026-03-01T10:00:00.000Z host app 521 IHE+RFC-3881 - ',
): string {
  return header + xml;
}

/** The message with its length in octets before it (RFC 5425). */
export function counted(message: string): Buffer {
  const bytes = Buffer.from(message);
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

function attribute(name: string, value: string): string {
  return value === '' ? '' : ` ${name}="${value}"`;
}
