/** `npm run bench -- ingest` and `-- verify`: what the front door and the seals cost, as ratios measured side by side in one run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError } from '../../sql/errors.ts';
import { reportFailure } from '../../start.ts';
import { benchBatches } from './batches.ts';
import { benchSingleEvents } from './single-events.ts';
import { benchVerify } from './verify.ts';

const usage =
  'npm run bench -- ingest [--events 300000] [--stored 0] [--seconds 10] | verify [--events 10000000]';

async function main(): Promise<void> {
  const { what, events, stored, seconds } = parseBenchArguments(process.argv.slice(2));
  const directory = mkdtempSync(join(tmpdir(), 'access-audit-bench-'));
  try {
    const figures =
      what === 'verify'
        ? await benchVerify({ directory: join(directory, 'verify'), events })
        : [
            ...(await benchBatches({ directory: join(directory, 'batches'), events, stored })),
            ...(await benchSingleEvents({ directory: join(directory, 'single'), seconds })),
          ];
    const [load] = loadavg();
    process.stdout.write(
      `Load average at the end: ${load?.toFixed(1)} on ${cpus().length} processors.\n`,
    );
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

function parseBenchArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        events: { type: 'string' },
        stored: { type: 'string' },
        seconds: { type: 'string' },
      },
      allowPositionals: true,
    });
    const what = positionals.join();
    if (what !== 'ingest' && what !== 'verify') throw new Error('Name what to measure.');
    const events_unless_told = what === 'verify' ? 10_000_000 : 300_000;
    const [events, seconds] = [
      Number(values.events ?? events_unless_told),
      Number(values.seconds ?? 10),
    ];
    if (!Number.isInteger(events) || events < 1_000 || !Number.isInteger(seconds) || seconds < 1) {
      throw new Error('Events (1000 or more) and seconds are whole numbers.');
    }
    const stored = Number(values.stored ?? 0);
    if (!Number.isInteger(stored) || stored < 0) throw new Error('Stored is a whole number.');
    return { what, events, stored, seconds };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}

await main().catch(reportFailure);
