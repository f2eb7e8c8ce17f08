// Holds the simulation's clock to the time zone database, over both clock changes.

import { describe, expect, it } from 'vitest';
import {
  dateText,
  dayNumber,
  formatInstant,
  londonDay,
  londonInstant,
  weekday,
} from '../../simulate/london-time.ts';
import { runExchange } from './run.ts';

const LONDON = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  dateStyle: 'short',
  timeStyle: 'medium',
});

describe('local time in London', () => {
  it('agrees with the time zone database at every half hour of twenty years of change days', () => {
    const wrong: string[] = [];
    for (let year = 2006; year < 2027; year += 1) {
      for (const month of ['03', '10']) {
        const from = dayNumber(`${year}-${month}-24`);
        for (let half = 0; half < 8 * 48; half += 1) {
          const instant = from * 86_400_000 + half * 1_800_000;
          const local = formatInstant(instant, 'offset_s');
          const [date, time] = LONDON.format(instant).split(', ');
          const [day, monthText, yearText] = (date ?? '').split('/');
          if (
            !local.startsWith(`${yearText}-${monthText}-${day}T${time}`) ||
            Date.parse(local) !== instant
          )
            wrong.push(local);
          if (dateText(londonDay(instant)) !== local.slice(0, 10)) wrong.push(`day of ${local}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('gives the days of a clock change 23 and 25 hours', () => {
    const hours = (date: string): number =>
      (londonInstant(dayNumber(date) + 1) - londonInstant(dayNumber(date))) / 3_600_000;
    expect([
      hours('2026-03-28'),
      hours('2026-03-29'),
      hours('2026-10-25'),
      hours('2026-10-26'),
    ]).toEqual([24, 23, 25, 24]);
  });

  it('moves a time in the skipped hour on by an hour, and takes the first of a repeated one', () => {
    expect(formatInstant(londonInstant(dayNumber('2026-03-29'), 90), 'offset_s')).toBe(
      '2026-03-29T02:30:00+01:00',
    );
    expect(formatInstant(londonInstant(dayNumber('2026-10-25'), 90), 'offset_s')).toBe(
      '2026-10-25T01:30:00+01:00',
    );
  });

  it('writes an instant in four ways', () => {
    const instant = Date.parse('2026-07-01T08:05:09.042Z');
    expect(formatInstant(instant, 'utc_ms')).toBe('2026-07-01T08:05:09.042Z');
    expect(formatInstant(instant, 'utc_s')).toBe('2026-07-01T08:05:09Z');
    expect(formatInstant(instant, 'offset_ms')).toBe('2026-07-01T09:05:09.042+01:00');
    expect(formatInstant(instant, 'offset_s')).toBe('2026-07-01T09:05:09+01:00');
  });

  it('knows its weekdays and refuses dates that do not exist', () => {
    expect(weekday(dayNumber('2026-03-29'))).toBe(0);
    expect(() => dayNumber('2026-02-30')).toThrow('2026-02-30');
    expect(() => dayNumber('yesterday')).toThrow(RangeError);
  });
});

describe('a run over a clock change', () => {
  it.each([
    ['2026-04-05', '2026-03-29', '+00:00 +01:00'],
    ['2026-10-31', '2026-10-25', '+01:00 +00:00'],
  ])(
    'that ends on %s writes every offset as London has it',
    (ends_on, change, before_and_after) => {
      const { events } = runExchange({ staff: 600, days: 12, seed: 5, ends_on });
      const wrong: string[] = [];
      const offsets = new Map<string, string>();
      for (const { occurred_at } of events.values()) {
        if (occurred_at.endsWith('Z')) continue;
        const [date, time] = LONDON.format(Date.parse(occurred_at)).split(', ');
        const [day, month, year] = (date ?? '').split('/');
        if (!occurred_at.startsWith(`${year}-${month}-${day}T${time}`)) wrong.push(occurred_at);
        offsets.set(
          occurred_at.slice(0, 10) < change
            ? 'before'
            : occurred_at.slice(0, 10) > change
              ? 'after'
              : 'on',
          occurred_at.slice(-6),
        );
      }
      expect(wrong).toEqual([]);
      expect(`${offsets.get('before')} ${offsets.get('after')}`).toBe(before_and_after);
      expect(offsets.has('on')).toBe(true);
    },
  );
});
