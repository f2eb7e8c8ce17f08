/** Alerts for the tests of the queue: made up, a field at a time. */
import fc from 'fast-check';
import type { QueueAlert } from '../../../../analytics/ranking/alert.ts';
import { addDays } from '../../../../sql/clock.ts';

export function alert(given: Partial<QueueAlert> & { alert_id: string }): QueueAlert {
  const day = given.day ?? '2026-03-02';
  return {
    detector_id: 'household',
    detector_version: '1.0',
    severity: 'high',
    is_closed: false,
    person_key: 'staff:|s1',
    staff_id_system: '',
    staff_id: 's1',
    organisation_code: 'ORG1',
    patient_id: 'p1',
    day,
    first_at: Date.parse(`${day}T10:00:00Z`),
    last_at: Date.parse(`${day}T10:05:00Z`),
    score: 1,
    link: 'unknown',
    reason: 'Someone opened the record of someone at their own address.',
    ...given,
  };
}

/** Up to 60 alerts of few people, patients, organisations and detectors, over 90 days. */
export const someAlerts = fc
  .array(
    fc.record({
      person: fc.integer({ min: 1, max: 3 }),
      organisation: fc.integer({ min: 1, max: 2 }),
      patient: fc.integer({ min: 0, max: 6 }),
      day: fc.integer({ min: 0, max: 89 }),
      detector: fc.constantFrom(
        'household',
        'no_link',
        'fixation',
        'off_shift',
        'volume_self',
        'random_sample',
        'enumeration',
      ),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      is_closed: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((rows) =>
    rows.map((row, index) =>
      alert({
        alert_id: `a${String(index).padStart(3, '0')}`,
        detector_id: row.detector,
        severity: row.detector === 'household' ? 'high' : 'low',
        person_key: `person-${row.person}`,
        staff_id: `s${row.person}`,
        organisation_code: `ORG${row.organisation}`,
        patient_id: row.patient === 0 ? '' : `p${row.patient}`,
        day: addDays('2026-01-01', row.day),
        score: row.score,
        is_closed: row.is_closed,
      }),
    ),
  );
