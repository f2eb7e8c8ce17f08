/** The words that people read for the ids that tables hold. */

export type Severity = 'low' | 'medium' | 'high';
export const severities: readonly Severity[] = ['high', 'medium', 'low'];
export const severity_names: Record<string, string> = {
  high: 'High',
  medium: 'Medium',
  low: 'Low',
};
export const severity_colours: Record<string, string> = {
  high: 'red',
  medium: 'orange',
  low: 'grey',
};

export const statuses = ['open', 'withdrawn', 'closed'] as const;
export const status_names: Record<string, string> = {
  open: 'Open',
  withdrawn: 'Withdrawn',
  closed: 'Closed',
};
export const status_colours: Record<string, string> = {
  open: 'blue',
  withdrawn: 'grey',
  closed: 'green',
};

export const organisation_type_names: Record<string, string> = {
  gp: 'GP practice',
  acute: 'Acute trust',
  mental_health: 'Mental health trust',
  community: 'Community trust',
  ambulance: 'Ambulance service',
  nhs111: 'NHS 111',
  out_of_hours: 'Out-of-hours service',
  social_care: 'Social care',
  hospice: 'Hospice',
  pharmacy: 'Pharmacy',
  other: 'Other',
};

export const dataset_names: Record<string, string> = {
  access_events: 'Access events',
  areas: 'Areas',
  organisations: 'Organisations',
  staff: 'Staff',
  staff_identities: 'Staff identities',
  patients: 'Patients',
  patient_contacts: 'Patients’ contacts',
  patient_objections: 'Patients’ objections',
  declared_ties: 'Declared ties',
  care_relationships: 'Care relationships',
  rosters: 'Rosters',
};

export const strength_names: Record<string, string> = {
  person: 'names this member of staff',
  team: 'names their team',
  organisation: 'names their organisation',
  inferred: 'inferred only',
};

export const explanation_names: Record<string, string> = {
  registered_practice: 'Registered with the practice',
  appointment: 'Appointment',
  admission: 'Admission',
  emergency_attendance: 'Emergency attendance',
  urgent_call: 'Call to NHS 111',
  conveyance: 'Ambulance conveyance',
  referral: 'Referral',
  caseload: 'On the caseload',
  named_clinician: 'Named clinician',
  checked_locally: 'Checked in the local record',
  declared_tie: 'Tie told beforehand',
  document_follow_up: 'Document about the patient',
  earlier_explained: 'Earlier care by the same team',
  delegation: 'Task of a records or safeguarding role',
  regional_service: 'Service for the whole region',
  team_cluster: 'Seen by colleagues of the team that day',
  team_unknown: 'Care by a team, and the staff feed tells no team of theirs',
};

/** `out_of_area` as `Out of area`: for an id that has no words of its own yet. */
export function inWords(id: string): string {
  const words = id.replaceAll('_', ' ').toLowerCase();
  const written = words.replace(/\b(gp|nhs|id)\b/g, (initials) => initials.toUpperCase());
  return written.charAt(0).toUpperCase() + written.slice(1);
}
