/** Why an alert is no longer true, in a sentence for its history. */
import type { SqlClient } from '../sql/client.ts';
import { loadStatement } from '../sql/statement.ts';
import type { Alert, StandingAlert } from './alerts.ts';
import type { Detector } from './detectors.ts';
import { strengths } from './header.ts';

interface Ground {
  readonly day: string;
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly organisation_code: string;
  readonly patient_id: string;
  readonly user_events: number;
  readonly explanation_ids: readonly string[];
}

/**
 * Looks up what has become of the accesses behind `gone`, and returns who says why each was withdrawn.
 *
 * The order of the grounds: its events went, something explains it now, the thresholds moved, and else the reference
 * data that it relied on must have changed. An alert about a person and no one patient speaks of weeks and of what is usual
 * for others: of it no more can be told than whether the detector changed.
 */
export async function withdrawalReasons(
  client: SqlClient,
  detector: Detector,
  detector_version: string,
  gone: readonly StandingAlert[],
): Promise<(alert: StandingAlert) => string> {
  const grounds = new Map<string, Ground>();
  const of_patients = gone.filter(({ patient_id }) => patient_id !== '');
  if (of_patients.length > 0) {
    const rows = await client.rows<Ground>(
      loadStatement('analytics/queries/withdrawal_grounds.sql'),
      {
        days: [...new Set(of_patients.map((alert) => alert.day))],
        patient_ids: [...new Set(of_patients.map((alert) => alert.patient_id))],
        // A detector that nothing silences has no explanation as a ground: a number above every strength.
        strength_min:
          detector.silenced_by === 'none'
            ? strengths.length + 1
            : strengths.indexOf(detector.silenced_by as 'team') + 1,
      },
      { limits: 'analysis' },
    );
    for (const row of rows) grounds.set(accessKey(row), row);
  }
  return (alert) => {
    const is_of_patient = alert.patient_id !== '';
    const ground = grounds.get(accessKey(alert));
    if (is_of_patient && (!ground || Number(ground.user_events) === 0))
      return 'The events that it cited are no longer those of a person.';
    if (ground && ground.explanation_ids.length > 0) {
      return `A relationship now explains it (${ground.explanation_ids.join(', ').replaceAll('_', ' ')}).`;
    }
    if (alert.detector_version !== detector_version) {
      return `The detector's text or thresholds changed (version ${detector_version}).`;
    }
    return is_of_patient
      ? 'The reference data that it relied on was corrected.'
      : 'By what is known now, the person no longer stands out: events, care on record, or what is usual for others changed.';
  };
}

function accessKey(
  of: Pick<Alert, 'day' | 'staff_id_system' | 'staff_id' | 'organisation_code' | 'patient_id'>,
): string {
  return JSON.stringify([
    of.day,
    of.staff_id_system,
    of.staff_id,
    of.organisation_code,
    of.patient_id,
  ]);
}
