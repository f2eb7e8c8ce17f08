/** The fields of an event as the quick ways in read them: where each value goes, and what it may be. */
import type { EventContext } from '../check-event.ts';
import type { TextColumn, WordColumn } from '../columns/column.ts';
import type { EventColumns } from '../columns/event-columns.ts';
import { AccessEventSchema } from '../event.ts';
import { isPlainText, isVisibleText } from './bytes.ts';

type Kind = 'id' | 'text' | 'patient' | 'words' | 'code' | 'instant' | 'codes' | 'patients';

export interface Field {
  readonly name: string;
  /** Its own bit in a set of fields. */
  readonly bit: number;
  /** The name and its closing quote, as they stand in a line. */
  readonly key: Uint8Array;
  readonly kind: Kind;
  /** In characters, of a value or of an item; values that are taken as they are have one byte each. */
  readonly length_max: number;
  readonly items_max: number;
  readonly text: TextColumn | undefined;
  readonly word: WordColumn | undefined;
  readonly isAllowed: (source: Uint8Array, from: number, to: number) => boolean;
}

export interface EventFields {
  readonly fields: readonly Field[];
  /** The bits of the required fields. */
  readonly required: number;
  readonly patient_bit: number;
  readonly action_bit: number;
}

interface Schema {
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
}

export function eventFields(columns: EventColumns, context: EventContext): EventFields {
  const schemas = Object.entries(AccessEventSchema.properties as Record<string, Schema>);
  const fields = schemas.map(([name, schema], index) =>
    fieldOf(name, 1 << index, schema, columns, context),
  );
  const bitOf = (name: string) => fields.find((field) => field.name === name)?.bit ?? 0;
  return {
    fields,
    required: AccessEventSchema.required.reduce((bits, name) => bits | bitOf(name), 0),
    patient_bit: bitOf('patient_id'),
    action_bit: bitOf('action'),
  };
}

function fieldOf(
  name: string,
  bit: number,
  schema: Schema,
  columns: EventColumns,
  { organisation_codes }: EventContext,
): Field {
  const { texts, words } = columns as {
    texts: Record<string, TextColumn | undefined>;
    words: Record<string, WordColumn | undefined>;
  };
  const base = {
    name,
    bit,
    key: new TextEncoder().encode(`${name}"`),
    length_max: schema.maxLength ?? schema.items?.maxLength ?? 32,
    items_max: schema.maxItems ?? 0,
    text: texts[name],
    word: words[name],
    isAllowed: isPlainText as Field['isAllowed'],
  };
  if (name === 'occurred_at') return { ...base, kind: 'instant' };
  if (name === 'supplier_codes') return { ...base, kind: 'codes' };
  if (name === 'search_results') return { ...base, kind: 'patients' };
  if (name === 'patient_id') return { ...base, kind: 'patient' };
  if (schema.enum) {
    const allowed = new Set(schema.enum);
    return {
      ...base,
      kind: 'words',
      isAllowed: (source, from, to) => allowed.has(latin1(source, from, to)),
    };
  }
  if (name === 'organisation_code') {
    return {
      ...base,
      kind: 'code',
      isAllowed: (source, from, to) =>
        isVisibleText(source, from, to) &&
        (organisation_codes.size === 0 || organisation_codes.has(latin1(source, from, to))),
    };
  }
  return { ...base, kind: schema.minLength === undefined ? 'text' : 'id' };
}

function latin1(source: Uint8Array, from: number, to: number): string {
  return Buffer.from(source.buffer, source.byteOffset + from, to - from).toString('latin1');
}
