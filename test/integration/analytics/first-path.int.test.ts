import { beforeEach, expect, it } from 'vitest';
import { detect } from '../../../analytics/detect.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { loadsInto } from './given.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

onEachEngine('from a load to an alert', (engine) => {
  beforeEach(() => engine().truncate());

  it('raises an alert on a member of staff who opens their own record', async () => {
    const { client } = engine();
    const loads = loadsInto(client);
    await loads.reference('staff', [{ staff_id: 's1', nhs_number: '9990000018', team: 'a' }]);
    await loads.reference('patients', [{ patient_id: '9990000018', address_key: 'x' }]);
    await loads.events([{ patient_id: '9990000018' }, { patient_id: '9990000026' }]);
    const summary = await detect({ client, clock });
    console.log(JSON.stringify(summary));
    const alerts = await client.rows(parseStatement('t', 'SELECT * FROM alerts'));
    console.log(alerts);
    expect(summary.failed).toEqual([]);
    expect(alerts).toHaveLength(1);
  });
});
