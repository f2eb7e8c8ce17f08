/** What an Arrow stream has to hold: which columns, of which kind, and what is said where it does not. */
import { RequestRefused, type RequestCode } from '../../codes.ts';
import { AccessEventSchema } from '../../event.ts';
import { ArrowFault } from './fault.ts';

/** What a field takes; an instant and a date may be text as well. */
export type FieldKind = 'text' | 'list' | 'instant' | 'date' | 'number' | 'flag';

export interface ArrowShape {
  readonly kinds: ReadonlyMap<string, FieldKind>;
  readonly required: readonly string[];
  /** What its columns are fields of, with its article. */
  readonly of: string;
  readonly codes: Record<'unknown' | 'missing' | 'type' | 'invalid' | 'too_large', RequestCode>;
  /** What is stored of a stream that is damaged further on, as a sentence. */
  readonly stored_if_damaged: string;
  /** Whether a stream without its end mark is damaged: where it counts as a whole, it may be half of an export. */
  readonly needs_end: boolean;
}

const list_fields = new Set(['supplier_codes', 'search_results']);

export const event_shape: ArrowShape = {
  kinds: new Map(
    Object.keys(AccessEventSchema.properties).map((name): [string, FieldKind] => {
      if (name === 'occurred_at') return [name, 'instant'];
      return [name, list_fields.has(name) ? 'list' : 'text'];
    }),
  ),
  required: AccessEventSchema.required,
  of: 'an access event',
  codes: {
    unknown: 'EVENTS_COLUMN_UNKNOWN',
    missing: 'EVENTS_COLUMN_MISSING',
    type: 'EVENTS_COLUMN_TYPE',
    invalid: 'EVENTS_ARROW_INVALID',
    too_large: 'EVENTS_ARROW_TOO_LARGE',
  },
  stored_if_damaged: 'Record batches that were complete before may be stored.',
  needs_end: false,
};

/**
 * Whether these are fields of the shape, each once, the required ones among them.
 *
 * @throws RequestRefused with the shape's codes for an unknown and a missing column
 */
export function checkColumnNames(
  names: readonly string[],
  { kinds, required, of, codes }: ArrowShape,
): void {
  for (const [index, name] of names.entries()) {
    if (kinds.has(name) && names.indexOf(name) === index) continue;
    const shown = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) ? name : `number ${index + 1}`;
    throw new RequestRefused(
      codes.unknown,
      `The column ${shown} is not a field of ${of}, or stands there twice. Leave it out. Nothing is stored.`,
    );
  }
  for (const name of required) {
    if (!names.includes(name))
      throw new RequestRefused(codes.missing, `The column ${name} is required. Nothing is stored.`);
  }
}

/** The refusal that a fault of the stream becomes; anything else as it is. */
export function asRefused(cause: unknown, { codes, stored_if_damaged }: ArrowShape): unknown {
  if (!(cause instanceof ArrowFault)) return cause;
  if (cause.reason === 'damaged')
    return new RequestRefused(
      codes.invalid,
      `The Arrow stream is damaged or cut short. ${stored_if_damaged}`,
      { cause },
    );
  return new RequestRefused(
    codes.too_large,
    'A record batch is too large. Write smaller ones, such as 50 000 rows.',
    { cause },
  );
}
