import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFraming, type Frame } from '../../../../ingest/syslog/framing.ts';

const bytes_max = 1_000;
const kept = 50;

function framesOf(stream: Buffer, steps: readonly number[] = []): Frame[] {
  const framing = createFraming(bytes_max, kept);
  const frames: Frame[] = [];
  let at = 0;
  for (let turn = 0; at < stream.length; turn++) {
    const to = at + (steps[turn % Math.max(steps.length, 1)] ?? stream.length);
    frames.push(...framing.push(stream.subarray(at, to)));
    at = to;
  }
  return [...frames, ...framing.end()];
}

const shown = (frames: readonly Frame[]) =>
  frames.map(({ bytes, problem }) => (problem ? [problem, bytes.toString()] : bytes.toString()));
const of = (text: string) => shown(framesOf(Buffer.from(text)));

it('takes a counted message, line breaks and all', () => {
  expect(of('11 <1>1 a\nb\nc\n5 <2>1 ')).toEqual(['<1>1 a\nb\nc\n', '<2>1 ']);
});

it('takes lines, with either line break, the last one with none', () => {
  expect(of('<1>1 a\n<1>1 b\r\n\n<1>1 c')).toEqual(['<1>1 a', '<1>1 b', '<1>1 c']);
});

it('tells counts from lines on one connection', () => {
  expect(of('<1>1 a\n8 <1>1 b\nc<1>1 d\n')).toEqual(['<1>1 a', '<1>1 b\nc', ['lost', '<1>1 d\n']]);
  expect(of('8 <1>1 b\nc\n6 <1>1 d')).toEqual(['<1>1 b\nc', '<1>1 d']);
});

it('takes a line that begins with figures for a line where lines came before', () => {
  expect(of('<1>1 a\n12 of them\n12\n')).toEqual(['<1>1 a', '12 of them', '12']);
});

it('takes no count that begins with a zero', () => {
  expect(of('05 <1>1 ')).toEqual(['05 <1>1 ']);
});

it('goes on at the next header when a count was too small, and keeps what it passed over', () => {
  expect(of('5 <1>1 abc6 <2>1 d9 <3>1 1 ef')).toEqual([
    '<1>1 ',
    ['lost', 'abc'],
    '<2>1 d',
    '<3>1 1 ef',
  ]);
});

it('says which message was cut short by the end of the connection', () => {
  expect(of('9 <1>1 a')).toEqual([['cut_short', '<1>1 a']]);
  expect(of('5 <1>1 9')).toEqual(['<1>1 ', ['cut_short', '9']]);
  expect(of('5 <1>1 ')).toEqual(['<1>1 ']);
});

it('keeps the beginning of what is too long, and goes on after it', () => {
  const body = 'x'.repeat(bytes_max);
  const long = `<1>1 ${body}`;
  const head = long.slice(0, kept);
  expect(of(`${long.length} ${long}5 <2>1 `)).toEqual([['too_long', head], '<2>1 ']);
  expect(of(`${long}\n<2>1 \n`)).toEqual([['too_long', head], '<2>1 ']);
  expect(of(long)).toEqual([['too_long', head]]);
  const just = long.slice(0, bytes_max);
  expect(of(`${just.length} ${just}`)).toEqual([just]);
  expect(of(`${just}\n`)).toEqual([just]);
});

it('holds no more than the bound, however much comes', () => {
  const framing = createFraming(bytes_max, kept);
  framing.push(Buffer.from('999999999 <1>1 '));
  for (let times = 0; times < 100; times++) framing.push(Buffer.alloc(10_000, 120));
  expect(framing.wanted()).toBe(kept);
  const [frame] = framing.end();
  expect(frame?.bytes.length).toBe(kept);
});

const message = fc
  .tuple(fc.nat(191), fc.string({ unit: 'grapheme', maxLength: 60 }))
  .map(([priority, text]) => Buffer.from(`<${priority}>1 - - - - - - ${text}`));
const steps = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });

it('gives back every counted message, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 10 }), steps, (messages, cuts) => {
      const stream = Buffer.concat(
        messages.flatMap((each) => [Buffer.from(`${each.length} `), each]),
      );
      expect(shown(framesOf(stream, cuts))).toEqual(messages.map(String));
    }),
    { seed: 5, numRuns: 1_000 },
  );
});

it('gives back every line, however the stream is cut', () => {
  const line = message.map((each) => Buffer.from(each.toString().replace(/[\r\n\0]/g, ' ')));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), steps, (lines, cuts) => {
      const stream = Buffer.concat(lines.flatMap((each) => [each, Buffer.from('\n')]));
      expect(shown(framesOf(stream, cuts))).toEqual(lines.map(String));
    }),
    { seed: 5, numRuns: 1_000 },
  );
});

it('gives the same messages however any stream is cut, and loses no byte within its bounds', () => {
  const token = fc.constantFrom(
    ...['5 <1>1 ', '<1>1 ', '\n', '\r\n', '12 ', '0', '123', 'abc', '9 <85>1 abc', ' ', '<', '>'],
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), steps, (tokens, cuts) => {
      const stream = Buffer.from(tokens.join(''));
      const whole = framesOf(stream);
      expect(shown(framesOf(stream, cuts))).toEqual(shown(whole));
      expect(isExplained(stream.toString(), whole)).toBe(true);
    }),
    { seed: 5, numRuns: 2_000 },
  );
});

/** Whether the stream is the frames in their order, with nothing but counts and line breaks between them. */
function isExplained(stream: string, frames: readonly Frame[]): boolean {
  const rest = stream.replace(/^[\r\n\0]+/, '');
  const [first, ...others] = frames;
  if (!first) return rest === '';
  const text = first.bytes.toString();
  return [rest, rest.replace(/^\d+ /, '')].some(
    (each) => each.startsWith(text) && isExplained(each.slice(text.length), others),
  );
}
