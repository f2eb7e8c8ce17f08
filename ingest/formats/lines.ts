/** Splits a stream of bytes into lines, without ever holding more than one of them beyond what has arrived. */

/** A line without its line break; of one that is too long, only its beginning. */
export interface Line {
  readonly bytes: Buffer;
  readonly is_too_long: boolean;
}

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
  let rest: Buffer[] = [];
  let rest_length = 0;
  let skipping: Buffer | undefined;
  for await (const chunk of withoutMarkAtStart(body)) {
    const group: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      if (skipping) {
        group.push({ bytes: skipping, is_too_long: true });
        skipping = undefined;
      } else {
        const end = chunk.subarray(from, at);
        addLine(
          group,
          rest_length > 0 ? Buffer.concat([...rest, end]) : end,
          line_bytes_max,
          kept_bytes,
        );
        rest = [];
        rest_length = 0;
      }
      from = at + 1;
    }
    if (from < chunk.length && !skipping) {
      rest.push(chunk.subarray(from));
      rest_length += chunk.length - from;
      if (rest_length > line_bytes_max) {
        skipping = Buffer.concat(rest).subarray(0, kept_bytes);
        rest = [];
        rest_length = 0;
      }
    }
    if (group.length > 0) yield group;
  }
  if (skipping) yield [{ bytes: skipping, is_too_long: true }];
  else if (rest_length > 0) {
    const group: Line[] = [];
    addLine(group, Buffer.concat(rest), line_bytes_max, kept_bytes);
    if (group.length > 0) yield group;
  }
}

function addLine(group: Line[], line: Buffer, line_bytes_max: number, kept_bytes: number): void {
  const bytes = line.at(-1) === 13 ? line.subarray(0, -1) : line;
  if (isBlank(bytes)) return;
  const is_too_long = bytes.length > line_bytes_max;
  group.push({
    bytes: is_too_long ? Buffer.from(bytes.subarray(0, kept_bytes)) : bytes,
    is_too_long,
  });
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 32 && byte !== 9) return false;
  return true;
}

const byte_order_mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes without the mark that some programs write at the start of UTF-8. */
export function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(byte_order_mark) ? bytes.subarray(3) : bytes;
}

async function* withoutMarkAtStart(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
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
