// Owns synthetic NHS numbers: the 999 range, which is never issued, with a valid check digit.

/** How many different bodies (six digits after 999) the range has; about one in eleven is unusable. */
const BODIES = 1_000_000;

/**
 * The check digit of nine digits: weights ten down to two, the sum taken from the next multiple of
 * eleven. Undefined where the rule gives ten, for which no number is ever issued.
 */
export function nhsCheckDigit(nineDigits: string): number | undefined {
  if (!/^\d{9}$/.test(nineDigits))
    throw new RangeError('an NHS number has nine digits before its check digit');
  let sum = 0;
  for (let position = 0; position < 9; position += 1) {
    sum += Number(nineDigits[position]) * (10 - position);
  }
  const digit = (11 - (sum % 11)) % 11;
  return digit === 10 ? undefined : digit;
}

/** Whether the text is ten digits that end in their own check digit. */
export function isNhsNumber(text: string): boolean {
  return /^\d{10}$/.test(text) && nhsCheckDigit(text.slice(0, 9)) === Number(text[9]);
}

/**
 * A source of distinct synthetic NHS numbers, in an order that depends on `start` alone. Throws a
 * RangeError when the range is used up, after about 909 000 numbers.
 */
export function nhsNumbers(start: number): () => string {
  let taken = 0;
  return () => {
    while (taken < BODIES) {
      // A multiplier that shares no factor with a million visits every body once, scattered, so that
      // neighbours in a household do not have neighbouring numbers.
      const body = (start + taken * 387_421) % BODIES;
      taken += 1;
      const nineDigits = `999${String(body).padStart(6, '0')}`;
      const digit = nhsCheckDigit(nineDigits);
      if (digit !== undefined) return `${nineDigits}${digit}`;
    }
    throw new RangeError('the synthetic range of NHS numbers is used up');
  };
}
