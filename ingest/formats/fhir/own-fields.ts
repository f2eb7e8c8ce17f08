/** Reads what `fhir/write.ts` puts beside an AuditEvent, so that an event that was read back and sent on is the same. */
import { AccessEventSchema } from '../../event.ts';
import { fields_extension } from './write.ts';
import { objectsAt, textAt } from './tree.ts';
import type { Tree } from './xml.ts';
import type { MappedEvent, MappedMessage } from '../message.ts';

const lists: ReadonlySet<string> = new Set(['supplier_codes', 'search_results']);
const values_max = 2_000;

/**
 * The message with the fields of the extension in its event. A sender that writes it says what it could say as a native
 * event: each field is checked like one. Where the message is several events, or none, it is left as it is.
 */
export function withOwnFields(tree: Tree, mapped: MappedMessage): MappedMessage {
  const [event, second] = mapped.events;
  const own = objectsAt(tree, 'extension').find((each) => textAt(each, 'url') === fields_extension);
  if (!event || second || !own) return mapped;
  const fields: Record<string, string | string[]> = {};
  for (const part of objectsAt(own, 'extension').slice(0, values_max)) {
    const name = textAt(part, 'url');
    const value = textAt(part, 'valueString');
    if (!Object.hasOwn(AccessEventSchema.properties, name) || value === '') continue;
    const before = fields[name];
    if (lists.has(name)) fields[name] = [...(Array.isArray(before) ? before : []), value];
    else fields[name] = value;
  }
  return { ...mapped, events: [{ ...event, ...fields } as MappedEvent] };
}
