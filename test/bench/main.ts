/** `npm run bench -- ingest`: what the front door costs, as ratios measured side by side in one run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError } from '../../sql/errors.ts';
import { reportFailure } from '../../start.ts';
import { benchBatches } from './batches.ts';
import { benchSingleEvents } from './single-events.ts';

const usage = 'npm run bench -- ingest [--events 300000] [--seconds 10]';

async function main(): Promise<void> {
  const { events, seconds } = parseBenchArguments(process.argv.slice(2));
  const directory = mkdtempSync(join(tmpdir(), 'access-audit-bench-'));
  try {
    const figures = [
      ...(await benchBatches({ directory: join(directory, 'batches'), events })),
      ...(await benchSingleEvents({ directory: join(directory, 'single'), seconds })),
    ];
    process.stdout.write(
      '| what | per second | against | per second | ratio | |\n|---|---|---|---|---|---|\n',
    );
    for (const { what, measured, against, reference, unit, note } of figures) {
      const ratio = (measured / reference).toFixed(2);
      process.stdout.write(
        `| ${what} | ${round(measured)} ${unit} | ${against} | ${round(reference)} ${unit} | ${ratio} | ${note} |\n`,
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  process.exit(0);
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

function parseBenchArguments(args: readonly string[]): { events: number; seconds: number } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { events: { type: 'string' }, seconds: { type: 'string' } },
      allowPositionals: true,
    });
    if (positionals.join() !== 'ingest') throw new Error('Name what to measure.');
    const [events, seconds] = [Number(values.events ?? 300_000), Number(values.seconds ?? 10)];
    if (!Number.isInteger(events) || events < 1_000 || !Number.isInteger(seconds) || seconds < 1) {
      throw new Error('Events (1000 or more) and seconds are whole numbers.');
    }
    return { events, seconds };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}

await main().catch(reportFailure);
