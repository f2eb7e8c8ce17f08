import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  alertId,
  alertOf,
  compareAlerts,
  reasonOf,
  type FoundRow,
  type StandingAlert,
} from '../../../analytics/alerts.ts';
import { findDetector } from '../../../analytics/detectors.ts';

const row: FoundRow = {
  staff_id_system: 'urn:x',
  staff_id: 's1',
  organisation_code: 'ORG1',
  patient_id: 'p1',
  day: '2026-03-02',
  first_at: 1,
  last_at: 2,
  score: 1,
  facts: { role: 'Nurse', matched_by: 'NHS number', views: '1 event' },
  event_ids: ['e1'],
  sources: ['a'],
};
const alert = alertOf(findDetector('own_record'), '1.0', row);
const standing: StandingAlert = { ...alert, version: 3, change: 'raised' };
const gone = () => 'gone';

it('identifies an alert by length-prefixed parts, so that no two lists of parts share a text', () => {
  const text = '10:own_record,5:urn:x,2:s1,4:ORG1,2:p1,10:2026-03-02,';
  expect(alert.alert_id).toBe(createHash('sha256').update(text).digest('hex').slice(0, 32));
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
      expect(alertId('d', a, 'x') === alertId('d', b, 'x')).toBe(
        JSON.stringify(a) === JSON.stringify(b),
      );
    }),
  );
});

it('names the role and the identifier, or a member of staff where no role was recorded', () => {
  expect(
    reasonOf('{staff} did {what}.', { staff_id: 's1', facts: { role: 'Nurse', what: 'this' } }),
  ).toBe('Nurse (s1) did this.');
  expect(reasonOf('{staff}.', { staff_id: 's1', facts: { role: '' } })).toBe(
    'A member of staff (s1).',
  );
});

it('writes nothing for an alert that stands as it is found', () => {
  expect(compareAlerts([alert], [standing], gone)).toEqual([]);
});

it('raises what is new, changes what differs and says what, withdraws what is gone with the reason', () => {
  expect(compareAlerts([alert], [], gone)).toMatchObject([{ version: 1, change: 'raised' }]);
  const more = alertOf(findDetector('own_record'), '1.0', {
    ...row,
    event_ids: ['e1', 'e2'],
    sources: ['a', 'a'],
  });
  expect(compareAlerts([more], [standing], gone)).toMatchObject([
    { version: 4, change: 'changed', change_reason: 'Changed: the events it cites.' },
  ]);
  expect(compareAlerts([], [standing], gone)).toMatchObject([
    { version: 4, change: 'withdrawn', change_reason: 'gone' },
  ]);
});

it('leaves a withdrawn alert alone, and raises it anew when it is true again', () => {
  const withdrawn: StandingAlert = { ...standing, change: 'withdrawn' };
  expect(compareAlerts([], [withdrawn], gone)).toEqual([]);
  expect(compareAlerts([alert], [withdrawn], gone)).toMatchObject([
    { version: 4, change: 'raised' },
  ]);
});

it('does not depend on the order in which facts come', () => {
  const turned = { ...row, facts: { views: '1 event', matched_by: 'NHS number', role: 'Nurse' } };
  expect(alertOf(findDetector('own_record'), '1.0', turned).content_hash).toBe(alert.content_hash);
});
