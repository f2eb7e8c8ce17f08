import { describe, expect, it } from 'vitest';
import { linkClassOf, mostFrequent } from '../../../../analytics/ranking/link.ts';

const access = (
  strength: string,
  explained_share = 0.95,
  is_in_company = false,
  kinds_of_care = 1,
) => linkClassOf({ strength, explained_share, is_in_company, kinds_of_care });

describe('the link of an access', () => {
  it('is its strongest explanation, and whether others opened the record that week', () => {
    expect(access('none')).toBe('none');
    expect(access('none', 0.95, true)).toBe('none_in_company');
    expect(access('organisation')).toBe('organisation');
    expect(access('organisation', 0.95, true)).toBe('organisation_in_company');
    expect(access('inferred')).toBe('inferred');
    expect(access('inferred', 0.95, true)).toBe('inferred_in_company');
    expect(access('person')).toBe('team');
  });

  it('tells one kind of care from several', () => {
    expect(access('organisation', 0.95, false, 2)).toBe('organisation_several');
    expect(access('organisation', 0.95, true, 3)).toBe('organisation_several_in_company');
    expect(access('team', 0.95, true, 3)).toBe('team');
    // What is only inferred is one and the same whatever it is inferred from.
    expect(access('inferred', 0.95, false, 2)).toBe('inferred');
  });

  it('says nothing of an access that nothing explains where feeds tell of too little', () => {
    expect(access('none', 0.5)).toBe('unfed');
    expect(access('inferred', 0.5, true)).toBe('unfed_in_company');
    expect(access('organisation', 0.5)).toBe('organisation');
    expect(access('none', 0.7)).toBe('none');
  });
});

it('takes of several accesses what most of them have, and of two alike the less explained', () => {
  expect(mostFrequent(['team', 'none', 'team'])).toBe('team');
  expect(mostFrequent(['team', 'none'])).toBe('none');
  expect(mostFrequent(['unfed'])).toBe('unfed');
});
