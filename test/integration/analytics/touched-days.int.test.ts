import { beforeEach, expect, it } from 'vitest';
import { createLoads, type Row } from '../../../analytics/case-data.ts';
import { runCycle } from '../../../analytics/cycle.ts';
import { markDirtyDays } from '../../../analytics/mark.ts';
import { fixedClock } from '../../../sql/clock.ts';
import { QueryError, type SqlClient } from '../../../sql/sql-client.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';

const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
/** One person under two identifiers, who is patient n1, and a colleague. */
const known: Record<string, Row[]> = {
  staff: [{ staff_id: 's1', nhs_number: 'n1' }, { staff_id: 's2' }, { staff_id: 's3' }],
  staff_identities: [
    { staff_id: 's1', person_key: 'one' },
    { staff_id: 's2', person_key: 'one' },
  ],
};
const looks = [
  { staff_id: 's1', patient_id: 'n2', occurred_at: '2026-03-01T12:00:00Z' },
  { staff_id: 's2', patient_id: 'n2', occurred_at: '2026-03-02T12:00:00Z' },
  { staff_id: 's3', patient_id: 'n2', occurred_at: '2026-03-03T12:00:00Z' },
  { staff_id: 's3', patient_id: 'n1', occurred_at: '2026-03-04T12:00:00Z' },
  { staff_id: 's1', patient_id: 'n3', occurred_at: '2026-03-05T12:00:00Z' },
  { staff_id: 's2', patient_id: '', action: 'search', occurred_at: '2026-06-20T12:00:00Z' },
];

onEachEngine('the days that a load of reference data touches', (engine) => {
  beforeEach(() => engine().truncate());

  /** Days of March that are marked by a load of `rows`, after all of `known` and `looks` were built: what detectors found touches no day. */
  async function touched(
    dataset: string,
    rows: readonly Row[],
    before: readonly Row[] = [],
    marking: SqlClient = engine().client,
  ) {
    const { client } = engine();
    const loads = createLoads(client);
    for (const [name, given] of Object.entries(known)) await loads.reference(name, given);
    if (before.length > 0) await loads.reference(dataset, before);
    await loads.events(looks);
    await runCycle({ client, clock }, { is_settling: true, judges: () => false });
    const load_seq = await loads.reference(dataset, rows);
    await markDirtyDays(marking, clock);
    const days = await client.rows<{ day: string }>(
      parseStatement(
        't',
        'SELECT DISTINCT toString(day) AS day FROM dirty_days WHERE load_seq = {load_seq:UInt64} ORDER BY day',
      ),
      { load_seq },
    );
    return days.map(({ day }) => day.slice(5));
  }

  it.each([
    { patient_id: 'n1', contact_patient_id: 'n2' },
    { patient_id: 'n2', contact_patient_id: 'n1' },
  ])('are, for a contact, those of its looks at the other side: %o', async (contact) => {
    expect(await touched('patient_contacts', [contact])).toEqual(['03-01', '03-02']);
  });

  it('are, for an objection, all days of the patient', async () => {
    expect(
      await touched('patient_objections', [{ patient_id: 'n2', organisation_code: 'ORG9' }]),
    ).toEqual(['03-01', '03-02', '03-03']);
  });

  it('are all that are built, where the engine has no room to say which', async () => {
    const { client } = engine();
    const cramped: SqlClient = {
      ...client,
      insertSelect: async (statement, binds, options) => {
        if (statement.name === 'analytics/touched_days/patient_objections.sql')
          throw new QueryError(statement.name, 'MEMORY_LIMIT_EXCEEDED', '');
        return client.insertSelect(statement, binds, options);
      },
    };
    const objection = { patient_id: 'n1', organisation_code: 'ORG9' };
    expect(await touched('patient_objections', [objection], [], cramped)).toEqual([
      ...['03-01', '03-02', '03-03', '03-04', '03-05'],
      '06-20',
    ]);
  });

  it('are, for a declared tie, those of the looks that it speaks of, under any identifier', async () => {
    expect(await touched('declared_ties', [{ staff_id: 's1', patient_id: 'n2' }])).toEqual([
      '03-01',
      '03-02',
    ]);
  });

  it.each([
    ['s1', '2026-05-20', ['06-20']],
    ['s3', '2026-04-07', ['03-03', '03-04']],
    ['s3', '2026-04-08', ['03-04']],
  ])(
    'are, for a shift, those of the person in the weeks around it, searches included (%s, %s)',
    async (staff_id, day, days) => {
      const shift = { starts_at: `${day}T08:00:00Z`, ends_at: `${day}T16:00:00Z` };
      expect(await touched('rosters', [{ staff_id, ...shift }])).toEqual(days);
    },
  );

  it('are, for a member of staff, theirs and those of the patient whom they are or were', async () => {
    expect(
      await touched(
        'staff',
        [{ staff_id: 's4', nhs_number: 'n3' }],
        [{ staff_id: 's4', nhs_number: 'n2' }],
      ),
    ).toEqual(['03-01', '03-02', '03-03', '03-05']);
  });
});
