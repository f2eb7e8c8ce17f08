/** `npm run evaluate`: how well every detector and the queue do, on exchanges with labelled misuse, simulated or given. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError } from '../../sql/errors.ts';
import { project_root } from '../../sql/statement.ts';
import { reportFailure } from '../../start.ts';
import { createRandom } from '../simulate/random.ts';
import type { WorldCounts } from './measure.ts';
import { calibrationOf, figuresOf, reportOf, withFigures } from './report.ts';
import { judgeExchange, judgeWorld } from './world.ts';

const usage =
  'npm run evaluate -- [--seeds 1,2,…] [--staff N] [--days N] [--exchange DIR]… [--at-once N] [--json FILE] [--readme] [--keep DIR]';
const default_seeds = '1,2,3,4,5,6,7,8,9,10';
/** What a world has of staff times days, unless its size is given: some 60 000 to 120 000 accesses. */
const staff_days = 140_000;
/** What judging one world may take of memory at its peak. */
const world_bytes = 4 * 1024 ** 3;

interface Arguments {
  readonly seeds: readonly number[];
  /** Exchanges that others wrote, in place of simulated ones. */
  readonly exchanges: readonly string[];
  readonly staff: number | undefined;
  readonly days: number | undefined;
  readonly at_once: number;
  readonly json: string | undefined;
  /** Whether the figures go into the README. */
  readonly readme: boolean;
  readonly keep: string | undefined;
}

async function main(): Promise<void> {
  const { seeds, exchanges, staff, days, at_once, json, readme, keep } = readArguments(
    process.argv.slice(2),
  );
  const worlds: WorldCounts[] = [];
  const started = performance.now();
  const say = (line: string): void => {
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    process.stderr.write(`[${minutes} min] ${line}\n`);
  };
  const left =
    exchanges.length > 0
      ? exchanges.map(
          (exchange, index) => () => judgeExchange({ exchange, nth: index + 1, keep, say }),
        )
      : seeds.map((seed) => () => judgeWorld({ seed, ...sizeOf(seed, staff, days), keep, say }));
  const all = left.length;
  async function work(): Promise<void> {
    for (let judge = left.shift(); judge !== undefined; judge = left.shift()) {
      worlds.push(await judge());
      say(`${worlds.length} of ${all} exchanges judged`);
    }
  }
  say(`${all} exchanges, ${at_once} at a time`);
  await Promise.all(Array.from({ length: at_once }, work));
  worlds.sort((a, b) => a.seed - b.seed);
  process.stdout.write(reportOf(worlds));
  if (readme) {
    const path = join(project_root, 'README.md');
    writeFileSync(path, withFigures(readFileSync(path, 'utf8'), figuresOf(worlds)));
    say('figures written to README.md');
  }
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
    exchange: { type: 'string', multiple: true },
    'at-once': text,
    json: text,
    readme: { type: 'boolean' },
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
    const exchanges = (values.exchange ?? []).map((path) => resolve(path));
    const unlabelled = exchanges.find((path) => !existsSync(join(path, 'truth.ndjson')));
    if (unlabelled !== undefined) throw new Error(`There is no truth.ndjson in ${unlabelled}.`);
    if (exchanges.length > 0 && values.readme)
      throw new Error('The figures of the README are of simulated exchanges.');
    if (exchanges.length > 0 && (values.seeds ?? values.staff ?? values.days) !== undefined)
      throw new Error('Seeds, staff and days are of simulated exchanges.');
    return {
      seeds,
      exchanges,
      staff,
      days,
      at_once,
      json: values.json,
      readme: values.readme ?? false,
      keep: values.keep,
    };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}

try {
  await main();
} catch (error) {
  reportFailure(error);
}
