import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupAlerts, groupingReason } from '../../../../analytics/ranking/group.ts';
import { alert, someAlerts } from './given.ts';

const seeded = { seed: 20260601, numRuns: 300 };
const ids = (groups: ReturnType<typeof groupAlerts>) =>
  groups.map(({ item_id, alerts }) => [item_id, alerts.map((one) => one.alert_id)]);

describe('grouping alerts', () => {
  it('puts every alert in exactly one group', () => {
    fc.assert(
      fc.property(someAlerts, (alerts) => {
        const grouped = groupAlerts(alerts).flatMap((group) => group.alerts);
        expect(grouped.map((one) => one.alert_id).sort()).toEqual(
          alerts.map((one) => one.alert_id).sort(),
        );
      }),
      seeded,
    );
  });

  it('gives the same groups in whatever order the alerts come', () => {
    fc.assert(
      fc.property(
        someAlerts.chain((alerts) =>
          fc.tuple(
            fc.constant(alerts),
            fc.shuffledSubarray(alerts, { minLength: alerts.length, maxLength: alerts.length }),
          ),
        ),
        ([alerts, shuffled]) => {
          expect(ids(groupAlerts(shuffled))).toEqual(ids(groupAlerts(alerts)));
        },
      ),
      seeded,
    );
  });

  it('joins no two people and no two organisations', () => {
    fc.assert(
      fc.property(someAlerts, (alerts) => {
        for (const group of groupAlerts(alerts)) {
          expect(
            new Set(group.alerts.map((one) => `${one.organisation_code} ${one.person_key}`)).size,
          ).toBe(1);
        }
      }),
      seeded,
    );
  });

  it('leaves a group as it is when alerts of other people come', () => {
    fc.assert(
      fc.property(someAlerts, (alerts) => {
        const theirs = alerts.filter((one) => one.person_key === 'person-1');
        const all = new Map(groupAlerts(alerts).map((group) => [group.item_id, group]));
        for (const group of groupAlerts(theirs))
          expect(all.get(group.item_id)?.alerts).toEqual(group.alerts);
      }),
      seeded,
    );
  });

  it('keeps the name of a group to which a later alert is added', () => {
    const [before] = groupAlerts([alert({ alert_id: 'z', day: '2026-03-02' })]);
    const [after, other] = groupAlerts([
      alert({ alert_id: 'z', day: '2026-03-02' }),
      alert({ alert_id: 'a', day: '2026-03-09', patient_id: 'p2' }),
    ]);
    expect(other).toBeUndefined();
    expect(after?.item_id).toBe(before?.item_id);
  });

  it.each([
    ['7 days apart', { day: '2026-03-09', patient_id: 'p2' }, 1],
    ['8 days apart', { day: '2026-03-10', patient_id: 'p2' }, 2],
    ['8 days apart on the same patient', { day: '2026-03-10' }, 1],
    ['about no one patient', { day: '2026-03-10', patient_id: '' }, 2],
    ['of another person', { person_key: 'someone else' }, 2],
    ['in another organisation', { organisation_code: 'ORG2' }, 2],
    ['drawn at random', { detector_id: 'random_sample' }, 2],
  ])('makes of two alerts %s as many groups as it should', (_what, second, groups) => {
    expect(
      groupAlerts([alert({ alert_id: 'a' }), alert({ alert_id: 'b', ...second })]),
    ).toHaveLength(groups);
  });

  it('does not take alerts about no one patient for alerts about the same one', () => {
    const two = ['2026-01-01', '2026-03-01'].map((day, index) =>
      alert({ alert_id: `a${index}`, day, patient_id: '' }),
    );
    expect(groupAlerts(two)).toHaveLength(2);
  });

  it('says why alerts are together', () => {
    expect(groupingReason([alert({ alert_id: 'a' })])).toBe('');
    expect(groupingReason([alert({ alert_id: 'a' }), alert({ alert_id: 'b' })])).toBe(
      '2 alerts of the same person about one patient, on one day.',
    );
    expect(
      groupingReason([
        alert({ alert_id: 'a' }),
        alert({ alert_id: 'b', patient_id: 'p2', day: '2026-03-04' }),
      ]),
    ).toBe('2 alerts of the same person about 2 patients, within 3 days.');
  });
});
