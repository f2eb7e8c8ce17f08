/** What each code of a refusal means, in one sentence. */
import { inWords } from './words.ts';

/** By what follows the prefix (`EVENT_`, `REFERENCE_`) of a code: the front door refuses both in the same ways. */
const sentences: Record<string, string> = {
  JSON_INVALID: 'The line is not JSON, or was cut short.',
  NOT_OBJECT: 'The JSON is not an object.',
  NOT_UTF8: 'The line is not UTF-8.',
  LINE_TOO_LONG: 'The line is longer than 1 MiB.',
  FIELD_UNKNOWN: 'It has a field that the contract does not have.',
  FIELD_OURS: 'It sets a field that only the receiver sets.',
  FIELD_MISSING: 'A required field is absent or empty.',
  FIELD_TYPE: 'A field has another JSON type than it should.',
  FIELD_VALUE: 'A field is not one of the words it may be, or out of its range.',
  FIELD_LENGTH: 'A field is longer than it may be, or a list has too many items.',
  FIELD_CHARACTERS: 'A field holds control or unprintable characters.',
  TIME_INVALID: 'A time is not in RFC 3339 form, or a date not YYYY-MM-DD.',
  TIME_NO_OFFSET: 'A time has no offset from UTC.',
  TIME_IMPOSSIBLE: 'A time does not exist on the calendar or the clock.',
  TIME_TOO_OLD: 'It happened before the year 2000.',
  TIME_FUTURE: 'It happened more than ten minutes after its receipt.',
  PATIENT_CHECK_DIGIT: 'An NHS number is not ten digits with a valid check digit.',
  ORGANISATION_NOT_ALLOWED: 'The source may not speak for that organisation.',
  CONFLICT:
    'The id came again with other content; the first is kept. Ask the sender which is right.',
};

/** The sentence for `code`; a code that is not known here is put in words. */
export function rejectSentence(code: string): string {
  return sentences[code.replace(/^(EVENT|REFERENCE)_/, '')] ?? `${inWords(code)}.`;
}
