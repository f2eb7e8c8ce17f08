import { expect, it } from 'vitest';
import type { StandingAlert } from '../../../analytics/alerts.ts';
import { findDetector } from '../../../analytics/detectors.ts';
import { withdrawalReasons } from '../../../analytics/withdrawal.ts';
import { useEngine } from '../../support/engines.ts';

const engine = useEngine('embedded');

it('says of an alert about a person and no one patient no more than can be told, and never that its events went', async () => {
  const of = (patient_id: string, detector_version: string) =>
    ({
      alert_id: 'a',
      day: '2026-03-02',
      staff_id_system: '',
      staff_id: 's1',
      organisation_code: 'ORG1',
      patient_id,
      detector_version,
    }) as StandingAlert;
  const gone = [of('', '3.0'), of('', '2.0'), of('p1', '3.0')];
  const reasonOf = await withdrawalReasons(
    engine().client,
    findDetector('unlinked_share'),
    '3.0',
    gone,
  );
  expect(gone.map(reasonOf)).toEqual([
    expect.stringMatching(/^By what is known now, the person no longer stands out/),
    "The detector's text or thresholds changed (version 3.0).",
    'The events that it cited are no longer those of a person.',
  ]);
});
