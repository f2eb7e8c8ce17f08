// Owns what work there is in each type of organisation: roles, teams and how often each role looks.

export type OrganisationType =
  | 'gp'
  | 'acute'
  | 'mental_health'
  | 'community'
  | 'ambulance'
  | 'nhs111'
  | 'out_of_hours'
  | 'social_care'
  | 'hospice'
  | 'pharmacy'
  | 'other';

/**
 * Care of patients, work on records that stands on a delegated task (coding, subject access, …), or
 * work for which the record is not meant at all.
 */
export type Duty = 'care' | 'delegate' | 'none';

/** What a role reads of a record; the shares are in `sections.ts`. */
export type Reading =
  'clinical' | 'medicines' | 'desk' | 'letters' | 'mental_health' | 'social_care' | 'records';

export interface Role {
  role_code: string;
  role_name: string;
  /** Weight among the staff of its type of organisation. */
  weight: number;
  /** How often the role opens records, against the average of all staff. */
  pace: number;
  pattern: 'weekdays' | 'shifts';
  teams: readonly string[];
  duty: Duty;
  reading: Reading;
}

const WARDS = [
  'Emergency department',
  'Acute medicine',
  'Surgery',
  'Maternity',
  'Paediatrics',
  'Cardiology',
  'Oncology',
  'Renal',
  'Outpatients',
];
const MENTAL_HEALTH = [
  'Community team East',
  'Community team West',
  'Crisis team',
  'Inpatient unit',
  'Older adults',
  'Young people',
];
const NURSING = ['District nursing North', 'District nursing South'];

/** Codes follow the form of national job role codes; the names are what a dashboard shows. */
export const ROLES: Readonly<Record<OrganisationType, readonly Role[]>> = {
  gp: [
    role('R8000', 'General practitioner', 34, 1.5, 'weekdays'),
    role('R8001', 'Practice nurse', 20, 0.9, 'weekdays'),
    role('R8003', 'Clinical pharmacist', 8, 1.8, 'weekdays', [], 'medicines'),
    role('R8009', 'Receptionist', 24, 0.5, 'weekdays', [], 'desk'),
    role('R8008', 'Medical secretary', 9, 0.7, 'weekdays', [], 'letters'),
    role('R8010', 'Practice manager', 5, 0.3, 'weekdays', [], 'desk'),
  ],
  acute: [
    role('R8000', 'Consultant', 16, 0.8, 'weekdays', WARDS),
    role('R8000', 'Resident doctor', 22, 1.6, 'shifts', WARDS),
    role('R8001', 'Staff nurse', 30, 0.8, 'shifts', WARDS),
    role('R8003', 'Pharmacist', 8, 2.2, 'weekdays', WARDS, 'medicines'),
    role('R8003', 'Therapist', 7, 0.8, 'weekdays', WARDS),
    role('R8008', 'Ward clerk', 9, 0.6, 'weekdays', WARDS, 'desk'),
    delegate('R8012', 'Health records officer', 2, 1.4, 'Health records'),
    delegate('R8007', 'Clinical coder', 2, 2.4, 'Clinical coding'),
    delegate('R8012', 'Subject access officer', 1, 1, 'Subject access'),
    delegate('R8003', 'Safeguarding nurse', 1, 1.2, 'Safeguarding'),
    delegate('R8000', 'Medical examiner', 0.7, 1, 'Medical examiner'),
    desk('R8015', 'Research coordinator', 1.2, 'Research office'),
    desk('R8016', 'Finance officer', 1.2, 'Finance'),
  ],
  mental_health: [
    role('R8000', 'Psychiatrist', 20, 1.2, 'weekdays', MENTAL_HEALTH, 'mental_health'),
    role('R8001', 'Mental health nurse', 45, 1, 'shifts', MENTAL_HEALTH, 'mental_health'),
    role('R8003', 'Psychologist', 16, 0.5, 'weekdays', MENTAL_HEALTH, 'mental_health'),
    role('R8008', 'Team administrator', 16, 0.6, 'weekdays', MENTAL_HEALTH, 'desk'),
    delegate('R8012', 'Subject access officer', 2, 1, 'Subject access'),
    desk('R8015', 'Research coordinator', 1.5, 'Research office'),
  ],
  community: [
    role('R8001', 'District nurse', 48, 1.1, 'shifts', NURSING),
    role('R8001', 'Health visitor', 18, 0.8, 'weekdays', ['Health visiting']),
    role('R8003', 'Physiotherapist', 17, 0.7, 'weekdays', ['Rehabilitation']),
    role('R8008', 'Referral coordinator', 15, 1.1, 'weekdays', ['Single point of access'], 'desk'),
    delegate('R8003', 'Safeguarding nurse', 2, 1.2, 'Safeguarding'),
  ],
  ambulance: [
    role('R8003', 'Paramedic', 80, 0.9, 'shifts', ['Crews']),
    role('R8003', 'Clinical hub adviser', 20, 1.9, 'shifts', ['Clinical hub']),
  ],
  nhs111: [
    role('R8008', 'Health adviser', 55, 0.8, 'shifts', ['Call handling']),
    role('R8003', 'Clinical adviser', 45, 1.9, 'shifts', ['Clinical advice']),
  ],
  out_of_hours: [
    role('R8000', 'Out-of-hours doctor', 60, 1.8, 'shifts', ['Urgent care']),
    role('R8001', 'Urgent care nurse', 40, 1.2, 'shifts', ['Urgent care']),
  ],
  social_care: [
    role('R8013', 'Social worker', 68, 0.8, 'weekdays', ['Adults', 'Discharge'], 'social_care'),
    role('R8013', 'Occupational therapist', 15, 0.6, 'weekdays', ['Adults'], 'social_care'),
    role('R8008', 'Duty desk officer', 13, 0.8, 'weekdays', ['Front door'], 'desk'),
    desk('R8016', 'Benefits assessor', 4, 'Benefits'),
  ],
  hospice: [
    role('R8001', 'Palliative care nurse', 70, 1.1, 'shifts', [
      'Inpatient unit',
      'Hospice at home',
    ]),
    role('R8000', 'Palliative care doctor', 30, 1.2, 'weekdays', ['Inpatient unit']),
  ],
  pharmacy: [
    role('R8003', 'Community pharmacist', 80, 0.9, 'weekdays', [], 'medicines'),
    role('R8008', 'Pharmacy technician', 20, 0.4, 'weekdays', [], 'medicines'),
  ],
  other: [role('R8008', 'Network coordinator', 1, 0.5, 'weekdays', [], 'desk')],
};

/** The role under which a login shared by a ward is recorded. */
export const SHARED_LOGIN: Role = role('R8008', 'Shared ward login', 1, 0.8, 'shifts', [
  'Acute medicine',
]);

function role(
  role_code: string,
  role_name: string,
  weight: number,
  pace: number,
  pattern: Role['pattern'],
  teams: readonly string[] = [],
  reading: Reading = 'clinical',
): Role {
  return { role_code, role_name, weight, pace, pattern, teams, duty: 'care', reading };
}

function delegate(
  role_code: string,
  role_name: string,
  weight: number,
  pace: number,
  team: string,
): Role {
  const work = role(role_code, role_name, weight, pace, 'weekdays', [team], 'records');
  return { ...work, duty: 'delegate' };
}

/** Office work that hardly ever opens a record, and then for a task such as an audit. */
function desk(role_code: string, role_name: string, weight: number, team: string): Role {
  const work = role(role_code, role_name, weight, 0.08, 'weekdays', [team], 'records');
  return { ...work, duty: 'none' };
}
