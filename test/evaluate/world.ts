// Owns the way of one world: it is simulated, sent through the whole system, and counted.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1000);
  const directory = directoryFor(seed, keep);
  try {
    const exchange = join(directory, 'exchange');
    say(`seed ${seed}: simulating ${staff} staff for ${days} days`);
    await writeExchange({ staff, days, seed, ends_on, out: exchange });
    say(`seed ${seed}: simulated in ${seconds()} s, judging`);
    const judged = await judgeExchanges(join(directory, 'data'), directoriesOf(exchange), {
      with_shadow: true,
      progress: progressOf(seed, say),
    });
    const counts = { ...count(seed, exchange, judged), seconds: seconds() };
    say(`seed ${seed}: ${summaryOf(counts)}`);
    return counts;
  } finally {
    if (keep === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

function count(seed: number, exchange: string, judged: Judged): Omit<WorldCounts, 'seconds'> {
  const cases = casesOf(readRows<TruthRow>(exchange, 'truth.ndjson'));
  const hard_negatives = readRows<TruthRow>(exchange, 'hard_negatives.ndjson');
  const times = timesOf(exchange, new Set(cases.flatMap(({ event_ids }) => event_ids)));
  const well_kept = new Set(
    readRows<{ organisation_code: string; is_well_kept: boolean }>(exchange, 'coverage.ndjson')
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
    detectors: measureDetectors(judged, cases, hard_negatives, (id) => times.get(id)),
    queue: queue === null ? null : measureQueue(queue, cases, accesses),
    explained: {
      well_kept: measureExplained(explanations, (code) => well_kept.has(code)),
      poorly_kept: measureExplained(explanations, (code) => !well_kept.has(code)),
    },
  };
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

function directoryFor(seed: number, keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), 'access-audit-evaluate-'));
  const directory = join(keep, `seed-${seed}`);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Says what goes on at most every twenty seconds, and at once what could not be done. */
function progressOf(seed: number, say: (line: string) => void): (text: string) => void {
  let last = performance.now();
  return (text) => {
    const isTrouble = /could not|failed|WARN|ERROR|"level":"(warn|error)"/.test(text);
    if (!isTrouble && performance.now() - last < 20_000) return;
    last = performance.now();
    say(`seed ${seed}: ${text.split('\n').at(-1) ?? ''}`);
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
