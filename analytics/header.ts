/** The YAML header that stands in the first comment of a detector's or an explanation's SQL. */
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { parse as parseYaml } from 'yaml';
import { definitionInvalid } from './errors.ts';

const Params = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9_]*$' }),
  Type.Union([Type.Number(), Type.String()]),
);
const Dataset = Type.Enum([
  'areas',
  'organisations',
  'staff',
  'staff_identities',
  'patients',
  'patient_contacts',
  'patient_objections',
  'declared_ties',
  'care_relationships',
  'rosters',
]);
const Id = Type.String({ pattern: '^[a-z][a-z0-9_]{2,40}$' });

export const strengths = ['inferred', 'organisation', 'team', 'person'] as const;

export const DetectorHeader = Type.Object(
  {
    id: Id,
    version: Type.Integer({ minimum: 1 }),
    title: Type.String({ minLength: 3, maxLength: 80 }),
    status: Type.Enum(['draft', 'shadow', 'signal', 'active', 'retired']),
    severity: Type.Enum(['low', 'medium', 'high']),
    mode: Type.Union([Type.Literal('live'), Type.Literal('scheduled')]),
    schedule: Type.Optional(Type.String()),
    grain: Type.Array(
      Type.Enum(['staff_id_system', 'staff_id', 'organisation_code', 'patient_id']),
      { minItems: 1, uniqueItems: true },
    ),
    period: Type.Literal('day'),
    lookback_days: Type.Integer({ minimum: 0, maximum: 400 }),
    /** Whole days after a day until it is judged, counted to the latest day of which anything is loaded. */
    grace_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 30 })),
    params: Params,
    needs: Type.Array(Dataset, { uniqueItems: true }),
    silenced_by: Type.Enum(['none', 'person', 'team', 'organisation']),
    reason: Type.String({ minLength: 10, maxLength: 400 }),
  },
  { additionalProperties: false },
);
export type DetectorHeader = Static<typeof DetectorHeader>;

export const ExplanationHeader = Type.Object(
  {
    id: Id,
    version: Type.Integer({ minimum: 1 }),
    title: Type.String({ minLength: 3, maxLength: 80 }),
    /**
     * What it reads, in the order in which they run: reference data alone; what primary ones said, of other days too;
     * flows that were learned.
     */
    stage: Type.Enum(['primary', 'derived', 'learned']),
    /** Where none of these was ever loaded, it has nothing to say. */
    needs: Type.Array(Dataset, { minItems: 1, uniqueItems: true }),
    /** The kinds of care relationships that it reads: where a build has none, it has nothing to say. */
    kinds: Type.Optional(Type.Array(Type.String(), { minItems: 1, uniqueItems: true })),
    params: Params,
  },
  { additionalProperties: false },
);
export type ExplanationHeader = Static<typeof ExplanationHeader>;

/**
 * The header of a detector's SQL.
 *
 * @throws CodedError DEFINITION_INVALID naming the file and every field that is wrong
 */
export function parseDetectorHeader(where: string, text: string): DetectorHeader {
  const header = checked<DetectorHeader>(
    where,
    DetectorHeader,
    headerYaml(where, text, 'detector'),
  );
  if ((header.mode === 'scheduled') !== (header.schedule !== undefined)) {
    throw definitionInvalid(where, 'a schedule belongs to mode scheduled, and to no other.');
  }
  return header;
}

/** The header of an explanation's SQL. @throws CodedError DEFINITION_INVALID */
export function parseExplanationHeader(where: string, text: string): ExplanationHeader {
  return checked<ExplanationHeader>(
    where,
    ExplanationHeader,
    headerYaml(where, text, 'explanation'),
  );
}

/** The lines between `@<kind>` and `@<kind>` in the comment that opens the file. */
export function headerText(where: string, text: string, kind: 'detector' | 'explanation'): string {
  // TRICKY: the comment ends at its first `*/`, so a cron such as `*/10 * * * *` would cut the header short.
  const comment = text.startsWith('/*') ? text.slice(2, text.indexOf('*/')) : '';
  const found = new RegExp(`^\\s*@${kind}\\n([\\s\\S]*)\\n@${kind}\\s*$`).exec(comment)?.[1];
  if (found === undefined) {
    throw definitionInvalid(
      where,
      `the file must open with a comment from @${kind} to @${kind}, without */ inside.`,
    );
  }
  return found;
}

function headerYaml(where: string, text: string, kind: 'detector' | 'explanation'): unknown {
  const yaml = headerText(where, text, kind);
  try {
    return parseYaml(yaml, { strict: true, uniqueKeys: true });
  } catch (cause) {
    throw definitionInvalid(
      where,
      `the header is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

function checked<T>(where: string, schema: TSchema, value: unknown): T {
  if (!Value.Check(schema, value)) {
    const wrong = [...Value.Errors(schema, value)].map(
      (error) => `${error.instancePath || 'header'} ${error.message}`,
    );
    throw definitionInvalid(where, wrong.join('; '));
  }
  return value as T;
}
