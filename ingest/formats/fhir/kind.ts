/** What an AuditEvent says was done: a view, a search, an export, or nothing that is a look at a record. */
import type { Mapping } from '../../mapping.ts';
import {
  hasCode,
  hasDicom,
  lookUp,
  scr_alert_reason,
  scr_alert_type,
  type Coding,
} from './codes.ts';
import type { AuditEvent } from './event.ts';
import type { MappedEvent, MessageRefusal } from '../message.ts';

/** The action, or why it is none. */
export type Kind =
  { readonly action: MappedEvent['action'] } | { readonly refusal: MessageRefusal };

const interaction = /restful-interaction/i;
const reads = new Set([
  'read',
  'vread',
  'history',
  'history-instance',
  'history-type',
  'history-system',
]);
const searches = new Set(['search', 'search-type', 'search-system']);
const writes = new Set(['create', 'update', 'patch', 'delete']);

/** DICOM event ids of everything but a look at a record; 110113 is one when an emergency override starts. */
const other_kinds = ['110101', '110108', '110109', '110113', '110114'];
/** DICOM event types: started, stopped, login, logout, and what a security alert tells. */
const other_types = [
  '110120',
  '110121',
  '110122',
  '110123',
  '110124',
  '110125',
  '110126',
  '110128',
  '110129',
  '110130',
  '110131',
  '110132',
  '110133',
  '110134',
  '110135',
  '110136',
  '110137',
  '110138',
];
/** DICOM event ids of data that comes in, is moved or removed: their R is not that of a reader. */
const transfers = ['110102', '110104', '110105', '110107'];
export const override_started = '110127';

/**
 * The mapping of the source goes first, by subtype and type, and for what is a look at a record by action code; then the alerts of the Summary Care Record and an
 * emergency override, which are views; then what the standards say. What is absent or unknown is not guessed.
 */
export function kindOf(event: AuditEvent, mapping: Mapping): Kind {
  const { kinds, subkinds, action } = event;
  const mapped = lookUp(mapping.actions, subkinds) ?? lookUp(mapping.actions, kinds);
  if (mapped !== undefined) return { action: mapped };
  const all = [...kinds, ...subkinds];
  if (isScrAlert(event)) return { action: 'view' };
  if (hasDicom(all, override_started)) return { action: 'view' };
  const is_interaction = subkinds.some(({ system }) => interaction.test(system));
  if (
    hasDicom(kinds, ...other_kinds) ||
    hasDicom(all, ...other_types) ||
    (hasDicom(kinds, '110100') && !is_interaction)
  ) {
    return refuse(
      'MESSAGE_KIND_NOT_ACCESS',
      'What the event tells is no look at a record.',
      kindPath(event),
    );
  }
  const found = mapping.actions[action.text] ?? standardAction(event);
  if (found) return { action: found };
  return refuse(
    'MESSAGE_ACTION_UNMAPPED',
    'What was done is no view, search, export or print by the standards. If it is one, say so in the mapping of the source.',
    action.text === '' ? kindPath(event) : action.path,
  );
}

function standardAction(event: AuditEvent): MappedEvent['action'] | undefined {
  const { kinds, subkinds, action, entities } = event;
  const is_query = hasDicom(kinds, '110112');
  const is_search = hasCode(subkinds, interaction, searches);
  const has_query = entities.some(({ query, roles }) => query !== '' || isQueryRole(roles));
  // A read that is marked as a write contradicts itself.
  if (hasCode(subkinds, interaction, writes) && !is_search) return undefined;
  if (action.text === 'E') return is_query || is_search || has_query ? 'search' : undefined;
  if (action.text !== 'R' && action.text !== '') return undefined;
  if (is_query || is_search) return 'search';
  if (hasDicom(kinds, '110106')) return 'export';
  if (hasDicom(kinds, ...transfers)) return undefined;
  if (action.text === 'R') return 'view';
  return hasCode(subkinds, interaction, reads) ? 'view' : undefined;
}

/** Whether the entity is the query of a search. */
export function isQueryRole(roles: readonly Coding[]): boolean {
  return roles.some(({ code }) => code === '24');
}

/** What was overridden, and the reason where the message has one. */
export function overrideOf(
  event: AuditEvent,
  purposes: readonly Coding[],
): Pick<MappedEvent, 'override' | 'reason'> {
  const { kinds, subkinds, outcome_text } = event;
  const emergency = /ActReason|ActCode|2\.16\.840\.1\.113883\.5\.[48]$/i;
  const all = [...kinds, ...subkinds];
  const is_emergency =
    hasCode([...purposes, ...all], emergency, new Set(['BTG', 'ETREAT'])) ||
    hasDicom(all, override_started);
  if (!isScrAlert(event)) return is_emergency ? { override: 'break_glass' } : {};
  const reason = subkinds.find(({ system }) => system === scr_alert_reason);
  const override =
    is_emergency || reason?.code === '4' || reason?.code === '5'
      ? 'break_glass'
      : kinds.some(({ code }) => code === '1')
        ? 'self_claimed'
        : '';
  const told = [reason?.display ?? '', outcome_text].filter((text) => text !== '').join(': ');
  return { ...(override !== '' && { override }), ...(told !== '' && { reason: told }) };
}

/** An alert of the Summary Care Record: somebody looked without a legitimate relationship. */
export function isScrAlert({ kinds }: AuditEvent): boolean {
  return kinds.some(({ system }) => system === scr_alert_type);
}

/** Reasons that the Summary Care Record does not accept with a type. */
const impossible_alerts: ReadonlySet<string> = new Set(['1-5', '2-4', '2-6']);

/** What is wrong with an alert of the Summary Care Record, by its own rules. */
export function checkScrAlert(event: AuditEvent): MessageRefusal[] {
  const { kinds, subkinds } = event;
  const [type] = kinds;
  if (!isScrAlert(event) || !type) return [];
  const refuseAt = (expression: string, message: string): MessageRefusal[] => [
    { code: 'MESSAGE_FIELD_VALUE', message, expression },
  ];
  const [reason, more] = subkinds;
  if (!['1', '2'].includes(type.code))
    return refuseAt('AuditEvent.type.code', 'An alert of the Summary Care Record has type 1 or 2.');
  if (!reason || more || reason.system !== scr_alert_reason)
    return refuseAt(
      'AuditEvent.subtype',
      'An alert of the Summary Care Record has one subtype, which is its reason.',
    );
  if (!['1', '2', '3', '4', '5', '6'].includes(reason.code))
    return refuseAt(
      'AuditEvent.subtype[0].code',
      'An alert of the Summary Care Record has a reason from 1 to 6.',
    );
  if (impossible_alerts.has(`${type.code}-${reason.code}`))
    return refuseAt(
      'AuditEvent.subtype[0].code',
      'This reason and this type of alert do not go together in the Summary Care Record.',
    );
  return [];
}

function kindPath({ version }: AuditEvent): string {
  if (version === 'fhir_r5') return 'AuditEvent.code';
  return version === 'fhir_dstu2' ? 'AuditEvent.event.type' : 'AuditEvent.type';
}

function refuse(code: MessageRefusal['code'], message: string, expression: string): Kind {
  return { refusal: { code, message, expression } };
}
