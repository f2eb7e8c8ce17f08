/** Splits a stream of bytes into lines, without ever holding more than one of them beyond what has arrived. */

/** A line without its line break; of one that is too long, only its beginning. */
export interface Line {
  readonly bytes: Buffer;
  readonly is_too_long: boolean;
}

/** Whole lines one after the other, the last of a body perhaps without its break; or the beginning of one that is too long. */
export type Run = Line;

/**
 * The lines of a body, in groups as they arrive. Blank lines are left out.
 *
 * A line over `line_bytes_max` is passed over as it streams by, and shows as its first `kept_bytes`.
 */
export async function* splitLines(
  body: AsyncIterable<Buffer>,
  line_bytes_max: number,
  kept_bytes: number,
): AsyncGenerator<Line[]> {
  for await (const run of splitRuns(body, line_bytes_max, kept_bytes)) {
    const group: Line[] = [];
    for (let from = 0; from < run.bytes.length;) {
      const line = lineAt(run, from, line_bytes_max, kept_bytes);
      from = line.next;
      if (line.is_too_long || !isBlank(line.bytes)) group.push(line);
    }
    if (group.length > 0) yield group;
  }
}

/**
 * The body in runs of whole lines, most of them just the bytes that arrived. Blank lines are still in them.
 *
 * A line that is over `line_bytes_max` when its end arrives is a run of its own; `lineAt` finds the others.
 */
export async function* splitRuns(
  body: AsyncIterable<Buffer>,
  line_bytes_max: number,
  kept_bytes: number,
): AsyncGenerator<Run> {
  let rest: Buffer[] = [];
  let rest_length = 0;
  let skipping: Buffer | undefined;
  for await (const chunk of withoutMarkAtStart(body)) {
    let from = 0;
    if (rest_length > 0 || skipping) {
      from = chunk.indexOf(10) + 1;
      if (from > 0) {
        if (skipping) yield { bytes: skipping, is_too_long: true };
        else yield { bytes: Buffer.concat([...rest, chunk.subarray(0, from)]), is_too_long: false };
        skipping = undefined;
        rest = [];
        rest_length = 0;
      }
    }
    const to = chunk.lastIndexOf(10) + 1;
    if (to > from) yield { bytes: chunk.subarray(from, to), is_too_long: false };
    const left = chunk.subarray(Math.max(from, to));
    if (left.length === 0 || skipping) continue;
    rest.push(left);
    rest_length += left.length;
    if (rest_length > line_bytes_max) {
      skipping = Buffer.concat(rest).subarray(0, kept_bytes);
      rest = [];
      rest_length = 0;
    }
  }
  if (skipping) yield { bytes: skipping, is_too_long: true };
  else if (rest_length > 0) yield { bytes: Buffer.concat(rest), is_too_long: false };
}

/** The line of a run that begins at `from`, and where the next one does. */
export function lineAt(
  run: Run,
  from: number,
  line_bytes_max: number,
  kept_bytes: number,
): Line & { readonly next: number } {
  if (run.is_too_long) return { ...run, next: run.bytes.length };
  const found = run.bytes.indexOf(10, from);
  const end = found < 0 ? run.bytes.length : found;
  const next = Math.min(end + 1, run.bytes.length);
  const bytes = run.bytes.subarray(from, run.bytes[end - 1] === 13 && end > from ? end - 1 : end);
  if (bytes.length <= line_bytes_max) return { bytes, is_too_long: false, next };
  return { bytes: Buffer.from(bytes.subarray(0, kept_bytes)), is_too_long: true, next };
}

/** Whether a line has nothing in it, and is passed over. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && byte !== 9) return false;
  return true;
}

const byte_order_mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes without the mark that some programs write at the start of UTF-8. */
export function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(byte_order_mark) ? bytes.subarray(3) : bytes;
}

/** The same of a body as it arrives. */
export async function* withoutMarkAtStart(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of body) {
    if (!start) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < byte_order_mark.length) continue;
    yield withoutMark(start);
    start = undefined;
  }
  if (start && start.length > 0) yield start;
}
