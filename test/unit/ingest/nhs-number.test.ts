import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isNhsNumber } from '../../../ingest/nhs-number.ts';

const nine_digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 9, maxLength: 9 });

/** The rule as the data dictionary words it, step by step. */
function checkDigit(digits: readonly number[]): number | undefined {
  const sum = digits.reduce((total, digit, index) => total + digit * (10 - index), 0);
  const check = 11 - (sum % 11);
  return check === 11 ? 0 : check === 10 ? undefined : check;
}

it('takes a number with the check digit that the rule gives, and none of the nine others', () => {
  fc.assert(
    fc.property(nine_digits, (digits) => {
      const check = checkDigit(digits);
      for (let last = 0; last < 10; last++) {
        expect(isNhsNumber(digits.join('') + String(last))).toBe(last === check);
      }
    }),
    { seed: 7 },
  );
});

it('finds any single digit that was mistyped, and any two neighbours that were swapped', () => {
  fc.assert(
    fc.property(nine_digits, fc.nat(8), fc.integer({ min: 1, max: 9 }), (digits, at, by) => {
      const check = checkDigit(digits);
      fc.pre(check !== undefined);
      const number = [...digits, check ?? 0];
      const mistyped = number.map((digit, index) => (index === at ? (digit + by) % 10 : digit));
      expect(isNhsNumber(mistyped.join(''))).toBe(false);
      const swapped = [...number];
      [swapped[at], swapped[at + 1]] = [number[at + 1] ?? 0, number[at] ?? 0];
      if (number[at] !== number[at + 1]) expect(isNhsNumber(swapped.join(''))).toBe(false);
    }),
    { seed: 7 },
  );
});

it.each(['', '943476591', '94347659190', '943 476 5919', '943476591x', '٩٤٣٤٧٦٥٩١٩'])(
  'refuses %j',
  (text) => {
    expect(isNhsNumber(text)).toBe(false);
  },
);
