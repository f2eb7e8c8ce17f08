import { beforeEach, describe, expect, it } from 'vitest';
import { detect } from '../../../analytics/detect.ts';
import { carryOutNext } from '../../../analytics/replay/service.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { useEngine } from '../../support/engines.ts';
import { loadsInto } from './given.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

describe('trying a change', () => {
  const engine = useEngine('embedded');
  beforeEach(() => engine().truncate());

  const select = <T>(text: string) => engine().client.rows<T>(parseStatement('t', text));

  /** Somebody opened the record of one of two others at their address, and of one of four at another's. */
  async function given() {
    const { client } = engine();
    const loads = loadsInto(client);
    const people = ['few-1', 'few-2', 'many-1', 'many-2', 'many-3', 'many-4'];
    await loads.reference(
      'patients',
      people.map((patient_id) => ({ patient_id, address_key: patient_id.split('-')[0] })),
    );
    await loads.reference('staff', [
      { staff_id: 'anna', organisation_code: 'ORG1', address_key: 'few' },
      { staff_id: 'ben', organisation_code: 'ORG1', address_key: 'many' },
    ]);
    await loads.events([
      { event_id: 'a1', staff_id: 'anna', patient_id: 'few-1' },
      { event_id: 'b1', staff_id: 'ben', patient_id: 'many-1' },
    ]);
    await detect({ client, clock, detector: 'household' });
    expect(
      await select(`SELECT staff_id FROM alerts WHERE detector_id = 'household' ORDER BY staff_id`),
    ).toEqual([{ staff_id: 'anna' }, { staff_id: 'ben' }]);
  }

  it('says on the command line which alerts would come and go, and changes nothing', async () => {
    await given();
    const { client } = engine();
    const before = await select('SELECT * FROM alert_versions ORDER BY alert_id');
    const lines: string[] = [];
    const tried = await detect({
      client,
      clock,
      detector: 'household',
      dry_run: true,
      params: { occupants_max: 3 },
      on_alert: (line) => lines.push(line),
    });
    expect(tried).toMatchObject({ raised: 0, withdrawn: 1, is_dry_run: true });
    expect(lines).toEqual([expect.stringMatching(/^going household ORG1 .* [0-9a-f]{32}$/)]);
    expect(await select('SELECT * FROM alert_versions ORDER BY alert_id')).toEqual(before);
    await expect(
      detect({ client, clock, detector: 'household', params: { occupants_max: 3 } }),
    ).rejects.toMatchObject({ code: 'PARAMS_NEED_DRY_RUN' });
    await expect(
      detect({ client, clock, detector: 'household', dry_run: true, params: { unheard_of: 3 } }),
    ).rejects.toMatchObject({ code: 'DEFINITION_INVALID' });
  });

  it('carries out a request, with the findings that would go with an alert', async () => {
    await given();
    const { client } = engine();
    const [ben] = await select<{ alert_id: string }>(
      `SELECT alert_id FROM alerts WHERE staff_id = 'ben' AND detector_id = 'household'`,
    );
    await client.insert('findings', [
      {
        finding_id: 'f1',
        alert_id: ben?.alert_id,
        detector_id: 'household',
        detector_version: '1.0',
        organisation_code: 'ORG1',
        change: 'closed',
        finding: 'explained_care',
        found_at: clock.now(),
      },
    ]);
    const ask = (request_id: string, organisation_code: string, params: string) =>
      client.insert('replay_requests', [
        {
          request_id,
          detector_id: 'household',
          organisation_code,
          params,
          from_day: '2020-01-01',
          to_day: '2030-01-01',
          requested_at: clock.now(),
        },
      ]);
    await ask('r1', 'ORG1', '{"occupants_max":3}');
    await ask('r2', 'ORG2', '{"occupants_max":3}');
    await ask('r3', '', '{"occupants_max":"three"}');
    while (await carryOutNext(client, clock));
    expect(
      await select(
        `SELECT request_id, state, staying, coming, going, going_true, going_false, message != '' AS is_told
         FROM replays ORDER BY request_id`,
      ),
    ).toMatchObject([
      { request_id: 'r1', state: 'done', staying: 1, coming: 0, going: 1, going_false: 1 },
      { request_id: 'r2', state: 'done', staying: 0, coming: 0, going: 0 },
      { request_id: 'r3', state: 'failed', is_told: 1 },
    ]);
    expect(await select('SELECT request_id, change, alert_id, finding FROM replay_alerts')).toEqual(
      [{ request_id: 'r1', change: 'going', alert_id: ben?.alert_id, finding: 'explained_care' }],
    );
  });
});
