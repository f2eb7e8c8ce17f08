/** Makes inputs from seeds: changed in places, cut, doubled, crossed with others, or nothing but noise. */

/** Random numbers from a seed, so that a run can be repeated (mulberry32). */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(below, 1);
  };
}

/** Larger seeds are attacks by their size: they are run as they are, and changed now and then only. */
const small_bytes_max = 32 * 1024;
const input_bytes_max = 16 * 1024 * 1024;

// What parsers stumble over, in whatever format.
// prettier-ignore
const words = [
  '<', '>', '&', '"', "'", '/', '</', '/>', '<!--', '-->', ']]>', '<![CDATA[', '<!DOCTYPE a [<!ENTITY b "c">]>', '&b;',
  '&#0;', '&#x110000;', '<?xml version="1.1"?>', 'xmlns:a="b"', 'a:b', '{', '}', '[', ']', ',', ':', '\\u0000', '\\ud800',
  '1e999', '-0', 'null', 'true', '__proto__', 'constructor', '^^^', '|', '~', '#012', '<13>', '<191>1 ', '999999999 ', '0 ',
  '\n', '\r\n', '\0', '\ufeff', '\ufffd', '\u{1f600}', '9999-12-31T23:59:60Z', '2026-03-29T01:30:00', 'AuditMessage', 'AuditEvent',
  'resourceType', 'Bundle', '"crc32":', '{"record":"batch",', ',,', '""', '=', '%', '../', ' '.repeat(300), 'A'.repeat(5_000),
].map((word) => Buffer.from(word));

export interface InputMaker {
  next(): Buffer;
}

/** Inputs without end; the seeds themselves come first. */
export function createInputs(seeds: readonly Buffer[], seed: number): InputMaker {
  const random = createRandom(seed);
  const small = seeds.filter(({ length }) => length <= small_bytes_max);
  const large = seeds.filter(({ length }) => length > small_bytes_max);
  let given = 0;
  const pick = <T>(list: readonly T[]): T | undefined => list[random(list.length)];
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => random(256)));

  function changed(start: Buffer): Buffer {
    let bytes = start;
    for (let times = 1 + random(4); times > 0; times--) bytes = change(bytes);
    return bytes;
  }

  function change(bytes: Buffer): Buffer {
    const at = random(bytes.length + 1);
    const to = Math.min(at + random(random(4) === 0 ? bytes.length : 16), bytes.length);
    const put = (piece: Buffer) =>
      Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(to)]).subarray(
        0,
        input_bytes_max,
      );
    switch (random(8)) {
      case 0: {
        const copy = Buffer.from(bytes);
        if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
        return copy;
      }
      case 1:
        return put(noise(random(4)));
      case 2:
        return put(Buffer.alloc(0));
      case 3:
        return put(pick(words) ?? noise(1));
      case 4: {
        // A piece over and over.
        const piece = bytes.subarray(at, to);
        return put(Buffer.concat(Array.from({ length: 1 + random(16) }, () => piece)));
      }
      case 5: {
        const other = pick(small) ?? noise(8);
        const from = random(other.length);
        return put(other.subarray(from, from + random(other.length)));
      }
      case 6:
        return bytes.subarray(0, at);
      default: {
        const digits = Buffer.from(String(random(4_294_967_295)));
        return put(digits);
      }
    }
  }

  return {
    next() {
      const seed_given = seeds[given];
      if (seed_given) {
        given += 1;
        return seed_given;
      }
      const kind = random(5_000);
      if (kind === 0 && large.length > 0) return changed(pick(large) ?? noise(8));
      if (kind < 250) return noise(random(300));
      if (kind < 500) {
        return Buffer.concat(Array.from({ length: random(40) }, () => pick(words) ?? noise(1)));
      }
      return changed(pick(small) ?? noise(32));
    },
  };
}
