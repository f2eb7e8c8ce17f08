import { expect, it } from 'vitest';
import { findDetector } from '../../../analytics/detectors.ts';
import { findAlerts } from '../../../analytics/judge.ts';
import { paramsInForce } from '../../../analytics/params.ts';
import type { SqlClient } from '../../../sql/client.ts';

it('takes as many alerts as a month of a busy exchange has', async () => {
  const detector = findDetector('no_link');
  const row = {
    staff_id_system: '',
    staff_id: 's1',
    organisation_code: 'ORG1',
    patient_id: 'p1',
    day: '2026-03-02',
    first_at: '2026-03-02 12:00:00.000',
    last_at: '2026-03-02 12:00:00.000',
    score: 1,
    facts: { role: 'Nurse', organisation: 'ORG1', coverage: '95 %' },
    event_ids: ['e1'],
    sources: ['a'],
  };
  const rows = Array.from({ length: 150_000 }, () => row);
  const client = { rows: () => Promise.resolve(rows) } as unknown as SqlClient;
  const alerts = await findAlerts(client, detector, paramsInForce(detector, []), [row.day]);
  expect(alerts).toHaveLength(rows.length);
});
