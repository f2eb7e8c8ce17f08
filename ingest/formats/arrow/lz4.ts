/** Decompresses an LZ4 frame of which the length is known, and never writes or reads past what it was given. */

const magic = 0x184d2204;
const [flag_dictionary, flag_content_checksum, flag_content_size, flag_block_checksum] = [
  1, 4, 8, 16,
];
const match_min = 4;

/**
 * The content of an LZ4 frame (LZ4 Frame Format 1.6), of exactly `length` bytes; undefined where it is damaged. Check
 * sums are passed over: what is damaged within them shows as another length, or as values that are refused.
 */
export function decompressLz4(bytes: Uint8Array, length: number): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== magic) return undefined;
  const flags = bytes[4] as number;
  if (flags >> 6 !== 1 || (flags & flag_dictionary) !== 0) return undefined;
  let at = 6 + ((flags & flag_content_size) !== 0 ? 8 : 0) + 1;
  const into = new Uint8Array(length);
  let to = 0;
  for (;;) {
    if (at + 4 > bytes.length) return undefined;
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    const block_bytes = size & 0x7fffffff;
    const end = at + block_bytes;
    if (end > bytes.length) return undefined;
    if (size >>> 31 === 1) {
      if (to + block_bytes > length) return undefined;
      into.set(bytes.subarray(at, end), to);
      to += block_bytes;
    } else {
      to = decompressBlock(bytes, at, end, into, to);
      if (to < 0) return undefined;
    }
    at = end + ((flags & flag_block_checksum) !== 0 ? 4 : 0);
  }
  if ((flags & flag_content_checksum) !== 0 && at + 4 > bytes.length) return undefined;
  return to === length ? into : undefined;
}

/** Where writing ended; -1 where the block leads out of its bytes or the room for them. */
function decompressBlock(
  bytes: Uint8Array,
  from: number,
  end: number,
  into: Uint8Array,
  start: number,
): number {
  let at = from;
  let to = start;
  while (at < end) {
    const token = bytes[at++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255;) {
        if (at >= end) return -1;
        more = bytes[at++] as number;
        literals += more;
      }
    }
    if (at + literals > end || to + literals > into.length) return -1;
    if (literals > 32) into.set(bytes.subarray(at, at + literals), to);
    else for (let i = 0; i < literals; i++) into[to + i] = bytes[at + i] as number;
    at += literals;
    to += literals;
    // The last sequence has literals alone.
    if (at === end) return to;
    if (at + 2 > end) return -1;
    const back = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    at += 2;
    if (back === 0 || back > to) return -1;
    let match = token & 15;
    if (match === 15) {
      for (let more = 255; more === 255;) {
        if (at >= end) return -1;
        more = bytes[at++] as number;
        match += more;
      }
    }
    match += match_min;
    if (to + match > into.length) return -1;
    if (back >= match) into.copyWithin(to, to - back, to - back + match);
    else for (let i = 0; i < match; i++) into[to + i] = into[to + i - back] as number;
    to += match;
  }
  return to;
}
