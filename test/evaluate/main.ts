/** `npm run evaluate`: how well every detector and the queue do, on simulated exchanges with labelled misuse. */
import { writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { parseArgs } from 'node:util';
import { CodedError } from '../../sql/errors.ts';
import { reportFailure } from '../../start.ts';
import { createRandom } from '../simulate/random.ts';
import type { WorldCounts } from './measure.ts';
import { calibrationOf, reportOf } from './report.ts';
import { judgeWorld } from './world.ts';

const usage =
  'npm run evaluate -- [--seeds 1,2,…] [--staff N] [--days N] [--at-once N] [--json FILE] [--keep DIR]';
const default_seeds = '1,2,3,4,5,6,7,8,9,10';
/** What a world has of staff times days, unless its size is given: some 60 000 to 120 000 accesses. */
const staff_days = 140_000;
/** What judging one world may take of memory at its peak. */
const world_bytes = 4 * 1024 ** 3;

interface Arguments {
  readonly seeds: readonly number[];
  readonly staff: number | undefined;
  readonly days: number | undefined;
  readonly at_once: number;
  readonly json: string | undefined;
  readonly keep: string | undefined;
}

async function main(): Promise<void> {
  const { seeds, staff, days, at_once, json, keep } = readArguments(process.argv.slice(2));
  const worlds: WorldCounts[] = [];
  const left = [...seeds];
  const started = performance.now();
  const say = (line: string): void => {
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    process.stderr.write(`[${minutes} min] ${line}\n`);
  };
  async function work(): Promise<void> {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      const size = sizeOf(seed, staff, days);
      worlds.push(await judgeWorld({ seed, ...size, keep, say }));
      say(`${worlds.length} of ${seeds.length} worlds judged`);
    }
  }
  say(`${seeds.length} worlds, ${at_once} at a time`);
  await Promise.all(Array.from({ length: at_once }, work));
  worlds.sort((a, b) => a.seed - b.seed);
  process.stdout.write(reportOf(worlds));
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ calibration: calibrationOf(worlds), worlds })}\n`);
    say(`counts written to ${json}`);
  }
}

/** Sizes differ from seed to seed as everything else does: many staff for six weeks, or few for four months. */
function sizeOf(
  seed: number,
  staff: number | undefined,
  days: number | undefined,
): { staff: number; days: number } {
  const random = createRandom(seed, 'evaluate');
  const drawn = Math.round(45 * (120 / 45) ** random.next());
  const chosen = days ?? drawn;
  return { days: chosen, staff: staff ?? Math.round(staff_days / chosen / 50) * 50 };
}

function readArguments(args: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  const options = {
    seeds: text,
    staff: text,
    days: text,
    'at-once': text,
    json: text,
    keep: text,
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const number = (value: string | undefined): number | undefined =>
      value === undefined ? undefined : Number(value);
    const seeds = (values.seeds ?? default_seeds).split(',').map(Number);
    const room = Math.max(1, Math.min(2, Math.floor(freemem() / world_bytes)));
    const at_once = number(values['at-once']) ?? room;
    const [staff, days] = [number(values.staff), number(values.days)];
    const wrong = [...seeds, staff ?? 1, days ?? 1, at_once].find(
      (value) => !Number.isInteger(value) || value < 1,
    );
    if (wrong !== undefined) throw new Error('Every number is a whole one above 0.');
    return { seeds, staff, days, at_once, json: values.json, keep: values.keep };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}

try {
  await main();
} catch (error) {
  reportFailure(error);
}
