/** What the standards leave open, said per source: who in a message is the user, whose numbers are whose, what a section is called. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { CodedError } from '../sql/errors.ts';

const words = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
    maxItems: 200,
    default: [],
    description,
  });

const table = (description: string) =>
  Type.Record(Type.String({ maxLength: 256 }), Type.String({ maxLength: 256 }), {
    maxProperties: 5_000,
    default: {},
    description,
  });

// A code is written `system|code`, or `code` for any system.
export const MappingSchema = Type.Object(
  {
    user_codes: words(
      'Type, role or RoleIDCode of the agent that is the user; an agent that has one goes before the rules of the standards.',
    ),
    not_user_codes: words('Type, role or RoleIDCode of agents that never are the user.'),
    nhs_number_systems: words(
      'Identifier systems (URI, OID or assigning authority) whose values are NHS numbers, besides those known.',
    ),
    is_bare_patient_id_nhs_number: Type.Boolean({
      default: false,
      description:
        'Whether a patient identifier without a system is an NHS number. One in eleven other numbers has a valid check digit, so only the source can say.',
    }),
    staff_id_systems: table(
      'Identifier system of the user in the message → staff_id_system; the key "" is for those without one.',
    ),
    organisation_systems: words(
      'Identifier systems whose values are ODS codes, besides those known.',
    ),
    organisations: table(
      'Identifier, reference or name of an organisation in the message → ODS code.',
    ),
    default_organisation_code: Type.String({
      default: '',
      maxLength: 32,
      description: 'ODS code where the message names no organisation.',
    }),
    sections: table('Code, resource type or display of what was shown → section.'),
    actions: Type.Record(
      Type.String({ maxLength: 256 }),
      Type.Enum(['view', 'search', 'export', 'print']),
      {
        maxProperties: 200,
        default: {},
        description:
          'Action code (C, R, U, D, E), type or subtype → action, before the rules of the standards.',
      },
    ),
    time_zone: Type.String({
      default: '',
      maxLength: 64,
      description: 'IANA zone of times without an offset; where empty, such a message is refused.',
    }),
    application: Type.String({
      default: '',
      maxLength: 128,
      description: 'Application where the message names none.',
    }),
  },
  { additionalProperties: false, description: 'How the messages of one source are read.' },
);

/** The mapping of a source, complete. */
export type Mapping = Static<typeof MappingSchema>;

const compiled = Compile(MappingSchema);

/** The mapping of a source that has none of its own: the rules of the standards alone. */
export const default_mapping: Mapping = parseMapping({});

/**
 * A mapping from its JSON; what is left out has its default.
 *
 * @throws CodedError MAPPING_INVALID naming the field
 */
export function parseMapping(value: unknown): Mapping {
  const whole =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...defaults(), ...value }
      : value;
  if (compiled.Check(whole)) return whole;
  const [first] = compiled.Errors(whole);
  throw new CodedError(
    'MAPPING_INVALID',
    `The mapping is not valid at ${first?.instancePath || 'its top'}: ${first?.message ?? 'it is no object'}.`,
  );
}

function defaults(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(MappingSchema.properties).map(([name, schema]) => [
      name,
      structuredClone((schema as { default?: unknown }).default),
    ]),
  );
}
