/** The NHS number: ten digits, of which the last checks the others (modulus 11). */

/**
 * Whether the text is ten digits with a valid check digit.
 *
 * The first nine digits are weighted 10 down to 2; eleven minus the remainder by 11 is the last digit, where 11 stands
 * for 0 and 10 is never issued.
 */
export function isNhsNumber(text: string): boolean {
  if (text.length !== 10) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return false;
    // With the check digit at weight 1, the sum of a valid number is divisible by 11.
    sum += digit * (10 - i);
  }
  // Ten zeros pass the check, and stand for a number that is not known.
  return sum > 0 && sum % 11 === 0;
}
