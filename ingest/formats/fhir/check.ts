/** Checks an AuditEvent against its schema: types, what has to be there, what may not be, and the codes that are closed lists. */
import { closed_code_systems } from './codes.ts';
import type { MessageRefusal } from '../message.ts';
import { ruleOf, type Schema } from './schema.ts';

/** Enough for a sender to see what is wrong; a message that is wrong everywhere is no audit event. */
const refusals_max = 20;

/** Required bindings of the standard. */
const required_codes: Readonly<Record<string, ReadonlySet<string>>> = {
  AuditEventAction: new Set(['C', 'R', 'U', 'D', 'E']),
  AuditEventOutcome: new Set(['0', '4', '8', '12']),
  AuditEventAgentNetworkType: new Set(['1', '2', '3', '4', '5']),
  AuditEventSeverity: new Set([
    'emergency',
    'alert',
    'critical',
    'error',
    'warning',
    'notice',
    'informational',
    'debug',
  ]),
};

/** What is wrong with the resource, in document order; the sentences name elements, and quote nothing. */
export function checkResource(tree: unknown, schema: Schema): MessageRefusal[] {
  const found: MessageRefusal[] = [];
  checkObject(tree, schema, 'AuditEvent', 'AuditEvent', found);
  return found;
}

function checkObject(
  value: unknown,
  schema: Schema,
  type: string,
  path: string,
  found: MessageRefusal[],
): void {
  if (!isRecord(value)) {
    invalid(found, path, 'has to be an object');
    return;
  }
  const names = Object.keys(value);
  if (names.length === 0) invalid(found, path, 'may not be empty');
  for (const name of names) {
    if (found.length >= refusals_max) return;
    if (name === 'resourceType' && path === 'AuditEvent') continue;
    const is_sibling = name.startsWith('_');
    const rule = ruleOf(schema, type, is_sibling ? name.slice(1) : name);
    if (!rule || (is_sibling && schema[rule.type])) {
      const shown = /^[A-Za-z]{1,64}$/.test(name) ? `.${name}` : '';
      const sentence = `${path}${shown} is no element of this version of FHIR, so that what it means would be passed over.`;
      found.push({ code: 'MESSAGE_FIELD_VALUE', message: sentence, expression: path + shown });
      continue;
    }
    if (is_sibling) continue;
    const at = `${path}.${name}`;
    const item = value[name];
    if (!rule.is_list) checkValue(item, schema, rule.type, at, found);
    else if (!Array.isArray(item)) invalid(found, at, 'has to be a list');
    else if (item.length === 0) invalid(found, at, 'may not be an empty list');
    else checkList(item, schema, rule.type, at, value[`_${name}`] !== undefined, found);
  }
  for (const name of Object.keys(schema[type] ?? {})) {
    if (!ruleOf(schema, type, name)?.is_required || Object.hasOwn(value, name)) continue;
    const at = `${path}.${name}`;
    found.push({ code: 'MESSAGE_FIELD_MISSING', message: `${at} is required.`, expression: at });
  }
  if (type === 'Coding') checkCoding(value, path, found);
}

function checkList(
  items: readonly unknown[],
  schema: Schema,
  type: string,
  path: string,
  has_siblings: boolean,
  found: MessageRefusal[],
): void {
  for (const [index, item] of items.entries()) {
    if (found.length >= refusals_max) return;
    // In a list of primitives null stands for one that has extensions only.
    if (item === null && has_siblings) continue;
    checkValue(item, schema, type, `${path}[${index}]`, found);
  }
}

function checkValue(
  value: unknown,
  schema: Schema,
  type: string,
  path: string,
  found: MessageRefusal[],
): void {
  if (schema[type]) checkObject(value, schema, type, path, found);
  else if (type === 'Modifier')
    invalid(found, path, 'changes what the resource means in a way that is not known here');
  else if (type === 'Any' || type === 'Narrative') {
    if (!isRecord(value)) invalid(found, path, 'has to be an object');
  } else if (type === 'Resource') {
    if (!isRecord(value) || typeof value['resourceType'] !== 'string')
      invalid(found, path, 'has to be a resource with its resourceType');
  } else if (type === 'boolean') {
    if (typeof value !== 'boolean') invalid(found, path, 'has to be true or false');
  } else if (type === 'integer') {
    if (!Number.isInteger(value)) invalid(found, path, 'has to be a whole number');
  } else checkString(value, type, path, found);
}

function checkString(value: unknown, type: string, path: string, found: MessageRefusal[]): void {
  if (typeof value !== 'string') {
    invalid(found, path, 'has to be a string');
    return;
  }
  if (value.trim() === '') {
    invalid(found, path, 'may not be empty');
    return;
  }
  const codes = required_codes[type];
  if (codes && !codes.has(value)) invalid(found, path, `has to be one of ${[...codes].join(', ')}`);
  else if (type === 'code' && !/^\S+(?: \S+)*$/.test(value))
    invalid(found, path, 'is not in the form of a code');
  else if (type === 'uri' && /\s/.test(value)) invalid(found, path, 'is not in the form of a URI');
  else if (type === 'id' && !/^[A-Za-z0-9\-.]{1,64}$/.test(value))
    invalid(found, path, 'is not in the form of an id: letters, digits, - and ., to 64 characters');
  else if (type === 'base64Binary' && !isBase64(value)) invalid(found, path, 'is not base64');
}

/** A code of a system whose codes are all known has to be one of them. */
function checkCoding(coding: Record<string, unknown>, path: string, found: MessageRefusal[]): void {
  const { system, code } = coding;
  if (typeof system !== 'string' || typeof code !== 'string') return;
  const known = closed_code_systems[system];
  if (known && !known.has(code)) invalid(found, `${path}.code`, 'is no code of its system');
}

/** Whether the text is base64 as FHIR writes it: padded, line breaks allowed. */
function isBase64(text: string): boolean {
  const plain = text.replace(/\s/g, '');
  return plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain);
}

function invalid(found: MessageRefusal[], path: string, problem: string): void {
  found.push({ code: 'MESSAGE_FIELD_VALUE', message: `${path} ${problem}.`, expression: path });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
