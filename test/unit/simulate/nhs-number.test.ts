// Holds synthetic NHS numbers to the check digit rule and to the range that is never issued.

import { describe, expect, it } from 'vitest';
import { isNhsNumber, nhsCheckDigit, nhsNumbers } from '../../simulate/nhs-number.ts';

describe('NHS numbers', () => {
  it('computes the check digit of the published examples', () => {
    expect(nhsCheckDigit('943476591')).toBe(9);
    expect(nhsCheckDigit('900000000')).toBe(9);
  });

  it('has a check digit of nought where the sum is a multiple of eleven', () => {
    expect(nhsCheckDigit('000000000')).toBe(0);
  });

  it('gives no check digit where the rule would give ten', () => {
    const unusable = Array.from(
      { length: 100 },
      (_, n) => `9990000${String(n).padStart(2, '0')}`,
    ).filter((digits) => nhsCheckDigit(digits) === undefined);
    expect(unusable.length).toBeGreaterThan(4);
    for (const digits of unusable) {
      const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (10 - at), 0);
      expect(11 - (sum % 11)).toBe(10);
    }
  });

  it('refuses a wrong check digit, a wrong length and anything but digits', () => {
    expect(isNhsNumber('9434765919')).toBe(true);
    expect(isNhsNumber('9434765918')).toBe(false);
    expect(isNhsNumber('943476591')).toBe(false);
    expect(isNhsNumber('943 476 5919')).toBe(false);
  });

  it('gives distinct valid numbers until the whole range is used up, and then says so', () => {
    const next = nhsNumbers(123_456);
    const seen = new Set<string>();
    expect(() => {
      for (;;) seen.add(next());
    }).toThrow('used up');
    expect(seen.size).toBeGreaterThan(900_000);
    const wrong = [...seen].filter((number) => !number.startsWith('999') || !isNhsNumber(number));
    expect(wrong).toEqual([]);
  });
});
