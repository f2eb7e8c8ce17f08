// Owns the innocent look-alikes that are planted: what a careless detector would take for misuse.

import { type Casting, type Draft } from '../casting.ts';
import { type PlannedAccess, type RemotePair, casesFor } from '../plan.ts';
import { studentsFarFromHome, unrecordedVisitors, visitors } from './afar.ts';
import {
  alphabeticalClinics,
  audits,
  longTermCare,
  receptionSearches,
  safeguardingOverrides,
  secondSessions,
  subjectAccess,
  unmarkedPrefetches,
} from './work.ts';
import { famousPatients, familyClinics, majorIncidents, teamMeetings } from './crowds.ts';
import { fellowResidents, namesakes, ownRecords, treatedColleagues } from './family.ts';

/** Plans cases of one kind, up to the number that is wanted. */
type Planner = (casting: Casting, wanted: number, pairs: readonly RemotePair[]) => Draft[];

const PLANNERS: Readonly<Record<string, Planner>> = {
  hall_of_residence: (casting, wanted) =>
    fellowResidents(casting, wanted, ['staff_accommodation', 'student_hall']),
  shared_house: (casting, wanted) => fellowResidents(casting, wanted, ['shared_house']),
  own_trust_patient: treatedColleagues,
  same_surname_not_kin: namesakes,
  system_preload_of_own_record: (casting, wanted) => ownRecords(casting, wanted, 'preload'),
  denied_own_record: (casting, wanted) => ownRecords(casting, wanted, 'denied'),
  student_registered_elsewhere: studentsFarFromHome,
  visitor_emergency: visitors,
  visitor_unrecorded: unrecordedVisitors,
  major_incident: majorIncidents,
  team_meeting: teamMeetings,
  famous_patient_in_care: famousPatients,
  family_clinic: familyClinics,
  alphabetical_clinic: alphabeticalClinics,
  long_term_care: longTermCare,
  safeguarding_override: safeguardingOverrides,
  subject_access: subjectAccess,
  audit_with_task: audits,
  second_session_on_virtual_desktop: secondSessions,
  unmarked_prefetch: unmarkedPrefetches,
  reception_search: receptionSearches,
};

/** All planted hard negatives. `pairs` are kept free of misuse, since care there begins a flow. */
export function planHardNegatives(casting: Casting, pairs: readonly RemotePair[]): PlannedAccess[] {
  const wanted = Math.max(2, casesFor(casting.world, 'own_record'));
  return Object.entries(PLANNERS).flatMap(([scenario, planner]) =>
    planner(casting, wanted, pairs).map((draft) => ({
      conduct: 'look' as const,
      ...draft,
      ledger: 'hard_negatives' as const,
      scenario,
    })),
  );
}
