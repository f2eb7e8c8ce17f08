/** `npm run bench -- ingest`, `-- verify` and `-- detect`: what the front door, the seals and judging cost, as ratios. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError } from '../../sql/errors.ts';
import { reportFailure } from '../../start.ts';
import { benchBatches } from './batches.ts';
import { benchDetect } from './detect/bench-detect.ts';
import { benchSingleEvents } from './single-events.ts';
import { benchVerify } from './verify.ts';

const usage =
  'npm run bench -- ingest [--events 300000] [--stored 0] [--seconds 10] | verify [--events 10000000] | detect [--events 30000000] [--history 75000000] [--day 150000] [--seconds 60] [--server]';

async function main(): Promise<void> {
  const { what, events, stored, seconds, history, day, server } = parseBenchArguments(
    process.argv.slice(2),
  );
  const directory = mkdtempSync(join(tmpdir(), 'access-audit-bench-'));
  try {
    const figures =
      what === 'verify'
        ? await benchVerify({ directory: join(directory, 'verify'), events })
        : what === 'detect'
          ? await benchDetect({
              directory: join(directory, 'detect'),
              events,
              history,
              day,
              seconds,
              server,
            })
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
        history: { type: 'string' },
        day: { type: 'string' },
        server: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const what = positionals.join();
    if (what !== 'ingest' && what !== 'verify' && what !== 'detect')
      throw new Error('Name what to measure.');
    const events_unless_told = { ingest: 300_000, verify: 10_000_000, detect: 30_000_000 }[what];
    const [events, seconds] = [
      Number(values.events ?? events_unless_told),
      Number(values.seconds ?? (what === 'detect' ? 60 : 10)),
    ];
    if (!Number.isInteger(events) || events < 1_000 || !Number.isInteger(seconds) || seconds < 1) {
      throw new Error('Events (1000 or more) and seconds are whole numbers.');
    }
    const stored = Number(values.stored ?? 0);
    if (!Number.isInteger(stored) || stored < 0) throw new Error('Stored is a whole number.');
    const [history, day] = [
      Number(values.history ?? Math.max(events, 75_000_000)),
      Number(values.day ?? 150_000),
    ];
    if (![history, day].every(Number.isInteger) || day < 1_000 || history < events)
      throw new Error('History is at least the events, and a day at least 1000; both are whole.');
    return { what, events, stored, seconds, history, day, server: values.server ?? false };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}

await main().catch(reportFailure);
