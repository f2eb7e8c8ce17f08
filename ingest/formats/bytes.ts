/** What a value is, told from its bytes: the same answers as for its text, where that is plain ASCII. */

/** Printable ASCII, or nothing. */
export function isPlainText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < 32 || byte > 126) return false;
  }
  return true;
}

/** Printable ASCII with something in it that can be seen. */
export function isVisibleText(bytes: Uint8Array, from: number, to: number): boolean {
  let is_visible = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < 32 || byte > 126) return false;
    if (byte !== 32) is_visible = true;
  }
  return is_visible;
}

/** Whether ten digits with a valid check digit stand there; see `nhs-number.ts`. */
export function isNhsNumberAt(bytes: Uint8Array, from: number): boolean {
  let sum = 0;
  for (let i = 0; i < 10; i++) {
    const digit = (bytes[from + i] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return false;
    sum += digit * (10 - i);
  }
  return sum > 0 && sum % 11 === 0;
}

/** An instant that was read, and the day of the one before it: events come in the order of time, mostly. */
export interface Read {
  /** Epoch milliseconds. */
  value: number;
  day_key: number;
  day_ms: number;
}

const [minus, colon, dot, plus, upper_t, upper_z] = [45, 58, 46, 43, 84, 90];

/** Reads an RFC 3339 instant, and returns where it ends; -1 where `instant.ts` has to look at it. */
export function readInstantAt(bytes: Uint8Array, from: number, into: Read): number {
  const year = digits(bytes, from) * 100 + digits(bytes, from + 2);
  const month = digits(bytes, from + 5);
  const day = digits(bytes, from + 8);
  const hour = digits(bytes, from + 11);
  const minute = digits(bytes, from + 14);
  const second = digits(bytes, from + 17);
  if (
    !(year >= 1000 && month >= 1 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59) ||
    bytes[from + 4] !== minus ||
    bytes[from + 7] !== minus ||
    bytes[from + 10] !== upper_t ||
    bytes[from + 13] !== colon ||
    bytes[from + 16] !== colon
  )
    return -1;
  const key = year * 10_000 + month * 100 + day;
  if (key !== into.day_key) {
    const ms = Date.UTC(year, month - 1, day);
    // A day that the calendar does not have has become another one.
    if (new Date(ms).getUTCDate() !== day || month > 12) return -1;
    into.day_key = key;
    into.day_ms = ms;
  }
  let at = from + 19;
  let ms = 0;
  if (bytes[at] === dot) {
    let weight = 100;
    const first = ++at;
    for (; at < first + 9; at++) {
      const digit = (bytes[at] as number) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      // Past milliseconds the fraction is cut.
      ms += digit * weight;
      weight = weight === 1 ? 0 : weight / 10;
    }
    if (at === first) return -1;
  }
  let offset_minutes = 0;
  const sign = bytes[at];
  if (sign === upper_z) at += 1;
  else if (sign === plus || sign === minus) {
    const offset_hour = digits(bytes, at + 1);
    const offset_minute = digits(bytes, at + 4);
    if (!(offset_hour <= 23 && offset_minute <= 59) || bytes[at + 3] !== colon) return -1;
    offset_minutes = (offset_hour * 60 + offset_minute) * (sign === minus ? -1 : 1);
    at += 6;
  } else return -1;
  into.value = into.day_ms + ((hour * 60 + minute - offset_minutes) * 60 + second) * 1000 + ms;
  return at;
}

/** Two digits as a number; NaN where they are none. */
function digits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}
