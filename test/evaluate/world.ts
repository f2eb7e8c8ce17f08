// Owns the way of one world: it is simulated, sent through the whole system, and counted.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  directoriesOf,
  judgeExchanges,
  readRows,
  type Judged,
  type TruthRow,
} from '../support/judged-exchange.ts';
import { writeExchange } from '../support/write-exchange.ts';
import {
  type WorldCounts,
  casesCited,
  casesOf,
  measureDetectors,
  measureExplained,
  measureQueue,
} from './measure.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly staff: number;
  readonly days: number;
  /** Keeps the exchange and the data directory below this directory, for a closer look. */
  readonly keep: string | undefined;
  readonly say: (line: string) => void;
}

/** A day long past, so that every machine's clock is after it, and with a clock change in longer periods. */
const ends_on = '2026-05-31';

/** Simulates a world, judges it in a process of its own, and counts what came of it. */
export async function judgeWorld(options: WorldOptions): Promise<WorldCounts> {
  const { seed, staff, days, keep, say } = options;
  const name = `seed ${seed}`;
  return inDirectory(keep, `seed-${seed}`, async (directory) => {
    const exchange = join(directory, 'exchange');
    say(`${name}: simulating ${staff} staff for ${days} days`);
    await writeExchange({ staff, days, seed, ends_on, out: exchange });
    return judgeDirectory({ name, seed, exchange, data_dir: join(directory, 'data'), say });
  });
}

export interface ExchangeOptions {
  /** A directory as `npm run load` takes it, with `truth.ndjson`, and `earlier/` before it where there is one. */
  readonly exchange: string;
  /** Stands in the counts where a world has its seed. */
  readonly nth: number;
  /** Keeps the data directory below this directory. */
  readonly keep: string | undefined;
  readonly say: (line: string) => void;
}

/** Judges an exchange that somebody else wrote, in a process of its own, and counts what came of it. */
export async function judgeExchange(options: ExchangeOptions): Promise<WorldCounts> {
  const { exchange, nth, keep, say } = options;
  const name = basename(exchange);
  return inDirectory(keep, name, (directory) =>
    judgeDirectory({ name, seed: nth, exchange, data_dir: join(directory, 'data'), say }),
  );
}

interface DirectoryOptions {
  /** What progress calls it. */
  readonly name: string;
  readonly seed: number;
  readonly exchange: string;
  readonly data_dir: string;
  readonly say: (line: string) => void;
}

async function judgeDirectory(options: DirectoryOptions): Promise<WorldCounts> {
  const { name, seed, exchange, data_dir, say } = options;
  const started = performance.now();
  say(`${name}: judging`);
  const judged = await judgeExchanges(data_dir, directoriesOf(exchange), {
    with_shadow: true,
    progress: progressOf(name, say),
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  const counts = { ...count(seed, exchange, judged), seconds };
  say(`${name}: ${summaryOf(counts)}`);
  return counts;
}

function count(seed: number, exchange: string, judged: Judged): Omit<WorldCounts, 'seconds'> {
  const cases = casesOf(readRows<TruthRow>(exchange, 'truth.ndjson'));
  const hard_negatives = rowsIfAny<TruthRow>(exchange, 'hard_negatives.ndjson');
  const times = timesOf(exchange, new Set(cases.flatMap(({ event_ids }) => event_ids)));
  const well_kept = new Set(
    rowsIfAny<{ organisation_code: string; is_well_kept: boolean }>(exchange, 'coverage.ndjson')
      .filter(({ is_well_kept }) => is_well_kept)
      .map(({ organisation_code }) => organisation_code),
  );
  const { explanations, accesses, queue } = judged;
  return {
    seed,
    accesses,
    cases_by_scenario: Object.fromEntries(
      [...Map.groupBy(cases, ({ scenario }) => scenario)].map(([id, rows]) => [id, rows.length]),
    ),
    cases_cited: casesCited(judged.alerts, cases),
    detectors: measureDetectors(judged, cases, hard_negatives, (id) => times.get(id)),
    queue: queue === null ? null : measureQueue(queue, cases, accesses),
    explained: {
      well_kept: measureExplained(explanations, (code) => well_kept.has(code)),
      elsewhere: measureExplained(explanations, (code) => !well_kept.has(code)),
    },
  };
}

/** What only the simulated exchange tells of itself; others need not. */
function rowsIfAny<T>(exchange: string, file: string): T[] {
  return existsSync(join(exchange, file)) ? readRows<T>(exchange, file) : [];
}

/** When each of these events happened, read file by file. */
function timesOf(exchange: string, wanted: ReadonlySet<string>): Map<string, number> {
  const times = new Map<string, number>();
  for (const name of readdirSync(join(exchange, 'events'))) {
    for (const event of readRows<{ event_id: string; occurred_at: string }>(
      exchange,
      'events',
      name,
    )) {
      if (wanted.has(event.event_id)) times.set(event.event_id, Date.parse(event.occurred_at));
    }
  }
  return times;
}

/** Does `work` in a directory below `keep`, or in one that is gone afterwards. */
async function inDirectory<T>(
  keep: string | undefined,
  name: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  if (keep !== undefined) {
    const directory = join(keep, name);
    mkdirSync(directory, { recursive: true });
    return work(directory);
  }
  const directory = mkdtempSync(join(tmpdir(), 'access-audit-evaluate-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Says what goes on at most every twenty seconds, and at once what could not be done. */
function progressOf(name: string, say: (line: string) => void): (text: string) => void {
  let last = performance.now();
  return (text) => {
    const isTrouble = /could not|failed|WARN|ERROR|"level":"(warn|error)"/.test(text);
    if (!isTrouble && performance.now() - last < 20_000) return;
    last = performance.now();
    say(`${name}: ${text.split('\n').at(-1) ?? ''}`);
  };
}

function summaryOf({
  accesses,
  cases_by_scenario,
  detectors,
  queue,
  seconds,
}: WorldCounts): string {
  const cases = Object.values(cases_by_scenario).reduce((sum, number) => sum + number, 0);
  const alerts = detectors.reduce((sum, detector) => sum + detector.alerts, 0);
  const top = queue?.map(({ budget, found }) => `${found} at ${budget}`).join(', ');
  return `${accesses} accesses, ${cases} cases, ${alerts} alerts, found ${top ?? 'without a queue'}; ${seconds} s`;
}
