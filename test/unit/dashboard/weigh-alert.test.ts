/** The reasons for and against an alert, in sentences. */
import { expect, test } from 'vitest';
import type {
  Alert,
  Circumstances,
  Explanation,
} from '../../../dashboard/lib/server/alert-detail.ts';
import { weighAlert } from '../../../dashboard/lib/server/weigh-alert.ts';

const alert = {
  reason: 'They opened it.',
  patient_id: '9990001014',
  patient_surname: 'Testerson',
  known_name: 'Alex Example',
  known_role: 'Nurse',
  is_registered_here: false,
} as Alert;
const alone: Circumstances = {
  colleagues: 0,
  colleague_roles: [],
  days: 1,
  is_tie_declared: false,
  is_registered: false,
};
const at = Date.parse('2026-11-01T12:00:00Z');
const explanation = (strength: string): Explanation => ({
  explanation_id: 'appointment',
  strength,
  kind: 'appointment',
  from_ms: at,
  to_ms: at,
});

function weigh(change: Partial<Parameters<typeof weighAlert>[0]>) {
  return weighAlert({
    alert,
    events: [],
    explanations: [],
    circumstances: alone,
    references: [],
    needs: [],
    ...change,
  });
}

test('an access that nothing explains, alone, says both', () => {
  const { reasons_for, reasons_against } = weigh({});
  expect(reasons_for).toHaveLength(3);
  expect(reasons_for[1]).toMatch(/^Nothing on record explains/);
  expect(reasons_against).toEqual([]);
});

test('an explanation of the organisation counts for it and does not hide that it names nobody', () => {
  const { reasons_for, reasons_against } = weigh({ explanations: [explanation('organisation')] });
  expect(reasons_against).toEqual(['Appointment, on 1 Nov 2026: names their organisation.']);
  expect(reasons_for.join()).toMatch(/not with this member of staff/);
});

test('an explanation that names the member of staff is said without the doubt', () => {
  expect(weigh({ explanations: [explanation('person')] }).reasons_for.join()).not.toMatch(
    /not with this member/,
  );
});

test('where the staff feed tells no team of theirs, nobody says that it is not theirs', () => {
  const untold = { ...explanation('inferred'), explanation_id: 'team_unknown' };
  const { reasons_for, reasons_against } = weigh({
    explanations: [explanation('organisation'), untold],
  });
  expect(reasons_for.join()).not.toMatch(/not with this member/);
  expect(reasons_against.join()).toMatch(/tells no team of theirs/);
});

test('a tie that was declared, colleagues and a registration count for it', () => {
  const { reasons_against } = weigh({
    circumstances: {
      colleagues: 2,
      colleague_roles: ['Doctor'],
      days: 1,
      is_tie_declared: true,
      is_registered: true,
    },
  });
  expect(reasons_against).toEqual([
    'The patient was registered with the organisation.',
    'The member of staff had told of a tie with this patient beforehand.',
    '2 colleagues of the same organisation opened this record that day (Doctor).',
  ]);
});

test('what a withdrawn alert said is told as what it said then', () => {
  const { reasons_for } = weigh({ alert: { ...alert, status: 'withdrawn' } });
  expect(reasons_for[0]).toBe('Before it was withdrawn it said: They opened it.');
});

test('a dataset that was never received is missing, not evidence', () => {
  expect(weigh({ needs: ['rosters'] }).missing).toEqual([
    'Rosters were never received, so nothing is known from them.',
  ]);
});
