import { expect, it } from 'vitest';
import { pageAddresses } from '../../../dashboard/lib/pages.ts';

it('has the addresses of the pages that are linked to, however many there are', () => {
  const of = (page: number, pages: number) => pageAddresses(page, pages, (n) => `?page=${n}`);
  expect(Object.keys(of(700, 15_000))).toEqual(['1', '699', '700', '701', '15000']);
  expect(of(1, 2)).toEqual({ 1: '?page=1', 2: '?page=2' });
  expect(of(1, 1)).toEqual({ 1: '?page=1' });
});
