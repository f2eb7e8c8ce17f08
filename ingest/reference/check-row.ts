/** Checks a row of reference data, and puts it into the form in which the spool takes it. */
import { hash } from 'node:crypto';
import { instantRefusal } from '../check-event.ts';
import { recordChecker, refusal } from '../check-record.ts';
import type { Refusal } from '../codes.ts';
import { isDate, parseInstant } from '../instant.ts';
import { isNhsNumber } from '../nhs-number.ts';
import { datasets, fieldsOf, owned_datasets, type DatasetName, type Field } from './datasets.ts';

export interface RowContext {
  readonly default_staff_id_system: string;
  /** Organisations that the source may speak for; empty: any. */
  readonly organisation_codes: ReadonlySet<string>;
}

/** A checked row: its JSON without the opening brace, its content hash at the front. */
export interface CheckedRow {
  readonly json_tail: string;
}

export type RowChecker = (value: unknown, context: RowContext) => CheckedRow | Refusal;

/** The check of one dataset. Empty fields are absent ones, since CSV knows no other way to say so. */
export function rowChecker(name: DatasetName): RowChecker {
  const checkSchema = recordChecker(datasets[name], 'REFERENCE');
  const fields = fieldsOf(name);
  return (value, context) => {
    dropEmpty(value);
    const found = checkSchema(value);
    if (found) return found;
    const row = value as Record<string, unknown>;
    if (fields.some((field) => field.name === 'staff_id_system')) {
      row['staff_id_system'] ??= context.default_staff_id_system;
    }
    const ordered: Record<string, unknown> = {};
    for (const field of fields) {
      const given = row[field.name];
      if (given === undefined) continue;
      const problem = fieldRefusal(field, given);
      if (problem) return problem;
      ordered[field.name] = field.meaning === 'instant' ? storedInstant(given as string) : given;
    }
    const { organisation_codes } = context;
    if (
      owned_datasets.has(name) &&
      organisation_codes.size > 0 &&
      !organisation_codes.has(row['organisation_code'] as string)
    ) {
      return refusal(
        'REFERENCE',
        'ORGANISATION_NOT_ALLOWED',
        'This source may not speak for that organisation_code.',
      );
    }
    const json = JSON.stringify(ordered);
    return { json_tail: `"content_hash":"${contentHash(json)}",${json.slice(1)}` };
  };
}

/**
 * The first 64 bits of SHA-256 over the row as normalised, as digits. It covers the key too, so equal hashes mean the
 * same row: among 12 million rows, a pair that only seems so has a chance of 4 in a million.
 */
function contentHash(json: string): string {
  return BigInt(`0x${hash('sha256', json, 'hex').slice(0, 16)}`).toString();
}

function dropEmpty(value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const row = value as Record<string, unknown>;
  for (const name of Object.keys(row)) if (row[name] === '' || row[name] === null) delete row[name];
}

function fieldRefusal({ name, meaning }: Field, value: unknown): Refusal | undefined {
  if (meaning === 'date' && !isDate(value as string)) {
    return refusal(
      'REFERENCE',
      'TIME_INVALID',
      `${name} is not a day of the calendar as YYYY-MM-DD, from 1900 to 2299.`,
    );
  }
  if (meaning === 'nhs_number' && !isNhsNumber(value as string)) {
    return refusal(
      'REFERENCE',
      'PATIENT_CHECK_DIGIT',
      `${name} is not ten digits with a valid check digit.`,
    );
  }
  if (meaning !== 'instant') return undefined;
  const instant = parseInstant(value as string);
  if (typeof instant === 'string') return instantRefusal('REFERENCE', name, instant);
  if (instant < earliest_ms || instant >= latest_ms) {
    return refusal('REFERENCE', 'FIELD_VALUE', `${name} has to be from 1900 to 2299.`);
  }
  return undefined;
}

// What a DateTime64 of the engine holds.
export const earliest_ms = Date.UTC(1900, 0, 1);
const latest_ms = Date.UTC(2299, 0, 1);

/** UTC, in the form that the engine reads on every way in. */
function storedInstant(text: string): string {
  const instant = parseInstant(text);
  if (typeof instant === 'string') throw new TypeError('An instant that was checked before.');
  return new Date(instant).toISOString().slice(0, -1).replace('T', ' ');
}
