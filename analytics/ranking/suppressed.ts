/** Which alerts a suppression leaves out of the queue. Pure. */
import type { QueueAlert } from './alert.ts';

/** What is left out: alerts of the organisation that match everything that is not empty. */
export interface Suppression {
  readonly organisation_code: string;
  readonly detector_id: string;
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly patient_id: string;
}

/** Tells whether any of `suppressions` leaves an alert out. */
export function suppressedBy(
  suppressions: readonly Suppression[],
): (
  alert: Pick<
    QueueAlert,
    'organisation_code' | 'detector_id' | 'staff_id_system' | 'staff_id' | 'patient_id'
  >,
) => boolean {
  const of_organisation = Map.groupBy(suppressions, (one) => one.organisation_code);
  return (alert) =>
    (of_organisation.get(alert.organisation_code) ?? []).some(
      (one) =>
        (one.detector_id === '' || one.detector_id === alert.detector_id) &&
        (one.staff_id === '' ||
          (one.staff_id === alert.staff_id && one.staff_id_system === alert.staff_id_system)) &&
        (one.patient_id === '' || one.patient_id === alert.patient_id),
    );
}
