/** Who is the user among the agents of an AuditEvent, for which organisation, and from where. */
import { isIP } from 'node:net';
import type { Mapping } from '../../mapping.ts';
import { hasCode, hasDicom, isDicom, namesCoding, type Coding } from './codes.ts';
import type { Agent, AuditEvent } from './event.ts';
import { organisationOfReference } from './identifiers.ts';
import type { MappedEvent, MessageRefusal } from '../message.ts';
import { isNhsNumberSystem, isOrganisationSystem, plainSystem } from '../nhs-identifiers.ts';

/** What was found, as fields of the event, or why nothing was. */
export interface Found {
  readonly fields: Partial<MappedEvent>;
  readonly refusals: readonly MessageRefusal[];
}

const participation = /ParticipationType|2\.16\.840\.1\.113883\.5\.90/i;
const role_class = /RoleClass|ParticipationType|2\.16\.840\.1\.113883\.5\.(?:110|90)$/i;
const security_role = /extra-security-role-type|security-role-type/i;

// BALP: who receives (a read or query), or writes. The others of the class are parties to the act, not its user.
const user_participations = new Set(['IRCP', 'AUT', 'INF', 'CST']);
const token_agents = new Set(['UserSamlAgent', 'UserOauthAgent']);
const staff_systems = new Set([
  'fhir.nhs.uk/id/sds-user-id',
  'fhir.nhs.uk/id/sds-role-profile-id',
  'fhir.nhs.net/id/sds-user-id',
  'fhir.nhs.net/id/sds-role-profile-id',
]);
const machine_systems = new Set([
  'fhir.nhs.uk/id/accredited-system',
  'fhir.nhs.uk/id/nhsspineasid',
]);

/**
 * The agents that are the user, by the first of these that holds for any: the mapping names it; it is marked as requestor
 * and as a person; it is marked as requestor and is nothing else; no agent is marked as requestor, and it is a person
 * (SCR alerts; senders that leave the mark out).
 */
export function usersOf(event: AuditEvent, mapping: Mapping): readonly Agent[] {
  const possible = event.agents.filter(
    (agent) => !namesCoding(mapping.not_user_codes, codingsOfAgent(agent)),
  );
  const named = possible.filter((agent) => namesCoding(mapping.user_codes, codingsOfAgent(agent)));
  if (named.length > 0) return distinct(named);
  const others = possible.filter((agent) => !isOrganisation(agent, mapping) && !isMachine(agent));
  const requestors = others.filter(({ is_requestor }) => is_requestor === true);
  const marked = requestors.filter((agent) => isPerson(agent));
  if (marked.length > 0) return distinct(marked);
  const plain = requestors.filter((agent) => !hasMachineRole(agent));
  if (plain.length > 0) return distinct(plain);
  if (event.agents.some(({ is_requestor }) => is_requestor === true)) return [];
  return distinct(others.filter((agent) => isPerson(agent) && !isPatientAgent(agent, mapping)));
}

/** The fields of the user. */
export function userOf(event: AuditEvent, mapping: Mapping): Found {
  const users = usersOf(event, mapping);
  const [user, second] = users;
  if (!user) return { fields: {}, refusals: [noUser(event)] };
  if (second) {
    const message = `${user.path} and ${second.path} may both be the user. Say in the mapping of the source which.`;
    return {
      fields: {},
      refusals: [{ code: 'MESSAGE_USER_AMBIGUOUS', message, expression: second.path }],
    };
  }
  const identity = identityOf(user);
  const role = roleOf(user);
  const staff_id_system =
    identity && (mapping.staff_id_systems[identity.system] ?? identity.system);
  const staff_name = user.name || user.who?.display || '';
  const site_code = user.location?.identifiers[0]?.value ?? '';
  const fields = {
    ...(identity && { staff_id: identity.value }),
    ...(staff_id_system && { staff_id_system }),
    ...(staff_name !== '' && { staff_name }),
    ...(role.code !== '' && { role_code: role.code }),
    ...(role.display !== '' && { role_name: role.display }),
    ...(site_code !== '' && { site_code }),
  };
  const expression = `${user.path}.who`;
  if (!identity) {
    const message = `${user.path} is the user, and has no identifier, reference or alternative id.`;
    return { fields, refusals: [{ code: 'MESSAGE_USER_UNKNOWN', message, expression }] };
  }
  const is_named = namesCoding(mapping.user_codes, codingsOfAgent(user));
  if (isPatientAgent(user, mapping) && !is_named) {
    const message = `${user.path} is the user, and is the patient, or somebody for them.`;
    return { fields, refusals: [{ code: 'MESSAGE_USER_NOT_STAFF', message, expression }] };
  }
  return { fields, refusals: [] };
}

/** The organisation in whose name the user acted. */
export function organisationOf(event: AuditEvent, mapping: Mapping): Found {
  const agents = event.agents.filter((agent) => isOrganisation(agent, mapping));
  // Where several are named, the one that asked goes before those that were asked.
  const asking = agents.filter(({ is_requestor }) => is_requestor === true);
  const told = [asking, agents]
    .map((some) => some.map((agent) => ({ agent, code: organisationCode(agent, mapping) })))
    .map((some) => some.filter(({ code }) => code !== ''))
    .find((some) => some.length > 0);
  const [first] = told ?? [];
  const other = told?.find(({ code }) => code !== first?.code);
  if (first && other) {
    const message = `${first.agent.path} and ${other.agent.path} are different organisations. Say in the mapping of the source which is not the user's.`;
    return {
      fields: {},
      refusals: [{ code: 'MESSAGE_ORGANISATION_AMBIGUOUS', message, expression: other.agent.path }],
    };
  }
  const code =
    first?.code ?? mapping.organisations[event.source_site] ?? mapping.default_organisation_code;
  if (code !== '') return { fields: { organisation_code: code }, refusals: [] };
  const message = agents[0]
    ? `${agents[0].path} is an organisation, and has no ODS code. Name it in the mapping of the source.`
    : 'No agent is an organisation. Give the source a default in its mapping.';
  const expression = agents[0]?.path ?? 'AuditEvent.agent';
  return {
    fields: {},
    refusals: [{ code: 'MESSAGE_ORGANISATION_UNKNOWN', message, expression }],
  };
}

/** Where the user worked: the network of their own agent, else that of the client. */
export function networkOf(event: AuditEvent, mapping: Mapping): Partial<MappedEvent> {
  const users = usersOf(event, mapping);
  const own = users.length === 1 ? users[0]?.network : undefined;
  const network = own?.address ? own : clientOf(event)?.network;
  if (!network?.address) return {};
  // An address that is none of IP is kept as what the device is called.
  const is_ip = (network.kind === '' || network.kind === '2') && isIP(network.address) !== 0;
  return is_ip ? { ip_address: network.address } : { device_id: network.address };
}

/** What the application is called: DICOM has a role for it. */
export function applicationOf(event: AuditEvent, mapping: Mapping): Partial<MappedEvent> {
  const agent = event.agents.find(({ types, roles }) => hasDicom([...types, ...roles], '110150'));
  const told = agent && (agent.name || agent.who?.display || agent.who?.identifiers[0]?.value);
  const application = told || mapping.application;
  return application === '' ? {} : { application };
}

/** BALP: the client is the destination of what is read and the source of all else, and in a delete the application. */
function clientOf({ agents, action, kinds }: AuditEvent): Agent | undefined {
  const having = (code: string) =>
    agents.filter(({ types, roles }) => hasDicom([...types, ...roles], code));
  // An export is marked as a read too, and what leaves has its source where the user is.
  const is_read = action.text === 'R' && !hasDicom(kinds, '110106');
  const wanted = is_read ? '110152' : action.text === 'D' ? '110150' : '110153';
  const clients = having(wanted);
  return clients.length === 1 ? clients[0] : undefined;
}

function noUser({ agents }: AuditEvent): MessageRefusal {
  const requestor = agents.find(({ is_requestor }) => is_requestor === true);
  const message = requestor
    ? `${requestor.path} asked, and is no person. If it is the user, say so in the mapping of the source.`
    : 'No agent is marked as the one who asked, and none is known to be a person.';
  const expression = requestor?.path ?? 'AuditEvent.agent';
  return { code: 'MESSAGE_USER_UNKNOWN', message, expression };
}

/** One person may stand there twice, as author and as informant. */
function distinct(agents: readonly Agent[]): Agent[] {
  const by_identity = new Map<string, Agent>();
  for (const agent of agents) {
    const identity = identityOf(agent);
    const key = identity ? `${identity.system}|${identity.value}` : agent.path;
    if (!by_identity.has(key)) by_identity.set(key, agent);
  }
  return [...by_identity.values()];
}

function identityOf({ who, alt_id }: Agent): { system: string; value: string } | undefined {
  const identifiers = who?.identifiers ?? [];
  const found =
    identifiers.find(({ system }) => staff_systems.has(plainSystem(system))) ?? identifiers[0];
  if (found) return found;
  if (who && who.reference !== '') return { system: '', value: who.reference };
  return alt_id === '' ? undefined : { system: '', value: alt_id };
}

// Codes that say what part an agent had, and not what somebody's job is.
const no_role =
  /ParticipationType|dicom|dcm|nema|security-role|UserAgentTypes|provenance-participant/i;

/** The first role that is one; at times it stands in `type`. */
function roleOf({ roles, types }: Agent): Coding {
  const isJob = ({ system, code }: Coding) => !no_role.test(system) && !/^110\d{3}$/.test(code);
  const isType = (coding: Coding) =>
    isJob(coding) && coding.code !== '' && !role_class.test(coding.system);
  const none = { system: '', code: '', display: '' };
  return roles.find(isJob) ?? types.find(isType) ?? none;
}

function isOrganisation({ who, types, is_requestor }: Agent, mapping: Mapping): boolean {
  if (who?.kind === 'Organization') return true;
  if (who?.identifiers.some(({ system }) => isOrganisationSystem(system, mapping))) return true;
  const is_provider = hasCode(types, role_class, new Set(['PROV']));
  return is_provider && is_requestor !== true && !isPersonKind(who?.kind);
}

function organisationCode({ who, name }: Agent, mapping: Mapping): string {
  const identifiers = who?.identifiers ?? [];
  for (const { system, value } of identifiers) {
    const mapped = mapping.organisations[`${system}|${value}`] ?? mapping.organisations[value];
    if (mapped !== undefined) return mapped;
  }
  const ods = identifiers.find(({ system }) => isOrganisationSystem(system, mapping));
  if (ods) return ods.value;
  for (const text of [who?.reference ?? '', name, who?.display ?? ''])
    if (text !== '' && mapping.organisations[text] !== undefined)
      return mapping.organisations[text];
  return organisationOfReference(who?.reference ?? '');
}

function isMachine({ who, types, roles }: Agent): boolean {
  if (who && /^(?:Device|DeviceDefinition|Endpoint|HealthcareService)$/.test(who.kind)) return true;
  if (who?.identifiers.some(({ system }) => machine_systems.has(plainSystem(system)))) return true;
  const codes = new Set(['dataprocessor', 'authserver', 'datacollector']);
  return hasCode([...types, ...roles], security_role, codes);
}

/** A code that DICOM gives to the two ends of a line; senders give it to people too, but it does not say so. */
function hasMachineRole({ types, roles }: Agent): boolean {
  const all = [...types, ...roles];
  const codes = ['110150', '110151', '110152', '110153', '110154', '110155'];
  const is_custodian = all.some(
    ({ system, code }) => code === 'custodian' && /provenance-participant/.test(system),
  );
  return is_custodian || all.some((coding) => codes.some((code) => isDicom(coding, code)));
}

function isPerson({ who, types, roles }: Agent): boolean {
  const all = [...types, ...roles];
  return (
    isPersonKind(who?.kind) ||
    (who?.identifiers.some(({ system }) => staff_systems.has(plainSystem(system))) ?? false) ||
    hasCode(all, participation, user_participations) ||
    all.some(({ code }) => token_agents.has(code)) ||
    hasCode(all, security_role, new Set(['humanuser']))
  );
}

function isPersonKind(kind = ''): boolean {
  return /^(?:Practitioner|PractitionerRole|Person|RelatedPerson|Patient)$/.test(kind);
}

/** Whether an agent is a patient, or acts for one: nobody whose work it is to look. */
export function isPatientAgent({ who, roles }: Agent, mapping: Mapping): boolean {
  if (who && /^(?:Patient|RelatedPerson)$/.test(who.kind)) return true;
  if (who?.identifiers.some(({ system }) => isNhsNumberSystem(system, mapping))) return true;
  return roles.some(({ code }) => code === 'PAT');
}

function codingsOfAgent({ types, roles }: Agent): Coding[] {
  return [...types, ...roles];
}
