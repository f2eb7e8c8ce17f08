/** Protected addresses: once one is flagged, no alert says who shares it, or is near it, in whatever state it is. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { parseAlertFilters } from '../../../dashboard/lib/server/alert-filters.ts';
import { readAlert } from '../../../dashboard/lib/server/alert-detail.ts';
import { readAlertList } from '../../../dashboard/lib/server/alert-list.ts';
import { createReader } from '../../../dashboard/lib/server/scope.ts';
import {
  fillSmallExchange,
  own_alert_id,
  patient_id,
  trust,
  withheld_alert_id,
} from '../../browser/small-exchange.ts';
import { onEachEngine } from '../../support/engines.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const withdrawn_id = 'e000000000000002';
const out_of_area_id = 'c000000000000002';
const by_address_id = 'e000000000000001';
const home = 'SECRET-UPRN-1';
const staff_number = '9990001049';
const other_number = '9990001073';

onEachEngine('protected addresses', (engine) => {
  let load_seq = 100;
  const reader = () =>
    createReader(engine().client, {
      user_id: 'u1',
      role: 'investigator',
      organisation_codes: [trust],
    });
  /** The newest version of a patient. */
  const patient = (id: string, address_key: string, flags: string[]) =>
    engine().client.insert('patients_versions', [
      {
        patient_id: id,
        surname: 'Testerson',
        address_key,
        flags,
        ended_at: null,
        source: 'north-hub',
        load_seq: ++load_seq,
        line: 0,
        content_hash: load_seq,
      },
    ]);
  const shown = async (alert_id: string) => JSON.stringify(await readAlert(reader(), alert_id));
  const listed = async () => {
    const filters = parseAlertFilters(new URLSearchParams('status=any&detector=household'));
    return (await readAlertList(reader(), filters)).rows;
  };
  const withheld = async () =>
    (await listed()).flatMap(({ alert_id, is_withheld }) => (is_withheld ? [alert_id] : []));

  beforeAll(async () => {
    await fillSmallExchange(engine().client, now);
    const raised = {
      version: 1,
      change: 'raised',
      change_reason: '',
      detector_id: 'own_record',
      detector_version: '1.0',
      severity: 'medium',
      staff_id_system: '',
      staff_id: 's1',
      organisation_code: trust,
      patient_id,
      day: '2026-11-18',
      first_at: now,
      last_at: now,
      score: 1,
      event_ids: [],
      sources: [],
      content_hash: 'c',
      load_seq: 1,
      run_id: 'r',
      recorded_at: now,
    };
    await engine().client.insert('alert_versions', [
      {
        ...raised,
        alert_id: by_address_id,
        facts: { matched_by: 'surname, date of birth and address' },
        reason: 'By address, SECRET-TIE.',
      },
      {
        ...raised,
        alert_id: by_address_id,
        version: 2,
        change: 'changed',
        facts: { matched_by: 'NHS number' },
        reason: 'By number.',
      },
      {
        ...raised,
        alert_id: withdrawn_id,
        detector_id: 'household',
        reason: 'Alex opened it, at their own address.',
        version: 2,
        change: 'withdrawn',
        change_reason: 'The reference data that it relied on was corrected.',
      },
    ]);
  });
  beforeEach(async () => {
    await patient(patient_id, home, []);
    await patient(staff_number, 'SECRET-UPRN-7', []);
    await patient(other_number, 'SECRET-UPRN-8', []);
  });

  test('while no address is protected, an alert says what it found', async () => {
    expect(await shown(own_alert_id)).toMatch(/Testerson.*at their own address/);
    expect(await shown(withdrawn_id)).toContain('at their own address');
    expect(await withheld()).toEqual([withheld_alert_id]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['the patient is', () => patient(patient_id, home, ['protected_address'])],
    ['the patient is, and has moved', () => patient(patient_id, 'NEW', ['protected_address'])],
    [
      'someone at the patient’s address is',
      () => patient(other_number, home, ['protected_address']),
    ],
    [
      'the member of staff is, as a patient elsewhere',
      () => patient(staff_number, 'SECRET-UPRN-7', ['protected_address']),
    ],
    [
      'someone at the address of the staff member’s own record is',
      () => patient(other_number, 'SECRET-UPRN-7', ['protected_address']),
    ],
    [
      'someone at the address that the employer gives is, and the patient has moved',
      async () => {
        await patient(patient_id, 'SECRET-UPRN-9', []);
        await patient(other_number, home, ['protected_address']);
      },
    ],
  ])('where %s protected, neither page nor list says who, whom or what', async (_, change) => {
    await change();
    for (const alert_id of [own_alert_id, withdrawn_id, by_address_id]) {
      const detail = await readAlert(reader(), alert_id);
      expect(detail?.is_withheld).toBe(true);
      expect(detail?.alert.reason).toBe('Withheld: it concerns a protected address.');
      expect(JSON.stringify(detail)).not.toMatch(
        /own address|same address|SECRET|occupants|Testerson|Alex|"s1"|9990001|household|own_record/,
      );
    }
    const rows = (await listed()).filter(({ is_withheld }) => is_withheld);
    expect(rows.map(({ alert_id }) => alert_id)).toEqual(
      expect.arrayContaining([own_alert_id, withdrawn_id]),
    );
    expect(JSON.stringify(rows)).not.toMatch(/own address|same address|Alex|"s1"|household/);
    expect(await shown(withdrawn_id)).toContain(
      'The reference data that it relied on was corrected.',
    );
  });

  test('an alert that rests on no tie is told as before', async () => {
    await patient(other_number, home, ['protected_address']);
    expect((await readAlert(reader(), out_of_area_id))?.is_withheld).toBe(false);
  });

  test('a protected address elsewhere withholds nothing', async () => {
    await patient(other_number, 'SECRET-UPRN-8', ['protected_address']);
    expect((await readAlert(reader(), own_alert_id))?.is_withheld).toBe(false);
    expect(await withheld()).toEqual([withheld_alert_id]);
  });
});
