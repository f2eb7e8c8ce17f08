import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEvent, isRefusal, type EventContext } from '../../../ingest/check-event.ts';
import { record_codes } from '../../../ingest/codes.ts';

const context: EventContext = {
  received_at: Date.UTC(2026, 5, 1),
  future_ms_max: 600_000,
  default_staff_id_system: 'urn:access-audit:local',
  organisation_codes: new Set(),
};
const valid = {
  event_id: 'a',
  occurred_at: '2026-03-01T10:00:00+01:00',
  action: 'view',
  staff_id: 's',
  organisation_code: 'RZZ01',
  patient_id: '9990000018',
};

describe('checking an event', () => {
  it('fills in what the contract says is the default, and nothing else', () => {
    expect(checkEvent({ ...valid }, context)).toEqual({
      ...valid,
      occurred_at: Date.UTC(2026, 2, 1, 9),
      outcome: 'unknown',
      trigger: 'unknown',
      purpose: 'unknown',
      staff_id_system: 'urn:access-audit:local',
    });
  });

  it('takes null for absent where the field may be absent', () => {
    expect(isRefusal(checkEvent({ ...valid, section: null, supplier_codes: null }, context))).toBe(
      false,
    );
    expect(checkEvent({ ...valid, staff_id: null }, context)).toMatchObject({
      code: 'EVENT_FIELD_TYPE',
    });
  });

  const cases: [string, Record<string, unknown>, string, string][] = [
    ['an unknown field', { colour: 'red' }, 'EVENT_FIELD_UNKNOWN', 'colour'],
    [
      'a field named after an NHS number, without quoting it',
      { '9990000018': 1 },
      'EVENT_FIELD_UNKNOWN',
      'not shown',
    ],
    ['a field that is ours', { segment_position: 1 }, 'EVENT_FIELD_OURS', 'segment_position'],
    ['a missing field', { staff_id: undefined }, 'EVENT_FIELD_MISSING', 'staff_id'],
    [
      'an empty required field',
      { organisation_code: '' },
      'EVENT_FIELD_MISSING',
      'organisation_code',
    ],
    ['a view without a patient', { patient_id: '' }, 'EVENT_FIELD_MISSING', 'patient_id'],
    ['a number for a string', { staff_id: 7 }, 'EVENT_FIELD_TYPE', 'staff_id'],
    ['a string for a list', { supplier_codes: 'A' }, 'EVENT_FIELD_TYPE', 'supplier_codes'],
    [
      'a word that the field does not take',
      { action: 'delete' },
      'EVENT_FIELD_VALUE',
      'view, search',
    ],
    ['a field that is too long', { event_id: 'x'.repeat(129) }, 'EVENT_FIELD_LENGTH', '128'],
    [
      'a list that is too long',
      { supplier_codes: Array(201).fill('A') },
      'EVENT_FIELD_LENGTH',
      '200',
    ],
    ['a control character', { event_id: 'a\u0000' }, 'EVENT_FIELD_CHARACTERS', 'event_id'],
    ['half of a surrogate pair', { reason: '\ud800' }, 'EVENT_FIELD_CHARACTERS', 'reason'],
    ['a time that is none', { occurred_at: 'yesterday' }, 'EVENT_TIME_INVALID', 'RFC 3339'],
    [
      'a time without an offset',
      { occurred_at: '2026-03-01T10:00:00' },
      'EVENT_TIME_NO_OFFSET',
      'offset',
    ],
    ['30 February', { occurred_at: '2026-02-30T10:00:00Z' }, 'EVENT_TIME_IMPOSSIBLE', 'calendar'],
    ['the hour 25', { occurred_at: '2026-02-03T25:00:00Z' }, 'EVENT_TIME_IMPOSSIBLE', 'clock'],
    ['the year 1999', { occurred_at: '1999-12-31T23:59:59.999Z' }, 'EVENT_TIME_TOO_OLD', '2000'],
    [
      'ten minutes and a millisecond ahead',
      { occurred_at: '2026-06-01T00:10:00.001Z' },
      'EVENT_TIME_FUTURE',
      'ten minutes',
    ],
    [
      'a wrong check digit',
      { patient_id: '9990000019' },
      'EVENT_PATIENT_CHECK_DIGIT',
      'check digit',
    ],
    [
      'a patient of nine digits',
      { patient_id: '999000001' },
      'EVENT_PATIENT_CHECK_DIGIT',
      'ten digits',
    ],
    [
      'a wrong number among search results',
      { search_results: ['9990000018', '1'] },
      'EVENT_PATIENT_CHECK_DIGIT',
      'search_results',
    ],
  ];
  it.each(cases)('refuses %s', (_title, fields, code, words) => {
    const given = Object.fromEntries(
      Object.entries({ ...valid, ...fields }).filter(([, value]) => value !== undefined),
    );
    const checked = checkEvent(given, context);
    expect(checked).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(JSON.stringify(checked)).not.toContain('999000001');
  });

  it('takes an event of exactly ten minutes ahead, and the first moment of 2000', () => {
    for (const occurred_at of ['2026-06-01T00:10:00Z', '2000-01-01T00:00:00Z']) {
      expect(isRefusal(checkEvent({ ...valid, occurred_at }, context))).toBe(false);
    }
  });

  it('takes a search without a patient', () => {
    const { event_id, occurred_at, staff_id, organisation_code } = valid;
    const search_results = ['9990000018'];
    const search = {
      event_id,
      occurred_at,
      staff_id,
      organisation_code,
      action: 'search',
      search_results,
    };
    expect(isRefusal(checkEvent(search, context))).toBe(false);
  });

  it('refuses an organisation that the source may not speak for', () => {
    const limited = { ...context, organisation_codes: new Set(['RZZ02']) };
    expect(checkEvent({ ...valid }, limited)).toMatchObject({
      code: 'EVENT_ORGANISATION_NOT_ALLOWED',
    });
  });

  it('says of any JSON value at all why it is no event, with a known code and without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ ...anything(valid) }, { requiredKeys: [] })),
        (value) => {
          const checked = checkEvent(value, context);
          if (!isRefusal(checked)) return;
          expect(Object.keys(record_codes)).toContain(checked.code);
          expect(checked.message).toMatch(/^.{10,200}$/);
        },
      ),
      { numRuns: 2_000, seed: 7 },
    );
  });
});

function anything(fields: Record<string, string>): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      fc.oneof(fc.constant(value), fc.jsonValue()),
    ]),
  );
}
