/** Checks one event or row against its schema, and says in a sentence what is wrong with the first that is. */
import type { TObject } from 'typebox';
import { Compile } from 'typebox/compile';
import type { RecordCode, Refusal } from './codes.ts';
import { our_fields } from './event.ts';

/** What a field's schema says of it, as JSON schema and our `meaning`. */
interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly items?: FieldSchema;
}

export type Family = 'EVENT' | 'REFERENCE';

/**
 * A function that says why a parsed value is not of the schema; undefined when it is.
 *
 * The compiled check decides, at a cost of well under a microsecond; the explanation is made only for what it refuses.
 */
export function recordChecker(
  schema: TObject,
  family: Family,
): (value: unknown) => Refusal | undefined {
  const compiled = Compile(schema);
  const properties = schema.properties as Record<string, FieldSchema>;
  const required = new Set(schema.required as readonly string[] | undefined);
  return (value) => {
    if (compiled.Check(value)) return undefined;
    // Many serialisers write null for what is absent; it is taken as that, once the quick check has failed.
    if (dropNulls(value, required) && compiled.Check(value)) return undefined;
    return explain(value, family, properties, required);
  };
}

function dropNulls(value: unknown, required: ReadonlySet<string>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  let has_dropped = false;
  for (const [name, field] of Object.entries(value)) {
    if (field !== null || required.has(name)) continue;
    delete (value as Record<string, unknown>)[name];
    has_dropped = true;
  }
  return has_dropped;
}

/** A refusal of `family`; `suffix` is what its code ends with. */
export function refusal(family: Family, suffix: string, message: string): Refusal {
  return { code: `${family}_${suffix}` as RecordCode, message };
}

function explain(
  value: unknown,
  family: Family,
  properties: Record<string, FieldSchema>,
  required: ReadonlySet<string>,
): Refusal {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refusal(family, 'NOT_OBJECT', 'It has to be a JSON object.');
  }
  const record = value as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(record)) {
    if (our_fields.has(name) && !Object.hasOwn(properties, name)) {
      return refusal(family, 'FIELD_OURS', `${name} is set by the receiver. Leave it out.`);
    }
    if (!Object.hasOwn(properties, name)) {
      return refusal(
        family,
        'FIELD_UNKNOWN',
        `${shownName(name)} is not a field of the contract. Leave it out.`,
      );
    }
  }
  for (const name of required) {
    if (!Object.hasOwn(record, name) || record[name] === '') {
      return refusal(family, 'FIELD_MISSING', `${name} is required.`);
    }
  }
  for (const [name, schema] of Object.entries(properties)) {
    const found = Object.hasOwn(record, name)
      ? explainField(name, record[name], schema)
      : undefined;
    if (found) return refusal(family, ...found);
  }
  return refusal(family, 'FIELD_VALUE', 'It does not follow the schema.');
}

function explainField(
  name: string,
  value: unknown,
  schema: FieldSchema,
): [string, string] | undefined {
  if (schema.enum) {
    if (typeof value !== 'string') return ['FIELD_TYPE', `${name} has to be a string.`];
    const words = schema.enum.filter((word) => word !== '');
    return schema.enum.includes(value)
      ? undefined
      : ['FIELD_VALUE', `${name} has to be one of ${words.join(', ')}.`];
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return ['FIELD_TYPE', `${name} has to be a list.`];
    const items_max = schema.maxItems ?? Infinity;
    if (value.length > items_max)
      return ['FIELD_LENGTH', `${name} may have at most ${items_max} items.`];
    for (const item of value) {
      const found = schema.items && explainField(`an item of ${name}`, item, schema.items);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof value !== schema.type) return ['FIELD_TYPE', `${name} has to be a ${schema.type}.`];
  if (typeof value === 'string') return explainString(name, value, schema);
  if (
    typeof value === 'number' &&
    (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))
  ) {
    return ['FIELD_VALUE', `${name} has to be from ${schema.minimum} to ${schema.maximum}.`];
  }
  return undefined;
}

function explainString(
  name: string,
  value: string,
  schema: FieldSchema,
): [string, string] | undefined {
  if (value.trim().length < (schema.minLength ?? 0))
    return ['FIELD_MISSING', `${name} may not be empty.`];
  const length_max = schema.maxLength ?? Infinity;
  if ([...value].length > length_max)
    return ['FIELD_LENGTH', `${name} may have at most ${length_max} characters.`];
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    return ['FIELD_CHARACTERS', `${name} may hold printable characters only.`];
  }
  return undefined;
}

/** A field's name as sent, where it looks like one: a name that is none may be anything, a person's data among it. */
function shownName(name: string): string {
  return /^[A-Za-z_][A-Za-z_-]{0,63}$/.test(name) ? name : 'A field whose name is not shown';
}
