/** Which findings count as true for a detector: those of DETECTORS.md that a reviewer held not justified. */
export const true_findings = [
  'own_record_outside_policy',
  'not_justified_curiosity',
  'not_justified_family_or_friend',
  'not_justified_colleague',
  'not_justified_dispute_or_harm',
  'not_justified_gain',
  'shared_login',
] as const;
