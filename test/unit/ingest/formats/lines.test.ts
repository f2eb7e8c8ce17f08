import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines } from '../../../../ingest/formats/lines.ts';

async function* chunked(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  )) {
    if (cut > from) yield bytes.subarray(from, cut);
    from = Math.max(from, cut);
  }
}

async function linesOf(bytes: Buffer, cuts: readonly number[], line_bytes_max: number) {
  const lines: { text: string; is_too_long: boolean }[] = [];
  for await (const group of splitLines(chunked(bytes, cuts), line_bytes_max, 5)) {
    for (const { bytes: line, is_too_long } of group)
      lines.push({ text: line.toString(), is_too_long });
  }
  return lines;
}

it('finds the same lines wherever the bytes were cut on their way', async () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'é', '🙂', ' ', '\r'), maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece),
      fc.boolean(),
      fc.array(fc.nat(200)),
      async (pieces, has_end, cuts) => {
        const text = pieces.join('\n') + (has_end ? '\n' : '');
        const expected = text
          .split('\n')
          .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
          .filter((line) => !/^[ \t]*$/.test(line));
        const found = await linesOf(Buffer.from(text), cuts, 1_000);
        expect(found).toEqual(expected.map((each) => ({ text: each, is_too_long: false })));
      },
    ),
    { seed: 7 },
  );
});

it('passes over a line that is too long, keeps its beginning, and finds its neighbours', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(300)),
      fc.integer({ min: 21, max: 200 }),
      async (cuts, length) => {
        const bytes = Buffer.from(`first\n${'x'.repeat(length)}\nlast`);
        expect(await linesOf(bytes, cuts, 20)).toEqual([
          { text: 'first', is_too_long: false },
          { text: 'xxxxx', is_too_long: true },
          { text: 'last', is_too_long: false },
        ]);
      },
    ),
    { seed: 7 },
  );
});
