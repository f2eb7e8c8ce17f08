// Owns which scenarios of misuse each detector answers for: its recall is measured on those alone.

/**
 * A detector answers for the scenario of its own name, and for those that are given here instead. One
 * that is not named and has no scenario of its name has no recall: it is measured by its precision.
 */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  // A day of far more patients than usual shows against oneself and against one's peers.
  volume_peers: ['volume_self'],
  // A lent login shows by its hours, and by its places.
  long_day: ['long_day'],
  two_places: ['two_places'],
  // What no single look gives away.
  serial_weak: ['slow_snooping'],
  community_outlier: ['slow_snooping'],
  no_link: ['slow_snooping', 'unreconciled_claim'],
  role_mismatch: ['sensitive_section'],
};

/** The scenarios by which a detector's recall is measured. */
export function answersOf(detector_id: string): readonly string[] {
  return ANSWERS[detector_id] ?? [detector_id];
}
