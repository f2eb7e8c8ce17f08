import { beforeEach, expect, it } from 'vitest';
import { createLoads } from '../../../analytics/case-data.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';

onEachEngine('what addresses and contacts were', (engine) => {
  beforeEach(() => engine().truncate());
  const select = (text: string) => engine().client.rows(parseStatement('t', text));
  /** Merges what the engine would merge some time, so that replaced versions are gone. */
  const merge = (table: string) =>
    engine().client.command({ name: 't', text: `OPTIMIZE TABLE ${table} FINAL` });

  it('keeps former addresses with the days in which they held, when their versions are merged away', async () => {
    const loads = createLoads(engine().client);
    await loads.reference('patients', [{ patient_id: 'p1', address_key: 'old' }], '2024-01-01');
    await loads.reference(
      'patients',
      [{ patient_id: 'p1', address_key: 'old', sex: 'F' }],
      '2024-02-01',
    );
    await loads.reference('patients', [{ patient_id: 'p1', address_key: 'typo' }], '2025-01-01');
    await loads.reference('patients', [{ patient_id: 'p1', address_key: 'new' }], '2025-01-01');
    await loads.reference('staff', [{ staff_id: 's1', address_key: 'old' }], '2024-06-01');
    await loads.reference(
      'staff',
      [{ staff_id: 's1', address_key: 'old', ended_at: '2025-06-01T12:00:00Z' }],
      '2025-06-01',
    );
    await merge('patients_versions');
    await merge('staff_versions');
    expect(
      await select(
        `SELECT holder, address_key, toString(known_from) AS from_day, toString(known_until) AS until_day
         FROM former_addresses WHERE holder = 'patient' AND patient_id IN (SELECT 'p1') ORDER BY from_day`,
      ),
    ).toEqual([
      { holder: 'patient', address_key: 'old', from_day: '2024-01-01', until_day: '2025-01-01' },
      { holder: 'patient', address_key: 'new', from_day: '2025-01-01', until_day: '2149-06-06' },
    ]);
    expect(
      await select(
        `SELECT address_key, toString(known_from) AS from_day, toString(known_until) AS until_day
         FROM former_addresses WHERE holder = 'staff' AND staff_id = 's1'`,
      ),
    ).toEqual([{ address_key: 'old', from_day: '2024-06-01', until_day: '2025-06-01' }]);
  });

  it('keeps each time in which somebody was a contact, with the relation as last told in it', async () => {
    const loads = createLoads(engine().client);
    const contact = { patient_id: 'p1', contact_patient_id: 'p2', relation: 'partner' };
    await loads.reference('patient_contacts', [contact], '2020-01-01');
    await loads.reference('patient_contacts', [{ ...contact, relation: 'spouse' }], '2021-01-01');
    await loads.reference(
      'patient_contacts',
      [{ ...contact, relation: 'spouse', ended_at: '2022-01-01T12:00:00Z' }],
      '2022-01-01',
    );
    await loads.reference('patient_contacts', [{ ...contact, relation: 'friend' }], '2023-01-01');
    await merge('patient_contacts_versions');
    expect(
      await select(
        `SELECT relation, toString(known_from) AS from_day, toString(known_until) AS until_day
         FROM former_contacts WHERE patient_id = 'p1' ORDER BY from_day`,
      ),
    ).toEqual([
      { relation: 'spouse', from_day: '2020-01-01', until_day: '2022-01-01' },
      { relation: 'friend', from_day: '2023-01-01', until_day: '2149-06-06' },
    ]);
  });
});
