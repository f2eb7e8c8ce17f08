/** The datasets of reference data, in the order in which a directory of them is loaded. */
export const datasets = [
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
] as const;
