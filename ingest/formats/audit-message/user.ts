/** Who the user of an audit message is, among people and machines that both call themselves requestor. */
import { isIP } from 'node:net';
import type { AccessEvent } from '../../event.ts';
import type { Mapping } from '../../mapping.ts';
import { attributeOf, childrenOf, codesOf, isListed, type Code } from './xml.ts';
import { identifiersOf } from './objects.ts';
import { plainSystem } from '../nhs-identifiers.ts';
import type { XmlElement } from '../xml.ts';

/** The user's part of an event; `problem` says why there is none. */
export interface AuditUser {
  readonly fields: Partial<AccessEvent>;
  readonly problem?: 'unknown' | 'ambiguous';
}

interface Participant {
  readonly element: XmlElement;
  readonly roles: readonly Code[];
  readonly types: readonly Code[];
  /** Undefined where it is not told. */
  readonly is_requestor: boolean | undefined;
  readonly account: Account | undefined;
  readonly user_id: string;
  /** Whether something says that it is a person, or a machine; `open` where nothing does. */
  readonly nature: 'person' | 'machine' | 'open';
}

/** `alias<user@issuer>`: how IHE XUA writes the user of an assertion into the name of the machine that sent it. */
interface Account {
  readonly alias: string;
  readonly user: string;
  readonly issuer: string;
}

/**
 * The user: whom the mapping of the source names, else the requestor that is a person. Of a message where nobody is
 * marked as requestor, its only person. Two people who may both be meant are nobody.
 */
export function userOf(root: XmlElement, mapping: Mapping): AuditUser {
  const participants = childrenOf(root, 'ActiveParticipant').map(readParticipant);
  const network = networkOf(participants);
  const found = choose(participants, mapping);
  if (typeof found === 'string') return { fields: network(undefined), problem: found };
  const identity = identityOf(found, mapping);
  const role = found.roles.find(({ system, code }) => !isMachineRole(system, code));
  const fields = {
    ...identity,
    ...(role && { role_code: role.code, ...(role.display && { role_name: role.display }) }),
    ...network(found),
  };
  return identity.staff_id === undefined ? { fields, problem: 'unknown' } : { fields };
}

function choose(
  participants: readonly Participant[],
  mapping: Mapping,
): Participant | 'unknown' | 'ambiguous' {
  const has = ({ roles, types }: Participant, list: readonly string[]) =>
    [...roles, ...types].some((code) => isListed(code, list));
  const possible = participants.filter((each) => !has(each, mapping.not_user_codes));
  const named = possible.filter((each) => has(each, mapping.user_codes));
  if (named.length > 0) return single(named.filter(isRequestor)) ?? single(named) ?? 'ambiguous';
  const is_anybody_requestor = possible.some(isRequestor);
  const groups = [
    possible.filter(isRequestor),
    possible.filter(({ is_requestor }) => is_requestor === undefined),
    is_anybody_requestor ? [] : possible.filter(({ is_requestor }) => is_requestor === false),
  ];
  for (const [index, group] of groups.entries()) {
    const people = group.filter(({ nature }) => nature === 'person');
    if (people.length > 0) return single(people) ?? 'ambiguous';
    // Where another is marked as requestor, or all are marked as none, only one who is shown to be a person will do.
    if (index > 0 && (index === 2 || is_anybody_requestor)) continue;
    const open = group.filter(({ nature }) => nature === 'open');
    if (open.length > 0) return single(open) ?? 'ambiguous';
  }
  return 'unknown';
}

/** The one of that list, where all of it is the same; of several entries for one user the one with a name. */
function single(list: readonly Participant[]): Participant | undefined {
  const ids = new Set(list.map(({ user_id, account }) => `${user_id}\n${account?.user ?? ''}`));
  if (ids.size !== 1) return undefined;
  return list.find(({ element }) => attributeOf(element, 'UserName') !== '') ?? list[0];
}

function isRequestor({ is_requestor }: Participant): boolean {
  return is_requestor === true;
}

function readParticipant(element: XmlElement): Participant {
  const roles = codesOf(element, 'RoleIDCode');
  const types = codesOf(element, 'UserIDTypeCode');
  const user_id = attributeOf(element, 'UserID');
  const account =
    accountOf(attributeOf(element, 'UserName')) ??
    accountOf(attributeOf(element, 'AlternativeUserID')) ??
    accountOf(user_id);
  return {
    element,
    roles,
    types,
    is_requestor: requestorOf(element),
    account,
    user_id,
    nature: natureOf({ element, roles, types, user_id, account }),
  };
}

/** The flag under its name, or under one that somebody misspelt: `IsRequestor`, `UserIsRequester`. */
function requestorOf(element: XmlElement): boolean | undefined {
  const name = Object.keys(element.attributes).find((each) => /^(user)?(is)?req/i.test(each));
  const value = name === undefined ? '' : attributeOf(element, name).toLowerCase();
  if (value === 'true' || value === '1') return true;
  return value === 'false' || value === '0' ? false : undefined;
}

// DICOM: name and id of a person; station, node, device. RFC 3881: 12 is a URI. dcm4chee: HL7 application.
const id_types_of_people = ['113870', '113871'];
const id_types_of_machines = ['110119', '110182', '113877', '12', 'HL7APP'];

function natureOf({
  element,
  roles,
  types,
  user_id,
  account,
}: Pick<
  Participant,
  'element' | 'roles' | 'types' | 'user_id' | 'account'
>): Participant['nature'] {
  if (account) return 'person';
  const alternative = attributeOf(element, 'AlternativeUserID');
  if (isMachineName(isNobody(user_id) ? alternative : user_id)) return 'machine';
  if (types.some(({ code }) => id_types_of_people.includes(code))) return 'person';
  if (types.some(({ code }) => id_types_of_machines.includes(code))) return 'machine';
  const type = attributeOf(element, 'UserTypeCode');
  if (type !== '') return type === '1' ? 'person' : 'machine';
  if (roles.some(({ system, code }) => !isMachineRole(system, code))) return 'person';
  return roles.some(({ code }) => code !== '110151') ? 'machine' : 'open';
}

/** Application, launcher, destination, source, and media of either: what IHE gives to the systems of a transaction. */
function isMachineRole(system: string, code: string): boolean {
  return /^11015[0-5]$/.test(code) && (system === '' || /dcm|dicom|1\.2\.840\.10008/i.test(system));
}

/** Whether an id is none of a person's: an address, a process, a computer account, or a word for nobody. */
function isMachineName(id: string): boolean {
  return (
    isNobody(id) ||
    /^\/|^[a-z][a-z0-9+.-]*:\/\/[^|]*$|\$$/i.test(id) ||
    isProcess(id) ||
    isIP(id) !== 0
  );
}

function isNobody(id: string): boolean {
  return /^(|unknown|anonymous|none|null|n\/a|<none>)$/i.test(id);
}

/** A process id, at times with its host: no system has ten million processes. */
function isProcess(id: string): boolean {
  return /^\d{1,7}(@\S*)?$/.test(id);
}

function accountOf(text: string): Account | undefined {
  const match = /^([^<>]*)<([^<>]+)@([^<>@]+)>$/.exec(text);
  if (!match) return undefined;
  const [, alias = '', user = '', issuer = ''] = match.map((part) => part.trim());
  return { alias, user, issuer };
}

/** `@UserID`, else the account, else `@AlternativeUserID` where that is no process. */
function identityOf(participant: Participant, mapping: Mapping): Partial<AccessEvent> {
  const { element, user_id, account } = participant;
  const name = attributeOf(element, 'UserName');
  const staff_name = account ? account.alias || account.user : name;
  const named = staff_name === '' ? {} : { staff_name };
  const is_named_by_mapping = [...participant.roles, ...participant.types].some((code) =>
    isListed(code, mapping.user_codes),
  );
  const own = accountOf(user_id) ? '' : user_id;
  if (own !== '' && (!isMachineName(own) || (is_named_by_mapping && !account)))
    return { ...staffId(own, mapping), ...named };
  if (account) return { ...staffKey(account.issuer, account.user, mapping), ...named };
  const alternative = attributeOf(element, 'AlternativeUserID');
  return isMachineName(alternative) ? named : { ...staffId(alternative, mapping), ...named };
}

function staffId(id: string, mapping: Mapping): Partial<AccessEvent> {
  const [first] = identifiersOf(id);
  return staffKey(first?.system ?? '', first?.value ?? '', mapping);
}

function staffKey(system: string, staff_id: string, mapping: Mapping): Partial<AccessEvent> {
  const plain = plainSystem(system);
  const known = Object.entries(mapping.staff_id_systems).find(
    ([name]) => name === system || (plain !== '' && plainSystem(name) === plain),
  );
  const staff_id_system = known?.[1] ?? system;
  return { staff_id, ...(staff_id_system !== '' && { staff_id_system }) };
}

/**
 * Where the user sat: their own network access point, else that of the machine that asked for them. What is an
 * address is one, whatever its type says; anything else names a device.
 */
function networkOf(
  participants: readonly Participant[],
): (user: Participant | undefined) => Partial<AccessEvent> {
  return (user) => {
    const point = [
      ...(user ? [user] : []),
      ...participants.filter(isRequestor),
      ...participants.filter(({ roles }) => roles.some(({ code }) => code === '110153')),
    ]
      .map(({ element }) => attributeOf(element, 'NetworkAccessPointID'))
      .find((id) => id !== '');
    if (point === undefined) return {};
    return isIP(point) === 0 ? { device_id: point } : { ip_address: point };
  };
}
