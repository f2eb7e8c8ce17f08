/** STU3 and DSTU2 AuditEvents, read as far as they go: other names for the same, and no schema to hold them to. */
import { codingsOf, containedIn, objectAt, objectsAt, textAt } from './tree.ts';
import { readAgent, readEntity, type AuditEvent } from './event.ts';
import type { MessageRefusal } from '../message.ts';
import type { Tree } from './xml.ts';

/**
 * A DSTU2 AuditEvent has `event.{type,subtype,action,dateTime,outcome}`, `participant[].{userId,name,altId}` and
 * `object[].{identifier,reference}`; an STU3 one `agent[].{userId,reference}` and `entity[].{identifier,reference}`.
 */
export function readOlderEvent(tree: Tree, version: 'fhir_stu3' | 'fhir_dstu2'): AuditEvent {
  const contained = containedIn(tree);
  const is_dstu2 = version === 'fhir_dstu2';
  const top = is_dstu2 ? (objectAt(tree, 'event') ?? {}) : tree;
  const at = is_dstu2 ? 'AuditEvent.event' : 'AuditEvent';
  const [agents, entities, time] = is_dstu2
    ? (['participant', 'object', 'dateTime'] as const)
    : (['agent', 'entity', 'recorded'] as const);
  return {
    version,
    id: textAt(tree, 'id'),
    kinds: codingsOf(objectsAt(top, 'type')),
    subkinds: codingsOf(objectsAt(top, 'subtype')),
    action: { text: textAt(top, 'action'), path: `${at}.action` },
    occurred: { text: textAt(top, time), path: `${at}.${time}` },
    outcome: { text: textAt(top, 'outcome'), path: `${at}.outcome` },
    outcome_details: [],
    outcome_text: textAt(top, 'outcomeDesc'),
    purposes: codingsOf(objectsAt(top, 'purposeOfEvent')),
    patient: undefined,
    agents: objectsAt(tree, agents).map((agent, index) =>
      readAgent(newerAgent(agent), `AuditEvent.${agents}[${index}]`, contained),
    ),
    entities: objectsAt(tree, entities).map((entity, index) =>
      readEntity(newerEntity(entity), `AuditEvent.${entities}[${index}]`, contained),
    ),
    source_site: textAt(objectAt(tree, 'source'), 'site'),
  };
}

/** What has to be right for the event to mean anything; their structure is not checked further. */
export function checkOlderEvent(event: AuditEvent): MessageRefusal[] {
  const found: MessageRefusal[] = [];
  const say = (code: MessageRefusal['code'], expression: string, problem: string) =>
    found.push({ code, message: `${expression} ${problem}.`, expression });
  const { action, outcome } = event;
  const id_form = /^[A-Za-z0-9\-.]{1,64}$/;
  if (event.id !== '' && !id_form.test(event.id))
    say('MESSAGE_FIELD_VALUE', 'AuditEvent.id', 'is not in the form of an id');
  if (event.kinds.length === 0)
    say('MESSAGE_FIELD_MISSING', action.path.replace(/action$/, 'type'), 'is required');
  if (event.agents.length === 0) {
    const name = event.version === 'fhir_dstu2' ? 'participant' : 'agent';
    say('MESSAGE_FIELD_MISSING', `AuditEvent.${name}`, 'is required');
  }
  if (!['', 'C', 'R', 'U', 'D', 'E'].includes(action.text))
    say('MESSAGE_FIELD_VALUE', action.path, 'has to be one of C, R, U, D, E');
  if (!['', '0', '4', '8', '12'].includes(outcome.text))
    say('MESSAGE_FIELD_VALUE', outcome.path, 'has to be one of 0, 4, 8, 12');
  return found;
}

function newerAgent(agent: Tree): Tree {
  const reference = textAt(objectAt(agent, 'reference'), 'reference');
  const display = textAt(objectAt(agent, 'reference'), 'display');
  // DSTU1 has the user's id as a plain string, and the address of the network as its identifier.
  const plain_id = textAt(agent, 'userId');
  const identifier = plain_id === '' ? objectAt(agent, 'userId') : { value: plain_id };
  const network = objectAt(agent, 'network');
  return {
    ...agent,
    who: {
      ...(identifier && { identifier }),
      ...(reference !== '' && { reference }),
      ...(display !== '' && { display }),
    },
    ...(network && {
      network: { address: textAt(network, 'identifier'), ...network },
    }),
  };
}

function newerEntity(entity: Tree): Tree {
  const identifier = objectAt(entity, 'identifier');
  const reference = textAt(objectAt(entity, 'reference'), 'reference');
  return {
    ...entity,
    what: { ...(identifier && { identifier }), ...(reference !== '' && { reference }) },
  };
}
