/** Bounds how deep JSON may be nested, on its bytes: parsing it to find out would block everybody for seconds. */

/** An event or row needs two levels. */
const depth_max = 8;
/** What is shorter is parsed in less time than it takes to notice. */
export const harmless_bytes = 16 * 1024;

const quote = 34;
const backslash = 92;

/** Whether a line, one JSON value, is nested too deeply to be parsed. */
export function isTooDeep(bytes: Buffer): boolean {
  return bytes.length > harmless_bytes && deepItems(bytes, depth_max, -1).length > 0;
}

/** An item of a JSON array that is nested too deeply: its index, and its bytes as [from, to). */
export interface DeepItem {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The body without what is too deep: such an item of its array, or the whole body where it is one value, stands as
 * `null`. What is not closed takes the rest along, so that the parser finds the body damaged.
 */
export function withoutDeepItems(bytes: Buffer): { bytes: Buffer; deep: DeepItem[] } {
  const first = bytes.findIndex((byte) => byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13);
  const is_array = bytes[first] === 91;
  const deep = deepItems(bytes, is_array ? depth_max + 1 : depth_max, is_array ? 1 : 0);
  if (deep.length === 0) return { bytes, deep };
  const parts: Buffer[] = [];
  let at = 0;
  for (const { from, to } of deep) {
    parts.push(bytes.subarray(at, from), Buffer.from('null'));
    at = to;
  }
  return { bytes: Buffer.concat([...parts, bytes.subarray(at)]), deep };
}

/** With `item_depth` -1 the first finding ends the search. */
function deepItems(bytes: Buffer, max: number, item_depth: number): DeepItem[] {
  const found: DeepItem[] = [];
  let depth = 0;
  let index = 0;
  let from = 0;
  let is_deep = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === 91 || byte === 123) {
      if (depth === item_depth) from = at;
      depth += 1;
      if (depth <= max) continue;
      if (item_depth < 0) return [{ index, from, to: at }];
      is_deep = true;
    } else if (byte === 93 || byte === 125) {
      depth -= 1;
      if (depth !== item_depth || !is_deep) continue;
      found.push({ index, from, to: at + 1 });
      is_deep = false;
    } else if (byte === 44 && depth === item_depth) index += 1;
  }
  if (is_deep) found.push({ index, from, to: bytes.length });
  return found;
}

/** Where the string that begins at `from` ends: its closing quote, or the end of the bytes. */
export function endOfString(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(quote, from + 1); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (bytes[at - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return bytes.length;
}
