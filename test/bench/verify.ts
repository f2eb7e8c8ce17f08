/** How fast the store is verified against its seals, beside a plain read of all its columns. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { openEngine, type SqlClient } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { CodedError } from '../../sql/errors.ts';
import { migrate } from '../../sql/migrate.ts';
import { openSealLog } from '../../sql/seals/log.ts';
import { sealLoad } from '../../sql/seals/seal-load.ts';
import { verifyStore } from '../../sql/seals/verify.ts';
import { loadStatement, parseStatement } from '../../sql/statement.ts';
import type { Figure } from './system.ts';

const rows_of_load = 50_000;
const shift_ms = 8 * 3_600_000;

/** Fills a store with `events`, sealed load by load as ingest does, then verifies it. */
export async function benchVerify(options: {
  readonly directory: string;
  readonly events: number;
}): Promise<Figure[]> {
  mkdirSync(options.directory, { recursive: true });
  const engine = await openEngine({ path: join(options.directory, 'clickhouse') });
  try {
    const client = await engine.client('bench');
    await migrate(client, system_clock);
    const { stored, stored_s, sealed_s } = await fill(client, options);
    const scan_s = await seconds(() => client.rows(full_scan, {}, { limits: 'analysis' }));
    let events = 0;
    const cpu = process.cpuUsage();
    const verify_s = await seconds(async () => {
      const report = await verifyStore({
        client,
        data_dir: options.directory,
        on_progress: (line) => void process.stderr.write(`${line}\n`),
      });
      if (!report.is_intact)
        throw new CodedError('BENCH_FAILED', `Not intact: ${JSON.stringify(report.findings[0])}`);
      events = report.events;
    });
    const { user, system } = process.cpuUsage(cpu);
    const core_s = (user + system) / 1e6;
    const unit = 'events/s';
    const scan = { against: 'a read of all columns', reference: stored / scan_s, unit };
    return [
      {
        what: `verify ${stored} events`,
        measured: events / verify_s,
        ...scan,
        note: `${verify_s.toFixed(1)} s; 10 million in ${((verify_s / events) * 1e7).toFixed(1)} s, of ${((core_s / events) * 1e7).toFixed(1)} s of one core`,
      },
      {
        what: 'seal at load',
        measured: stored / sealed_s,
        against: 'the insert of the same rows',
        reference: stored / stored_s,
        unit,
        note: `${((sealed_s / stored) * 1e6).toFixed(2)} µs an event`,
      },
    ];
  } finally {
    await engine.close();
  }
}

const full_scan = parseStatement(
  'full scan',
  'SELECT count() FROM access_events WHERE NOT ignore(*)',
);

const settle_keys = loadStatement('ingest/queries/settle_keys.sql');
const load_extent = parseStatement(
  'load extent',
  `SELECT toString(toUnixTimestamp64Milli(min(occurred_at))) AS first_ms,
     toString(toUnixTimestamp64Milli(max(occurred_at))) AS last_ms, arraySort(groupUniqArray(day)) AS days,
     groupUniqArray(toString(source)) AS sources
   FROM access_events WHERE load_seq = {load_seq:UInt64}`,
);

interface Extent {
  readonly first_ms: string;
  readonly last_ms: string;
  readonly days: string[];
  readonly sources: string[];
}

async function fill(
  client: SqlClient,
  { directory, events }: { directory: string; events: number },
): Promise<{ stored: number; stored_s: number; sealed_s: number }> {
  const log = pino({ level: 'silent' });
  const seals = openSealLog({
    client,
    clock: system_clock,
    data_dir: directory,
    log_name: 'events',
    log,
  });
  const [loads, statement] = [
    Math.ceil(events / rows_of_load),
    loadStatement('test/bench/fill_events.sql'),
  ];
  let [stored_s, sealed_s] = [0, 0];
  for (let load_seq = 1; load_seq <= loads; load_seq++) {
    const began_at = Date.UTC(2026, 0, 1) + load_seq * shift_ms;
    const segment_id = String(load_seq).padStart(10, '0');
    stored_s += await seconds(() =>
      client.insertSelect(statement, { load_seq, began_at, segment_id, rows: rows_of_load }),
    );
    await client.insertSelect(settle_keys, { load_seq });
    const [extent] = await client.rows<Extent>(load_extent, { load_seq });
    if (!extent) throw new CodedError('BENCH_FAILED', 'An aggregate without a row.');
    const { days, sources } = extent;
    const counts = { received: rows_of_load, stored: rows_of_load };
    const others = { duplicates: 0, conflicts: 0, rejects: 0 };
    const loaded = { load_seq, segment_id, ...counts, ...others };
    sealed_s += await seconds(async () => {
      const seal = await sealLoad(
        { client, seals },
        { ...loaded, segment_digest: '00', days, loaded_at: began_at },
      );
      await client.insert('segments', [
        {
          ...loaded,
          format_version: 1,
          fencing_token: 1,
          sources,
          days,
          first_occurred_at: Number(extent.first_ms),
          last_occurred_at: Number(extent.last_ms),
          bytes: 0,
          digest: '00',
          ...seal,
        },
      ]);
    });
    if (load_seq % 20 === 0) process.stderr.write(`filled: ${load_seq * rows_of_load}\n`);
  }
  await seals.close();
  return { stored: loads * rows_of_load, stored_s, sealed_s };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
