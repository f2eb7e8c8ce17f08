// Owns the command line of the simulated exchange: arguments, progress on stderr, exit codes.

import { parseArgs } from 'node:util';
import { type SimulationOptions, simulateExchange } from './exchange.ts';
import { DAY_MS, dateText, dayNumber, londonDay } from './london-time.ts';
import { OutputError, prepareOutput, writeChunks } from './write.ts';

const USAGE =
  'usage: npm run simulate -- --staff N --days N --seed N --out DIR [--ends-on YYYY-MM-DD]';

class UsageError extends Error {}

process.exitCode = await main(process.argv.slice(2), Date.now());

async function main(args: string[], now: number): Promise<number> {
  try {
    const { out, ...options } = readArguments(args, now);
    await prepareOutput(out);
    const lines = await writeChunks(out, simulateExchange(options), progressOf(options.days));
    process.stderr.write(`simulate: written to ${out}\n`);
    process.stdout.write(`${JSON.stringify({ ...options, lines })}\n`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`simulate: ${error.message}\n${USAGE}\n`);
      return 2;
    }
    if (error instanceof OutputError) {
      process.stderr.write(`simulate: ${error.message}\n`);
      return 2;
    }
    process.stderr.write(
      `simulate: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  }
}

function readArguments(args: string[], now: number): SimulationOptions & { out: string } {
  const values = parse(args);
  const yesterday = londonDay(now) - 1;
  const ends_on = values['ends-on'] ?? dateText(yesterday);
  let last_day: number;
  try {
    last_day = dayNumber(ends_on);
  } catch (cause) {
    throw new UsageError(`--ends-on is ${(cause as Error).message}`, { cause });
  }
  // The front door refuses events that have not happened yet, and those before the year 2000.
  if (last_day > yesterday)
    throw new UsageError(
      `--ends-on must be a day that is over, ${dateText(yesterday)} at the latest`,
    );
  const options = {
    staff: count('staff', values.staff, 20, 50_000),
    days: count('days', values.days, 2, 730),
    seed: count('seed', values.seed, 0, 4_294_967_295),
    ends_on,
    out: values.out ?? '',
  };
  if ((last_day - options.days) * DAY_MS < Date.UTC(2000, 0, 2))
    throw new UsageError('the period must begin after 2000-01-02');
  if (options.out === '') throw new UsageError('--out is missing');
  return options;
}

function parse(args: string[]): {
  staff?: string;
  days?: string;
  seed?: string;
  out?: string;
  'ends-on'?: string;
} {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      options: { staff: text, days: text, seed: text, out: text, 'ends-on': text },
    }).values;
  } catch (cause) {
    // Node adds advice on quoting after the first line, which the usage line makes unnecessary.
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(message.split('\n', 1)[0], { cause });
  }
}

function count(name: string, text: string | undefined, low: number, high: number): number {
  if (text === undefined) throw new UsageError(`--${name} is missing`);
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high) {
    throw new UsageError(
      `--${name} must be a whole number from ${low} to ${high}, and is ${JSON.stringify(text)}`,
    );
  }
  return value;
}

/** Says every tenth of the period how far the run has come. */
function progressOf(days: number): (chunk: { file: string; rows: number; day: number }) => void {
  let events = 0;
  let tenths = -1;
  return ({ file, rows, day }) => {
    if (file.startsWith('events/')) events += rows;
    const reached = Math.floor((day * 10) / days);
    if (reached === tenths) return;
    tenths = reached;
    process.stderr.write(`simulate: day ${day} of ${days}, ${events} events\n`);
  };
}
