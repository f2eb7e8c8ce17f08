/** What an audit message tells of: a look at a record, or something else. DICOM PS3.15 A.5.3, and the IHE transactions. */
import type { AccessEvent } from '../../event.ts';
import type { Mapping } from '../../mapping.ts';
import { lookUp, type Code } from './xml.ts';

type Action = AccessEvent['action'];
export type Kind = Action | 'not_access' | 'unmapped';

/** Emergency override started: the user opened the record though they had no leave to. */
const override_started = '110127';

// Application activity, audit log used, network entry, security alert, user authentication: none is about a record.
const kinds_without_record = ['110100', '110101', '110108', '110113', '110114'];

// Instances accessed, patient record, procedure record: what was done with them is the action code.
const kinds_of_record = ['110103', '110110', '110111'];

/**
 * What was done. The mapping of the source goes before the standards, and in it the narrower code: the type of the
 * event, its id, its action.
 *
 * A transfer between systems, an import, a deletion, and a record that was created or changed are no look at a record;
 * they are unmapped and not passed over, since a source may use them for one.
 */
export function kindOf(
  event_id: Code,
  types: readonly Code[],
  action_code: string,
  mapping: Mapping,
): Kind {
  for (const code of [...types, event_id]) {
    const mapped = lookUp(code, mapping.actions);
    if (mapped) return mapped;
  }
  // Told as a security alert: the user says that they open the record all the same.
  const is_without_record = kinds_without_record.includes(event_id.code);
  if (is_without_record) return isOverride(types) ? 'view' : 'not_access';
  // An action code is no kind: every login has one too.
  if (Object.hasOwn(mapping.actions, action_code)) return mapping.actions[action_code] as Action;
  if (event_id.code === '110112') return 'search';
  if (event_id.code === '110106') return 'export';
  const is_read = kinds_of_record.includes(event_id.code) && action_code === 'R';
  return is_read || isOverride(types) ? 'view' : 'unmapped';
}

/** Whether one of the event's types is that an emergency override began. */
export function isOverride(types: readonly Code[]): boolean {
  return types.some(({ code }) => code === override_started);
}

/** @returns undefined where the indicator is none of the standard's (RFC 3881 section 5.1.4) */
export function outcomeOf(indicator: string): AccessEvent['outcome'] {
  if (indicator === '') return 'unknown';
  if (indicator === '0') return 'success';
  return ['4', '8', '12'].includes(indicator) ? 'error' : undefined;
}
