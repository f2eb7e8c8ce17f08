import { expect, it } from 'vitest';
import { paramText } from '../../../dashboard/lib/detector-words.ts';

it('says of a threshold which way it bounds', () => {
  expect(paramText('occupants_max')).toBe('Occupants, at most');
  expect(paramText('days_min')).toBe('Days, at least');
  expect(paramText('lookback_days')).toBe('Lookback days');
});
