/** Reads a kept message by its format, whichever way it came: what a dry run and a run again begin with. */
import type { Transport } from '../intake.ts';
import type { Mapping } from '../mapping.ts';
import { mapAuditMessage } from './audit-message.ts';
import { readBundle } from './fhir/bundle.ts';
import { readFhir } from './fhir.ts';
import { withoutMark } from './lines.ts';
import type { MappedMessage } from './message.ts';
import { mapSyslogMessage } from './syslog.ts';

/** Never throws, whatever the bytes are, as no format does. */
export function readMessage(
  bytes: Buffer,
  transport: Transport,
  media_type: string,
  mapping: Mapping,
): MappedMessage {
  if (transport.startsWith('syslog')) return mapSyslogMessage(bytes, mapping);
  if (isAuditMessage(bytes, media_type)) return mapAuditMessage(bytes, mapping);
  const mapped = readFhir(bytes, media_type, mapping);
  const is_in_part = mapped.events.length > 0 && mapped.refusals.length > 0;
  return is_in_part && isTransaction(bytes, media_type) ? { ...mapped, events: [] } : mapped;
}

/** Of a transaction all is taken or nothing. */
function isTransaction(bytes: Buffer, media_type: string): boolean {
  const bundle = readBundle(bytes, media_type);
  return 'type' in bundle && bundle.type === 'transaction';
}

/** Both are sent as application/xml, so the name of the root tells them apart. */
function isAuditMessage(bytes: Buffer, media_type: string): boolean {
  if (/json/.test(media_type)) return false;
  const start = withoutMark(bytes)
    .toString('latin1', 0, 4_096)
    .replace(/<!--[^]*?-->|<\?[^]*?\?>/g, '');
  return /^\s*<(?:[\w.-]+:)?AuditMessage\b/.test(start);
}
