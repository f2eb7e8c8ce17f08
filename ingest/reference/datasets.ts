/** The datasets of reference data: one schema each, from which come the type, the check, the CSV header and the columns. */
import Type, { type TObject } from 'typebox';
import type { FileColumn } from '../../sql/client.ts';
import {
  code,
  date,
  degrees,
  flag,
  id,
  instant,
  label,
  nhsNumber,
  oneOf,
  someOf,
  type Meaning,
} from '../fields.ts';

const optional = Type.Optional;
const staff_id = id(128, 'As the source of the events knows them.');
const staff_id_system = code(
  256,
  "URI of the identifier system; the source's default where absent.",
);
const organisation_code = id(32, 'ODS code.');
const patient_id = Type.String({
  minLength: 1,
  maxLength: 10,
  meaning: 'nhs_number',
  description: 'NHS number.',
});
const address_key = code(128, 'A UPRN, or any stable key of the household.');
const postcode = code(16, 'Postcode.');

const closed = { additionalProperties: false } as const;

/** Every dataset under its name, in the order in which they are loaded: what is referred to comes first. */
export const datasets = {
  areas: Type.Object({ area_code: id(32, 'Key.'), name: label(200, 'Name.') }, closed),
  organisations: Type.Object(
    {
      organisation_code,
      name: label(200, 'Name.'),
      type: oneOf(
        [
          'gp',
          'acute',
          'mental_health',
          'community',
          'ambulance',
          'nhs111',
          'out_of_hours',
          'social_care',
          'hospice',
          'pharmacy',
          'other',
        ],
        'What kind of organisation it is.',
      ),
      area_code: id(32, 'The area it belongs to.'),
      parent_code: optional(code(32, 'Its network or trust.')),
      latitude: optional(degrees(90, 'Degrees.')),
      longitude: optional(degrees(180, 'Degrees.')),
      valid_from: optional(date('First day.')),
      valid_to: optional(date('Last day.')),
    },
    closed,
  ),
  staff: Type.Object(
    {
      staff_id,
      organisation_code,
      staff_id_system: optional(staff_id_system),
      name: optional(label(200, 'Name.')),
      surname: optional(label(100, 'Surname.')),
      role_code: optional(code(64, 'Role.')),
      role_name: optional(label(200, 'Name of the role.')),
      team: optional(label(128, 'Team.')),
      nhs_number: optional(nhsNumber('Their own NHS number; for detection only.')),
      date_of_birth: optional(date('For detection only.')),
      address_key: optional(address_key),
      postcode: optional(postcode),
      manager_staff_id: optional(code(128, 'Their manager.')),
      starts_on: optional(date('First day.')),
      ends_on: optional(date('Last day.')),
    },
    closed,
  ),
  staff_identities: Type.Object(
    {
      staff_id_system: id(256, 'URI of the identifier system.'),
      staff_id,
      person_key: id(128, 'One human, many ids.'),
      kind: optional(oneOf(['person', 'shared', 'system', 'test'], 'Who is behind the id.')),
    },
    closed,
  ),
  patients: Type.Object(
    {
      patient_id,
      surname: optional(label(100, 'Surname.')),
      date_of_birth: optional(date('Date of birth.')),
      sex: optional(code(32, 'As recorded.')),
      gp_practice_code: optional(code(32, 'The practice that they are registered with.')),
      area_code: optional(code(32, 'Where they live.')),
      address_key: optional(address_key),
      postcode: optional(postcode),
      latitude: optional(degrees(90, 'Degrees.')),
      longitude: optional(degrees(180, 'Degrees.')),
      died_on: optional(date('Date of death.')),
      flags: optional(someOf(['watchlist', 'sensitive', 'protected_address'], 'What needs care.')),
    },
    closed,
  ),
  patient_contacts: Type.Object(
    {
      patient_id,
      contact_patient_id: patient_id,
      relation: optional(label(64, 'How they are related.')),
    },
    closed,
  ),
  patient_objections: Type.Object(
    {
      patient_id,
      organisation_code,
      starts_on: optional(date('First day.')),
      ends_on: optional(date('Last day.')),
      upheld: optional(flag('Whether it was upheld.')),
    },
    closed,
  ),
  declared_ties: Type.Object(
    {
      staff_id,
      patient_id,
      staff_id_system: optional(staff_id_system),
      relation: optional(label(64, 'How they are related.')),
    },
    closed,
  ),
  care_relationships: Type.Object(
    {
      relationship_id: id(128, 'Key.'),
      patient_id,
      organisation_code,
      kind: oneOf(
        [
          'registration',
          'appointment',
          'admission',
          'referral',
          'caseload',
          'emergency_attendance',
          'urgent_call',
          'conveyance',
          'document',
          'delegation',
        ],
        'What kind of care it is.',
      ),
      starts_at: instant('RFC 3339 with offset.'),
      ends_at: optional(instant('RFC 3339 with offset.')),
      staff_id: optional(code(128, 'Who gives the care.')),
      team: optional(label(128, 'Their team.')),
      related_organisation_code: optional(
        code(32, 'The other organisation: recipient, place referred to.'),
      ),
    },
    closed,
  ),
  rosters: Type.Object(
    {
      staff_id,
      organisation_code,
      starts_at: instant('RFC 3339 with offset.'),
      ends_at: instant('RFC 3339 with offset.'),
      staff_id_system: optional(staff_id_system),
    },
    closed,
  ),
} as const satisfies Record<string, TObject>;

export type DatasetName = keyof typeof datasets;

/** Datasets whose rows belong to one organisation, so that a source limited to some may not state others'. */
export const owned_datasets: ReadonlySet<string> = new Set([
  'organisations',
  'staff',
  'patient_objections',
  'care_relationships',
  'rosters',
]);

export function isDataset(name: string): name is DatasetName {
  return Object.hasOwn(datasets, name);
}

/** A field of a dataset, as the parsers need it. */
export interface Field {
  readonly name: string;
  readonly is_required: boolean;
  readonly json_type: string;
  readonly meaning: Meaning | undefined;
}

/** The fields of a dataset, in the order of its schema. */
export function fieldsOf(name: DatasetName): Field[] {
  const schema: TObject = datasets[name];
  const required = new Set((schema.required ?? []) as string[]);
  return Object.entries(schema.properties).map(([field, property]) => {
    const { type = 'string', meaning } = property as { type?: string; meaning?: Meaning };
    return { name: field, is_required: required.has(field), json_type: type, meaning };
  });
}

/** The columns that the engine reads from a segment of the dataset. */
export function columnsOf(name: DatasetName): FileColumn[] {
  const fields = fieldsOf(name).map((field): FileColumn => [field.name, columnType(field)]);
  return [...fields, ['line', 'UInt32'], ['content_hash', 'UInt64']];
}

function columnType({ meaning, json_type, is_required }: Field): string {
  if (meaning === 'date') return 'Nullable(Date32)';
  if (meaning === 'instant')
    return is_required ? "DateTime64(3, 'UTC')" : "Nullable(DateTime64(3, 'UTC'))";
  if (json_type === 'number') return 'Nullable(Float64)';
  if (json_type === 'boolean') return 'Nullable(Bool)';
  return json_type === 'array' ? 'Array(String)' : 'String';
}
