/** `npm run evaluate`: precision and recall of every detector, on simulated exchanges with labelled misuse. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError } from '../../sql/errors.ts';
import { reportFailure } from '../../start.ts';
import { writeExchange } from '../support/write-exchange.ts';
import {
  judgeExchanges,
  readRows,
  scoreAlerts,
  type Score,
  type TruthRow,
} from '../support/judged-exchange.ts';

const usage = 'npm run evaluate -- [--seeds 1,2,3] [--staff 1500] [--days 90]';

async function main(): Promise<void> {
  const { seeds, staff, days } = parseEvaluateArguments(process.argv.slice(2));
  const scores: Score[] = [];
  let accesses = 0;
  let explained = 0;
  for (const seed of seeds) {
    const directory = mkdtempSync(join(tmpdir(), 'access-audit-evaluate-'));
    try {
      const exchange = join(directory, 'exchange');
      await writeExchange({ staff, days, seed, ends_on: '2026-05-31', out: exchange });
      const judged = await judgeExchanges(join(directory, 'data'), [exchange]);
      const truth = readRows<TruthRow>(exchange, 'truth.ndjson');
      const seen = scoreAlerts(
        judged,
        truth,
        readRows<TruthRow>(exchange, 'hard_negatives.ndjson'),
      );
      scores.push(...seen);
      accesses += judged.accesses;
      explained += judged.explained * judged.accesses;
      process.stderr.write(
        `seed ${seed}: ${seen.map((s) => `${s.detector_id} ${s.found}/${s.misuse}`).join(', ')}\n`,
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  process.stdout.write(table(scores, accesses));
  process.stdout.write(
    `\n${seeds.length} exchanges of ${staff} staff and ${days} days, ${accesses} accesses, of which ${percent(explained, accesses)} are explained (organisation strength or better).\n`,
  );
}

function parseEvaluateArguments(args: readonly string[]): {
  seeds: number[];
  staff: number;
  days: number;
} {
  const options = {
    seeds: { type: 'string' },
    staff: { type: 'string' },
    days: { type: 'string' },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const seeds = (values.seeds ?? '1,2,3').split(',').map(Number);
    const [staff, days] = [Number(values.staff ?? 1500), Number(values.days ?? 90)];
    if (![...seeds, staff, days].every((value) => Number.isInteger(value) && value > 0)) {
      throw new Error('Seeds, staff and days are whole numbers above 0.');
    }
    return { seeds, staff, days };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}

function table(scores: readonly Score[], accesses: number): string {
  const ids = [...new Set(scores.map(({ detector_id }) => detector_id))];
  const lines = ids.map((id) => {
    const of = (field: Exclude<keyof Score, 'detector_id'>) =>
      scores
        .filter((score) => score.detector_id === id)
        .reduce((sum, score) => sum + score[field], 0);
    const recall = `${percent(of('found'), of('misuse'))} (${interval(of('found'), of('misuse'))})`;
    const precision = `${percent(of('alerts_true'), of('alerts'))} (${interval(of('alerts_true'), of('alerts'))})`;
    const rate = ((of('alerts') / Math.max(accesses, 1)) * 10_000).toFixed(1);
    return `| ${id} | ${of('misuse')} | ${recall} | ${precision} | ${rate} | ${of('alerts_on_hard_negatives')} |`;
  });
  const head = [
    '| detector | misuse | recall (95 %) | precision (95 %) | alerts per 10 000 accesses | on hard negatives |',
    '|---|---|---|---|---|---|',
  ];
  return `${[...head, ...lines].join('\n')}\n`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`;
}

/** Wilson's score interval at 95 % (Wilson 1927, J. Am. Stat. Assoc. 22:209): sound for small counts and for all-hits. */
function interval(hits: number, of: number): string {
  if (of === 0) return '–';
  const z = 1.96;
  const share = hits / of;
  const centre = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half =
    (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return `${(Math.max(0, centre - half) * 100).toFixed(0)}–${(Math.min(1, centre + half) * 100).toFixed(0)}`;
}

try {
  await main();
} catch (error) {
  reportFailure(error);
}
