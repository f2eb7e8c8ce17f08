/** Reads JSON for what its parser does not tell: how deep it is nested, names that stand twice, and where an item begins and ends. */
import { endOfString } from './depth.ts';

export type JsonFault = 'too_deep' | 'name_twice';

/** A part of the bytes, as [from, to). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const quote = 34;
const comma = 44;
const open_list = 91;
const close_list = 93;
const open_object = 123;
const close_object = 125;

/**
 * The first fault of a JSON text: nesting past `depth_max`, which would make its reader slow or fall over, or a name that
 * an object has twice, of which the parser would pass over the first in silence. Whether it is JSON is not said.
 */
export function findJsonFault(bytes: Buffer, depth_max: number): JsonFault | undefined {
  // For each open container the names it has had; a list has none.
  const open: (Set<string> | undefined)[] = [];
  let is_name_next = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      const end = endOfString(bytes, at);
      const names = open.at(-1);
      if (is_name_next && names) {
        const name = nameOf(bytes, at, end);
        if (names.has(name)) return 'name_twice';
        names.add(name);
        is_name_next = false;
      }
      at = end;
    } else if (byte === open_object || byte === open_list) {
      if (open.length >= depth_max) return 'too_deep';
      is_name_next = byte === open_object;
      open.push(is_name_next ? new Set() : undefined);
    } else if (byte === close_object || byte === close_list) {
      open.pop();
      is_name_next = false;
    } else if (byte === comma) is_name_next = open.at(-1) !== undefined;
  }
  return undefined;
}

/** An entry of a Bundle, and its resource where it has one. */
export interface EntrySpan extends Span {
  readonly resource?: Span;
}

/**
 * Where the entries of a Bundle stand, and in them the objects at `resource`. Whether it is JSON, and a Bundle, is not
 * said.
 *
 * @param entries_max past this many it stops, with one more
 */
export function findEntries(bytes: Buffer, entries_max: number): EntrySpan[] {
  const found: EntrySpan[] = [];
  let depth = 0;
  // The name that was read last in the Bundle, in an entry, and whether a name comes next.
  let top_name = '';
  let entry_name = '';
  let is_name_next = false;
  let entry_from = -1;
  let resource_from = -1;
  let resource: Span | undefined;
  for (let at = 0; at < bytes.length && found.length <= entries_max; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      const end = endOfString(bytes, at);
      if (is_name_next && depth === 1) top_name = nameOf(bytes, at, end);
      else if (is_name_next && depth === 3) entry_name = nameOf(bytes, at, end);
      is_name_next = false;
      at = end;
    } else if (byte === open_object || byte === open_list) {
      if (depth === 2 && top_name === 'entry') entry_from = at;
      const is_resource = depth === 3 && entry_from >= 0 && entry_name === 'resource';
      if (is_resource && byte === open_object && !resource) resource_from = at;
      depth += 1;
      is_name_next = byte === open_object;
    } else if (byte === close_object || byte === close_list) {
      depth -= 1;
      is_name_next = false;
      if (depth === 3 && resource_from >= 0) {
        resource = { from: resource_from, to: at + 1 };
        resource_from = -1;
      } else if (depth === 2 && entry_from >= 0) {
        found.push({ from: entry_from, to: at + 1, ...(resource && { resource }) });
        entry_from = -1;
        resource = undefined;
      }
    } else if (byte === comma) is_name_next = depth === 1 || depth === 3;
  }
  return found;
}

/** The bytes with `null` in place of each span, in order. */
export function withoutSpans(bytes: Buffer, spans: Iterable<Span>): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { from, to } of spans) {
    parts.push(bytes.subarray(at, from), Buffer.from('null'));
    at = to;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}

/** The name between two quotes, its escapes resolved: `"\u0061"` and `"a"` are the same. */
function nameOf(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from + 1, to);
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
