/** Cuts the byte stream of a syslog connection into messages: octet counting (RFC 5425) or lines (RFC 6587 3.4.2). */

/** A message without its framing. With a problem, `bytes` is what of it could be kept. */
export interface Frame {
  readonly bytes: Buffer;
  /** `too_long`: over the bound, only its head is kept. `cut_short`: the connection ended. `lost`: no frame begins here. */
  readonly problem?: 'too_long' | 'cut_short' | 'lost';
}

export interface Framing {
  /** The messages that these bytes complete, in their order. */
  push(chunk: Buffer): Frame[];
  /** What is left when the connection ends. */
  end(): Frame[];
  /** How many bytes the message under way will take, as far as that is known; 0 between messages. */
  wanted(): number;
}

type State =
  | { readonly at: 'start' }
  | { readonly at: 'counted'; readonly parts: Parts; left: number; readonly length: number }
  | { readonly at: 'line'; readonly parts: Parts }
  | { readonly at: 'lost'; readonly parts: Parts; last: string };

/**
 * Each message is told by its first byte: a digit begins a count, anything else a line. Once a connection has counted,
 * what is no count means that an earlier one was wrong; then the stream is searched for the next count before a header.
 *
 * @param message_bytes_max longer ones are passed over as they stream by, and show as their first `kept_bytes`
 */
export function createFraming(message_bytes_max: number, kept_bytes: number): Framing {
  let state: State = { at: 'start' };
  let rest: Buffer = Buffer.alloc(0);
  let has_counted = false;
  let has_lined = false;

  function step(frames: Frame[]): boolean {
    if (state.at === 'start') return begin();
    if (state.at === 'counted') return takeCounted(state, frames);
    if (state.at === 'line') return takeLine(state, frames);
    return takeLost(state, frames);
  }

  /** What a frame's first bytes say it is; false where more are needed to say so. */
  function begin(): boolean {
    let from = 0;
    // Some senders end a counted message with a line break or a zero byte all the same.
    while (from < rest.length && isBetween(rest[from])) from += 1;
    rest = rest.subarray(from);
    if (rest.length === 0) return false;
    const head = rest.toString('latin1', 0, count_digits_max + 2);
    const counted = /^([1-9]\d{0,8}) ([^])/.exec(head);
    if (counted && isCount(Number(counted[1]), counted[2])) {
      const length = Number(counted[1]);
      rest = rest.subarray(counted[0].length - 1);
      has_counted = true;
      state = { at: 'counted', parts: createParts(), left: length, length };
      return true;
    }
    // Not yet enough to tell a count from a line that begins with a digit.
    if (/^[1-9]\d{0,8} ?$/.test(head)) return false;
    state = has_counted
      ? { at: 'lost', parts: createParts(), last: '' }
      : { at: 'line', parts: createParts() };
    return true;
  }

  /** A header follows a count. Without one it may be a line of figures, where lines have come before. */
  function isCount(length: number, next: string | undefined): boolean {
    return next === '<' || (!has_lined && length <= message_bytes_max);
  }

  function takeCounted(counted: State & { at: 'counted' }, frames: Frame[]): boolean {
    const taken = rest.subarray(0, counted.left);
    rest = rest.subarray(taken.length);
    counted.left -= taken.length;
    counted.parts.add(taken, keptOf(counted.length));
    if (counted.left > 0) return false;
    const is_too_long = counted.length > message_bytes_max;
    frames.push({
      bytes: counted.parts.join(),
      ...(is_too_long && { problem: 'too_long' as const }),
    });
    state = { at: 'start' };
    return true;
  }

  function takeLine(line: State & { at: 'line' }, frames: Frame[]): boolean {
    const end = rest.indexOf(line_feed);
    line.parts.add(end < 0 ? rest : rest.subarray(0, end), message_bytes_max + 1);
    rest = end < 0 ? rest.subarray(rest.length) : rest.subarray(end + 1);
    if (end < 0) return false;
    pushLine(line.parts, frames);
    has_lined = true;
    state = { at: 'start' };
    return true;
  }

  function pushLine(parts: Parts, frames: Frame[]): void {
    const bytes = parts.join();
    if (parts.length() > message_bytes_max) {
      frames.push({ bytes: Buffer.from(bytes.subarray(0, kept_bytes)), problem: 'too_long' });
      return;
    }
    const line = bytes.at(-1) === carriage_return ? bytes.subarray(0, -1) : bytes;
    if (line.length > 0) frames.push({ bytes: line });
  }

  /** Passes over bytes up to the next count before a header; what was passed over is one frame, so that it is kept. */
  function takeLost(lost: State & { at: 'lost' }, frames: Frame[]): boolean {
    // With the byte before, since what looks like a count may be the end of a longer number.
    const text = lost.last + rest.toString('latin1');
    const form = /(?<!\d)[1-9]\d{0,8} <\d{1,3}>1 /g;
    form.lastIndex = lost.last.length;
    const found = form.exec(text);
    // Where none is found, one may have begun at the end of what is here.
    const end = found ? found.index : text.length - count_pattern_max;
    // The first byte of all is no begin, or it would have been taken for one.
    const passed = rest.subarray(0, Math.max(end - lost.last.length, lost.last === '' ? 1 : 0));
    rest = rest.subarray(passed.length);
    lost.parts.add(passed, kept_bytes);
    if (passed.length > 0) lost.last = passed.toString('latin1', passed.length - 1);
    if (!found) return false;
    frames.push({ bytes: lost.parts.join(), problem: 'lost' });
    state = { at: 'start' };
    return true;
  }

  /** Of what is too long only the head is held. */
  function keptOf(length: number): number {
    return length > message_bytes_max ? kept_bytes : length;
  }

  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: Frame[] = [];
      while (rest.length > 0 && step(frames));
      return frames;
    },
    end() {
      const frames: Frame[] = [];
      if (state.at === 'line' || (state.at === 'start' && !has_counted)) {
        const parts = state.at === 'line' ? state.parts : createParts();
        parts.add(rest, message_bytes_max + 1);
        // Many a sender of lines leaves out the last line break.
        pushLine(parts, frames);
      } else {
        const parts = state.at === 'start' ? createParts() : state.parts;
        parts.add(rest, kept_bytes);
        const problem = state.at === 'lost' ? 'lost' : 'cut_short';
        if (parts.length() > 0) frames.push({ bytes: parts.join(), problem });
      }
      rest = Buffer.alloc(0);
      state = { at: 'start' };
      return frames;
    },
    wanted() {
      if (state.at === 'counted') return keptOf(state.length);
      if (state.at !== 'line') return 0;
      // How long a line will be nobody knows before its end.
      return state.parts.length() > small_bytes_max ? message_bytes_max : state.parts.length();
    },
  };
}

/** Every receiver has to take messages of this size; they are held without asking. */
export const small_bytes_max = 64 * 1024;
/** A count of more digits is no message's, but a line's beginning. */
const count_digits_max = 9;
/** Count, space, `<191>1 `. */
const count_pattern_max = count_digits_max + 1 + 7;
const line_feed = 10;
const carriage_return = 13;

function isBetween(byte: number | undefined): boolean {
  return byte === line_feed || byte === carriage_return || byte === 0;
}

interface Parts {
  /** Takes the bytes, of which what is past `kept_max` in all is counted and not held. */
  add(bytes: Buffer, kept_max: number): void;
  /** With what was not held. */
  length(): number;
  join(): Buffer;
}

function createParts(): Parts {
  const parts: Buffer[] = [];
  let length = 0;
  let held = 0;
  return {
    add(bytes, kept_max) {
      length += bytes.length;
      const kept = bytes.subarray(0, Math.max(kept_max - held, 0));
      if (kept.length === 0) return;
      held += kept.length;
      parts.push(kept);
    },
    length: () => length,
    join: () => (parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)),
  };
}
