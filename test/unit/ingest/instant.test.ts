import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isDate, parseInstant } from '../../../ingest/instant.ts';

it('reads back every instant that a Date writes, at any offset', () => {
  const moments = fc.date({
    min: new Date('2000-01-01T00:00:00Z'),
    max: new Date('2099-12-31T00:00:00Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moments, fc.integer({ min: -14 * 60, max: 14 * 60 }), (moment, offset) => {
      const local = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
      const written = `${local}${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
      expect(parseInstant(written)).toBe(moment.getTime());
    }),
    { seed: 7 },
  );
});

it('cuts what is finer than a millisecond', () => {
  expect(parseInstant('2026-03-01T10:00:00.1239999Z')).toBe(Date.UTC(2026, 2, 1, 10, 0, 0, 123));
  expect(parseInstant('2026-03-01t10:00:00.1z')).toBe(Date.UTC(2026, 2, 1, 10, 0, 0, 100));
});

it.each([
  ['2026-02-29T10:00:00Z', 'impossible'],
  ['2026-13-01T10:00:00Z', 'impossible'],
  ['2026-01-00T10:00:00Z', 'impossible'],
  ['2026-01-01T24:00:00Z', 'impossible'],
  ['2026-01-01T10:60:00Z', 'impossible'],
  ['2026-01-01T10:00:00+24:00', 'impossible'],
  ['2026-01-01T10:00:00', 'no_offset'],
  ['2026-01-01', 'invalid'],
  ['2026-1-1T10:00:00Z', 'invalid'],
  ['1767261600000', 'invalid'],
  [' 2026-01-01T10:00:00Z', 'invalid'],
])('says of %s that it is %s', (text, problem) => {
  expect(parseInstant(text)).toBe(problem);
});

it('knows the days of the calendar', () => {
  expect(['2024-02-29', '2000-02-29', '1900-01-01'].map(isDate)).toEqual([true, true, true]);
  expect(
    ['2026-02-29', '2100-02-29', '2026-04-31', '1899-12-31', '2026-4-1', ''].map(isDate),
  ).not.toContain(true);
});
