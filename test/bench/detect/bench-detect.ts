/** How long judging takes: a replay of history, one new day on it, and from an event to its alert while events stream in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { runCycle } from '../../../analytics/cycle.ts';
import { readDays } from '../../../analytics/days.ts';
import { detect } from '../../../analytics/detect.ts';
import { isRun, loadDetectors } from '../../../analytics/detectors.ts';
import { readParams } from '../../../analytics/params.ts';
import { startAnalytics } from '../../../analytics/service.ts';
import { openEngine, type Engine, type SqlClient } from '../../../sql/client.ts';
import { system_clock } from '../../../sql/clock.ts';
import { CodedError } from '../../../sql/errors.ts';
import { createLogger } from '../../../sql/log.ts';
import { migrate } from '../../../sql/migrate.ts';
import { loadStatement, parseStatement } from '../../../sql/statement.ts';
import { startClickHouseServer } from '../../support/clickhouse-server.ts';
import type { Figure } from '../system.ts';
import { costsOf, costTable } from './statement-costs.ts';

interface DetectBench {
  readonly directory: string;
  /** Events that are replayed. */
  readonly events: number;
  /** Events there are when the one new day comes. */
  readonly history: number;
  /** Events of a day. */
  readonly day: number;
  /** How long events stream in, a thousand a second. */
  readonly seconds: number;
  /** On a ClickHouse server on this machine, not in the embedded engine, which plans one statement at a time. */
  readonly server: boolean;
}

const day_ms = 86_400_000;
const streamed_per_second = 1_000;
/** Events of a commit, one more being a look of somebody at their own record. There are two commits a second. */
const staged_rows = streamed_per_second / 2 - 1;
/** How often the benchmark looks for alerts, and how exact a wait is at best. */
const looks_apart_ms = 100;
const datasets = ['organisations', 'staff', 'patients', 'contacts', 'care'] as const;
const loaded_as = { contacts: 'patient_contacts', care: 'care_relationships' } as const;

/** Fills a store of its own, and measures. What each statement cost is printed on standard error. */
export async function benchDetect(options: DetectBench): Promise<Figure[]> {
  mkdirSync(options.directory, { recursive: true });
  const server = options.server
    ? await startClickHouseServer(join(options.directory, 'server'))
    : undefined;
  const engine = await openEngine({
    path: join(options.directory, 'clickhouse'),
    url: server?.url,
  });
  try {
    const client = await engine.client('bench');
    await migrate(client, system_clock);
    const world = createWorld(client, options);
    await world.fillReference();
    const replayed = await world.fillDays(options.events);
    const replay = await judged(engine, client, 'replay');

    const stored = replayed + (await world.fillDays(options.history - replayed));
    await layDown(client);
    const added = await world.fillDays(options.day);
    const one_day = await judged(engine, client, 'one new day');

    const waits = await world.stream(engine);
    const p95 = waits[Math.floor(waits.length * 0.95)] ?? Number.NaN;
    const goal = { against: 'the goal', unit: 'ms' };
    return [
      {
        what: `replay ${replayed} events`,
        measured: replay.total_ms,
        // Five minutes for 30 million.
        reference: (300_000 * replayed) / 30_000_000,
        ...goal,
        note: noteOf(replay),
      },
      {
        what: `a day of ${added} events on ${stored}`,
        measured: one_day.total_ms,
        reference: 20_000,
        ...goal,
        note: noteOf(one_day),
      },
      {
        what: 'live: committed event to alert, p95',
        measured: p95,
        reference: 2_000,
        ...goal,
        note: `${waits.length} alerts in ${options.seconds} s at ${streamed_per_second} events/s; without the way through ingest`,
      },
    ];
  } finally {
    await engine.close();
    await server?.stop();
  }
}

/** Builds what is not built and takes it for judged: of the days in between only the roll-ups are read again. */
async function layDown(client: SqlClient): Promise<void> {
  const { load_seq } = await runCycle(
    { client, clock: system_clock, on_progress: tell },
    { is_settling: true, judges: () => false },
  );
  const days = await readDays(client);
  for (const detector of loadDetectors().filter(isRun)) {
    const { detector_version } = await readParams(client, detector);
    await client.insert(
      'judged_days',
      days.map(({ day }) => ({
        detector_id: detector.id,
        detector_version,
        day,
        load_seq,
        run_id: 'bench',
      })),
    );
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function judged(engine: Engine, client: SqlClient, title: string) {
  const costs = costsOf(engine.query_log);
  const began = performance.now();
  const used = process.cpuUsage();
  const { failed } = await detect({ client, clock: system_clock, on_progress: tell });
  const total_ms = performance.now() - began;
  const { user, system } = process.cpuUsage(used);
  const by_statement = costs.end();
  process.stderr.write(`${title}:\n${costTable(by_statement)}\n`);
  if (failed.length > 0) {
    const runs = await client.rows<{ detector_id: string; detail: string; days: string[] }>(
      failures,
    );
    for (const { detector_id, detail, days } of runs)
      tell(`${detector_id} failed on ${days.length} days from ${days[0] ?? ''}: ${detail}`);
    throw new CodedError('BENCH_FAILED', `Failed: ${failed.join(', ')}.`);
  }
  const sumOf = (part: string) =>
    by_statement
      .filter(({ statement }) => statement.includes(part))
      .reduce((ms, one) => ms + one.ms, 0);
  return {
    total_ms,
    // What else runs on the machine does not count in these.
    processor_ms: (user + system) / 1_000,
    detectors_ms: sumOf('/detectors/'),
    built_ms: sumOf('/rollups/') + sumOf('/explanations/') + sumOf('/stale_by_'),
  };
}

function noteOf(judgement: Awaited<ReturnType<typeof judged>>): string {
  const { built_ms, detectors_ms, processor_ms } = judgement;
  return `of it roll-ups and explanations ${seconds(built_ms)} s, detectors ${seconds(detectors_ms)} s; ${seconds(processor_ms)} s of processor time`;
}

/** A made-up exchange that grows by days. Its sizes follow from the events: a patient for some eight. */
function createWorld(client: SqlClient, options: DetectBench) {
  const patients = Math.max(20_000, Math.round(options.history / 8));
  const staff = Math.max(2_000, Math.min(80_000, Math.round(options.day / 2)));
  const organisations = Math.max(16, Math.min(400, Math.round(staff / 200)));
  const days = Math.ceil(options.history / options.day) + 2;
  const sizes = { patients, staff, organisations };
  // The newest day is today, when events stream in.
  const first =
    Math.floor(system_clock.now() / day_ms) * day_ms - (days - 1) * day_ms + 8 * 3_600_000;
  let load_seq = 0;
  let next_day = 0;

  async function commitEvents(began_at: number, rows: number): Promise<void> {
    load_seq += 1;
    const segment_id = `bench-${load_seq}`;
    await client.insertSelect(loadStatement('test/bench/detect/fill_events.sql'), {
      load_seq,
      segment_id,
      began_at,
      rows,
      ...sizes,
    });
    const [extent] = await client.rows<{ days: string[] }>(days_of_load, { load_seq });
    await commit(began_at, segment_id, rows, extent?.days ?? []);
  }

  async function commit(
    loaded_at: number,
    segment_id: string,
    rows: number,
    days: readonly string[],
  ): Promise<void> {
    await client.insert('segments', [
      { load_seq, segment_id, loaded_at, sources: ['bench'], received: rows, stored: rows, days },
    ]);
  }

  /** Makes up the events to stream beforehand, in batches: what making them costs does not count. */
  async function stageEvents(): Promise<{ batch: number; days: string[] }[]> {
    load_seq += 1;
    const rows = options.seconds * streamed_per_second;
    await client.insertSelect(loadStatement('test/bench/detect/fill_events.sql'), {
      load_seq,
      segment_id: 'staged',
      began_at: system_clock.now() - 36_000_000,
      rows,
      ...sizes,
    });
    // Never committed, so nobody reads them where they stand.
    await client.command(staging, { load_seq });
    await client.insertSelect(own_looks, { batches: options.seconds * 2, at: system_clock.now() });
    return client.rows(staged_batches);
  }

  return {
    async fillReference(): Promise<void> {
      for (const dataset of datasets) {
        load_seq += 1;
        const binds = { load_seq, began_at: first, days, ...sizes };
        await client.insertSelect(loadStatement(`test/bench/detect/fill_${dataset}.sql`), binds, {
          limits: 'analysis',
        });
        await client.insert('reference_loads', [
          {
            load_seq,
            dataset: dataset in loaded_as ? loaded_as[dataset as 'care'] : dataset,
            source: 'bench',
            mode: 'partial',
            received_at: first,
            loaded_at: first,
            received: 1,
            changed: 1,
          },
        ]);
      }
    },
    /** Whole days until there are `events` more. Returns how many came. */
    async fillDays(events: number): Promise<number> {
      let filled = 0;
      while (filled < events) {
        await commitEvents(first + next_day * day_ms, options.day);
        next_day += 1;
        filled += options.day;
        if (next_day % 50 === 0) process.stderr.write(`filled ${next_day} days\n`);
      }
      return filled;
    },
    /** Milliseconds from the commit of a member of staff's look at their own record to the alert, in order. */
    async stream(engine: Engine): Promise<number[]> {
      const log = createLogger('error');
      const analytics = await startAnalytics({ engine, clock: system_clock, log });
      const reader = await engine.client('bench-reader');
      const waiting = new Map<string, number>();
      const waits: number[] = [];
      const batches = await stageEvents();
      // A service that starts judges all that is due, which is not what is measured.
      await analytics.settled();
      const costs = costsOf(engine.query_log);
      const end = performance.now() + options.seconds * 1_000;
      let sent = 0;
      let tick = performance.now();
      try {
        // After the last event, alerts may take as long again as their goal.
        while (performance.now() < end + 4_000 && (performance.now() < end || waiting.size > 0)) {
          if (performance.now() < end && performance.now() >= tick) {
            tick += 500;
            const event_id = `own-${(sent += 1)}`;
            const { batch, days } = batches[(sent - 1) % batches.length] ?? { batch: 0, days: [] };
            const at = system_clock.now();
            load_seq += 1;
            await client.insertSelect(staged_events, { load_seq, event_id, batch });
            await commit(at, event_id, streamed_per_second / 2, days);
            waiting.set(event_id, performance.now());
          }
          const seen = await reader.rows<{ event_id: string }>(raised_looks);
          for (const { event_id } of seen) {
            const since = waiting.get(event_id);
            if (since === undefined) continue;
            waits.push(performance.now() - since);
            waiting.delete(event_id);
          }
          // Whoever asks without a pause takes the engine from those who judge: it plans one statement at a time.
          await setTimeout(looks_apart_ms);
        }
        // What is not seen by then took at least that long.
        for (const since of waiting.values()) waits.push(performance.now() - since);
      } finally {
        process.stderr.write(`live:\n${costTable(costs.end())}\n`);
        await analytics.close();
      }
      return waits.sort((a, b) => a - b);
    },
  };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

const days_of_load = parseStatement(
  'days of load',
  'SELECT arraySort(groupUniqArray(day)) AS days FROM access_events WHERE load_seq = {load_seq:UInt64}',
);
const staging = parseStatement(
  'stage events',
  `CREATE TABLE bench_staged ENGINE = Memory AS
   SELECT *, intDiv(segment_position, ${staged_rows}) AS batch FROM access_events WHERE load_seq = {load_seq:UInt64}`,
);
const staged_batches = parseStatement(
  'staged batches',
  `SELECT toUInt32(batch) AS batch, arraySort(groupUniqArray(toString(day))) AS days FROM bench_staged GROUP BY batch ORDER BY batch`,
);
const staged_events = parseStatement(
  'staged events',
  `INSERT INTO access_events
   SELECT * EXCEPT batch REPLACE (if(event_id = 'own', {event_id:String}, event_id) AS event_id, {load_seq:UInt64} AS load_seq, {event_id:String} AS segment_id)
   FROM bench_staged WHERE batch = {batch:UInt32}`,
);
const own_looks = parseStatement(
  'own looks',
  `INSERT INTO bench_staged (source, event_id, occurred_at, day, action, outcome, trigger, staff_id, staff_id_system,
     organisation_code, patient_id, role_name, batch)
   SELECT 'bench', 'own', fromUnixTimestamp64Milli({at:Int64}, 'UTC') AS occurred, toDate(occurred, 'Europe/London'),
     'view', 'success', 'user', staff_id, staff_id_system, organisation_code, nhs_number, 'Nurse', row_number() OVER (ORDER BY staff_id) - 1
   FROM staff WHERE nhs_number != '' ORDER BY staff_id LIMIT {batches:UInt32}`,
);
const failures = parseStatement(
  'failures',
  `SELECT detector_id, detail, days FROM detector_runs WHERE status = 'failed' ORDER BY started_at`,
);
const raised_looks = parseStatement(
  'raised looks',
  `SELECT arrayJoin(event_ids) AS event_id FROM alert_versions
   WHERE detector_id = 'own_record' AND startsWith(event_id, 'own-')`,
);
