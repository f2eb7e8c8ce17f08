import { describe, expect, it } from 'vitest';
import { all_time, parseDate } from '../../../../ingest/retrieval/dates.ts';

const at = (text: string) => Date.parse(text);

describe('a date of a search', () => {
  it.each([
    ['2026-03-01', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z'],
    // The clocks go forward on this day, which has 23 hours.
    ['2026-03-29', '2026-03-29T00:00:00Z', '2026-03-29T23:00:00Z'],
    ['2026-07-01', '2026-06-30T23:00:00Z', '2026-07-01T23:00:00Z'],
    ['2026-10', '2026-09-30T23:00:00Z', '2026-11-01T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['2026', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['eq2026-07-01T09:30', '2026-07-01T08:30:00Z', '2026-07-01T08:31:00Z'],
    ['2026-07-01T09:30:15Z', '2026-07-01T09:30:15Z', '2026-07-01T09:30:16Z'],
    ['2026-07-01T09:30:15.250+01:00', '2026-07-01T08:30:15.250Z', '2026-07-01T08:30:15.251Z'],
    ['2026-07-01T09:30:15 01:00', '2026-07-01T08:30:15Z', '2026-07-01T08:30:16Z'],
  ])('%s means from %s to before %s', (text, from, to) => {
    expect(parseDate('date', text)).toEqual({ from_ms: at(from), to_ms: at(to) });
  });

  it.each([
    ['ge2026-03-01', { from_ms: at('2026-03-01T00:00:00Z'), to_ms: all_time.to_ms }],
    ['gt2026-03-01', { from_ms: at('2026-03-02T00:00:00Z'), to_ms: all_time.to_ms }],
    ['sa2026-03-01', { from_ms: at('2026-03-02T00:00:00Z'), to_ms: all_time.to_ms }],
    ['le2026-03-01', { from_ms: all_time.from_ms, to_ms: at('2026-03-02T00:00:00Z') }],
    ['lt2026-03-01', { from_ms: all_time.from_ms, to_ms: at('2026-03-01T00:00:00Z') }],
    ['eb2026-03-01', { from_ms: all_time.from_ms, to_ms: at('2026-03-01T00:00:00Z') }],
  ])('%s leaves the part of time that its prefix says', (text, range) => {
    expect(parseDate('date', text)).toEqual(range);
  });

  it.each([
    '',
    'ne2026-03-01',
    'ap2026',
    '2026-02-30',
    '2026-13',
    '26-03-01',
    '2026-03-01T25:00',
    'x',
  ])('refuses %j without repeating it', (text) => {
    expect(() => parseDate('date', text)).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID' }),
    );
    try {
      parseDate('date', '9990000018');
    } catch (error) {
      expect((error as Error).message).not.toContain('9990000018');
    }
  });
});
