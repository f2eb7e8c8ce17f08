import { expect, it } from 'vitest';
import { fuzz } from '../fuzz/fuzz.ts';
import { findTargets } from '../fuzz/targets.ts';

// The short form, on the seeds and some thousand inputs made from them; npm run fuzz is the long one.
const targets = await findTargets();

it('knows the parsers of whatever comes from outside', () => {
  expect(targets.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'audit-message',
      'framing',
      'native-array',
      'native-lines',
      'spool',
      'syslog',
      'xml',
    ]),
  );
});

it.each(targets)('survives what breaks parsers: $name', { timeout: 120_000 }, async (target) => {
  await expect(fuzz(target, 2_000, 1)).resolves.toMatchObject({ runs: 2_000 });
});

it('says so when a parser fails', async () => {
  const broken = {
    name: 'broken',
    seeds: [Buffer.from('<a/>')],
    run: (bytes: Buffer) => {
      if (bytes.includes('&b;')) throw new Error('Entities are read.');
    },
  };
  await expect(fuzz(broken, 20_000, 1)).rejects.toThrow(/broken, input \d+: Entities are read/);
});
