/** Disclosure control: what is published never gives a hidden figure away. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  publishFigure,
  publishParts,
  publishWhole,
  type Figures,
} from '../../../dashboard/lib/server/suppression.ts';

const figures = fc.record({
  staff: fc.integer({ min: 0, max: 60 }),
  openings: fc.integer({ min: 0, max: 500 }),
  views: fc.integer({ min: 0, max: 900 }),
});
const parts = fc.array(
  figures.map((exact) => ({ figures: exact })),
  { maxLength: 8 },
);

test('a figure is 0, a star for 1 to 7, or the nearest 5', () => {
  expect([0, 1, 7, 8, 12, 13, 1003].map(publishFigure)).toEqual([0, '*', '*', 10, 10, 15, 1005]);
});

test('no published figure lies between 1 and 7, and none is further than 2 from the exact one', () => {
  fc.assert(
    fc.property(parts, (given) => {
      for (const part of publishParts(given)) {
        for (const name of ['openings', 'views', 'staff'] as const) {
          const published = part.published[name];
          if (published === '*') continue;
          expect(published === 0 || published > 7).toBe(true);
          expect(Math.abs(published - part.figures[name])).toBeLessThanOrEqual(2);
        }
      }
    }),
  );
});

test('where 1 to 7 staff were active nothing that they did is published', () => {
  fc.assert(
    fc.property(parts, (given) => {
      for (const part of publishParts(given)) {
        if (part.figures.staff < 1 || part.figures.staff > 7) continue;
        expect(part.published).toEqual({ openings: '*', views: '*', staff: '*' });
      }
    }),
  );
});

/** Who was active in each part: a few of the same few, or some of many. One person may be in several. */
const staffing = fc.array(
  fc.oneof(
    fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 7 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 24 }), { minLength: 1, maxLength: 25 }),
  ),
  { maxLength: 6 },
);

test('a total less the parts shown is about more than 7 people, however the parts share their staff', () => {
  fc.assert(
    fc.property(staffing, (given) => {
      const published = publishParts(
        given.map((persons) => ({
          persons,
          figures: { staff: persons.length, openings: 500, views: 500 },
        })),
      );
      const hidden = published.filter(({ published: { staff } }) => staff === '*');
      const everybody = new Set(given.flat());
      const whole = publishWhole({ staff: everybody.size, openings: 1000, views: 1000 });
      if (hidden.length === 0 || whole.openings === '*') return;
      const people = new Set(hidden.flatMap(({ persons }) => persons));
      expect(people.size).toBeGreaterThan(7);
      expect(hidden.length).toBeGreaterThanOrEqual(2);
    }),
    { numRuns: 1000 },
  );
});

test('two parts with the same four people hide a third that more people make up', () => {
  const part = (staff: number) => ({ figures: { staff, openings: 500, views: 500 } });
  const published = publishParts([part(4), part(4), part(12), part(30)]);
  expect(published.map(({ published: { openings } }) => openings)).toEqual(['*', '*', '*', 500]);
});

test('a small number cannot be had from a total less the rest', () => {
  // Every pair of exact figures that would be published alike: the reader must be left with two candidates at least.
  const alike = new Map<string, Set<number>>();
  for (let shown = 8; shown <= 300; shown++) {
    for (let small = 1; small <= 7; small++) {
      const seen = `${publishFigure(shown)} ${publishFigure(shown + small)}`;
      alike.set(seen, (alike.get(seen) ?? new Set()).add(small));
    }
  }
  for (const candidates of alike.values()) expect(candidates.size).toBeGreaterThanOrEqual(2);
});

test('a whole that so few make up is hidden like a part', () => {
  const few: Figures = { staff: 3, openings: 4000, views: 9000 };
  expect(publishWhole(few)).toEqual({ staff: '*', openings: '*', views: '*' });
});
