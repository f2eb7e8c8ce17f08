/** `npm run fuzz -- [--runs N] [--target NAME] [--seed N]`: runs the parsers on generated and changed inputs. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz, FuzzFailure } from './fuzz.ts';
import { findTargets } from './targets.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const targets = await findTargets();
const wanted = targets.filter(({ name }) => values.target?.includes(name) ?? true);
if (values.help || !Number.isInteger(runs) || !Number.isInteger(seed) || wanted.length === 0) {
  const names = targets.map(({ name }) => name).join(', ');
  process.stderr.write(`Use: npm run fuzz -- [--runs N] [--seed N] [--target NAME] of ${names}\n`);
  process.exit(values.help ? 0 : 2);
}

let failures = 0;
for (const target of wanted) {
  try {
    process.stdout.write(`${JSON.stringify(await fuzz(target, runs, seed))}\n`);
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    failures += 1;
    const path = join(tmpdir(), `fuzz-${target.name}-${seed}-${error.run}.bin`);
    writeFileSync(path, error.input);
    process.stderr.write(
      `${error.message}\n${String((error.cause as Error | undefined)?.stack)}\n`,
    );
    process.stderr.write(`The input is in ${path}\n`);
  }
}
process.stdout.write(`${wanted.length - failures} survived, ${failures} failed\n`);
process.exit(failures > 0 ? 1 : 0);
