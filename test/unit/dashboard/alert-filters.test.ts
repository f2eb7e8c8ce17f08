/** The filters of the alert list: addresses in, addresses out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  alertsAddress,
  filterChips,
  parseAlertFilters,
} from '../../../dashboard/lib/server/alert-filters.ts';

const parse = (query: string) => parseAlertFilters(new URLSearchParams(query));
const names = { detector: (id: string) => id, organisation: (code: string) => code };

test('without filters the list shows what is open, from the first page', () => {
  expect(parse('')).toEqual({
    detector_id: '',
    severity: '',
    organisation_code: '',
    status: 'open',
    page: 1,
  });
});

test('what no filter can mean is taken for none', () => {
  expect(parse("severity=huge&status=x&detector=a'b&organisation=%00&page=-3")).toEqual(parse(''));
});

test('an address made from filters is read as the same filters', () => {
  const filters = fc.record({
    detector_id: fc.constantFrom('', 'household', 'out_of_area'),
    severity: fc.constantFrom('', 'low', 'high'),
    organisation_code: fc.constantFrom('', 'RTA01'),
    status: fc.constantFrom('open', 'withdrawn', 'closed', 'any'),
    page: fc.integer({ min: 1, max: 900 }),
  });
  fc.assert(
    fc.property(filters, (given) => {
      expect(parse(alertsAddress(given).split('?')[1] ?? '')).toEqual(given);
    }),
  );
});

test('each chip leads to the list without its filter, on the first page', () => {
  const chips = filterChips(parse('detector=household&severity=high&page=3'), names);
  expect(chips).toEqual([
    { text: 'household', href: '/alerts?severity=high' },
    { text: 'High severity', href: '/alerts?detector=household' },
  ]);
});
