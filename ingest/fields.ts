/** The kinds of field that events and reference rows are made of, each with its bound, as TypeBox schemas. */
import Type from 'typebox';

/** What a field means beyond its JSON type; checked after the schema, by `check-record.ts`. */
export type Meaning = 'instant' | 'date' | 'nhs_number' | 'nhs_numbers';

// Printable ASCII: what identifiers and codes are made of, so that no two look alike.
const printable_ascii = '^[\\u0020-\\u007e]*$';
// Any script, without control characters and halves of surrogate pairs (those cannot be stored as UTF-8).
const printable = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*$';
// As above, with line breaks and tabs, for what people typed.
const prose = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*$';

// The same, with something in it that can be seen.
const visible_ascii = '^ *[\\u0021-\\u007e][\\u0020-\\u007e]*$';

/** An identifier that has to be there. */
export const id = (length_max: number, description: string) =>
  Type.String({ minLength: 1, maxLength: length_max, pattern: visible_ascii, description });

/** A code or identifier that may be empty. */
export const code = (length_max: number, description: string) =>
  Type.String({ maxLength: length_max, pattern: printable_ascii, description });

/** A name or label, in any script. */
export const label = (length_max: number, description: string) =>
  Type.String({ maxLength: length_max, pattern: printable, description });

/** Text that a person typed. */
export const text = (length_max: number, description: string) =>
  Type.String({ maxLength: length_max, pattern: prose, description });

/** A list of codes. */
export const codes = (items_max: number, length_max: number, description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: length_max, pattern: printable_ascii }), {
    maxItems: items_max,
    description,
  });

/** One of a closed list of words. */
export const oneOf = <const T extends string[]>(words: [...T], description: string) =>
  Type.Enum(words, { description });

/** Some of a closed list of words. */
export const someOf = <const T extends string[]>(words: [...T], description: string) =>
  Type.Array(Type.Enum(words), { maxItems: words.length, description });

/** RFC 3339 with an offset. */
export const instant = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 40,
    meaning: 'instant',
    format_hint: 'RFC 3339 with offset',
    description,
  });

/** YYYY-MM-DD, or empty. */
export const date = (description: string) =>
  Type.String({ maxLength: 10, meaning: 'date', description });

/** Ten digits with a valid check digit, or empty where the field is optional. */
export const nhsNumber = (description: string) =>
  Type.String({ maxLength: 10, meaning: 'nhs_number', description });

export const nhsNumbers = (items_max: number, description: string) =>
  Type.Array(Type.String({ maxLength: 10 }), {
    maxItems: items_max,
    meaning: 'nhs_numbers',
    description,
  });

export const degrees = (bound: number, description: string) =>
  Type.Number({ minimum: -bound, maximum: bound, description });

export const flag = (description: string) => Type.Boolean({ description });
