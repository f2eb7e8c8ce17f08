/** Judges days by one detector: runs it, compares with what stands, and records what changed and that it ran. */
import { randomUUID } from 'node:crypto';
import type { Binds, SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import { loadStatement } from '../sql/statement.ts';
import {
  alertOf,
  compareAlerts,
  type Alert,
  type AlertChange,
  type FoundRow,
  type StandingAlert,
} from './alerts.ts';
import type { DueDay } from './days.ts';
import { isRaising, type Detector } from './detectors.ts';
import type { ParamsInForce } from './params.ts';
import { withdrawalReasons } from './withdrawal.ts';

/** A first judgement of history can raise very many at once, and an insert is held in memory as a whole. */
const inserted_rows_max = 5_000;

/** What one run did. `alerts` are the rows that the detector returned. */
export interface JudgedRun {
  readonly alerts: number;
  readonly raised: number;
  readonly changed: number;
  readonly withdrawn: number;
  readonly status: 'succeeded' | 'blind';
  /** The datasets that are missing, of a blind run. */
  readonly detail: string;
}

export interface JudgeOptions {
  /** Compare and record the run, but change no alert and leave the days to judge. */
  readonly is_dry_run: boolean;
  /** Told what would change, in a dry run. */
  readonly on_changes?: ((changes: readonly AlertChange[]) => void) | undefined;
  /** Datasets of which anything was ever loaded. */
  readonly loaded_datasets: ReadonlySet<string>;
  /** Accesses of the days, for the record. */
  readonly accesses: number;
}

/**
 * Judges `days` by `detector`.
 *
 * Written in this order: versions of alerts, the run, the days as judged. After a crash in between, the same call finds
 * what it wrote standing, and adds only what is missing.
 */
export async function judge(
  client: SqlClient,
  clock: Clock,
  detector: Detector,
  in_force: ParamsInForce,
  days: readonly DueDay[],
  options: JudgeOptions,
): Promise<JudgedRun> {
  const run_id = randomUUID();
  const started_at = clock.now();
  const started = performance.now();
  const load_seq = Math.max(...days.map((day) => day.load_seq));
  const missing = detector.needs.filter((dataset) => !options.loaded_datasets.has(dataset));
  const { changes, alerts } =
    missing.length > 0
      ? { changes: [], alerts: 0 }
      : await findChanges(
          client,
          detector,
          in_force,
          days.map(({ day }) => day),
        );
  const count = (change: string) => changes.filter((row) => row.change === change).length;
  const run: JudgedRun = {
    alerts,
    raised: count('raised'),
    changed: count('changed'),
    withdrawn: count('withdrawn'),
    status: missing.length > 0 ? 'blind' : 'succeeded',
    detail: missing.join(', '),
  };
  if (options.is_dry_run) options.on_changes?.(changes);
  if (!options.is_dry_run && isRaising(detector)) {
    const recorded_at = clock.now();
    for (let from = 0; from < changes.length; from += inserted_rows_max) {
      const some = changes.slice(from, from + inserted_rows_max);
      await client.insert(
        'alert_versions',
        some.map((change) => ({ ...change, load_seq, run_id, recorded_at })),
      );
    }
  }
  await recordRun(client, detector.id, in_force.detector_version, {
    run_id,
    started_at,
    elapsed_ms: Math.round(performance.now() - started),
    days: days.map(({ day }) => day),
    load_seq,
    read_rows: options.accesses,
    is_dry_run: options.is_dry_run,
    ...run,
  });
  if (!options.is_dry_run) {
    const { detector_version } = in_force;
    await client.insert(
      'judged_days',
      days.map((day) => ({ detector_id: detector.id, detector_version, ...day, run_id })),
    );
  }
  return run;
}

/** Records a run that failed: the days stay to be judged. `code` is that of the error. */
export async function recordFailure(
  client: SqlClient,
  clock: Clock,
  detector: Detector,
  detector_version: string,
  days: readonly DueDay[],
  code: string,
  is_dry_run: boolean,
): Promise<void> {
  await recordRun(client, detector.id, detector_version, {
    run_id: randomUUID(),
    started_at: clock.now(),
    elapsed_ms: 0,
    days: days.map(({ day }) => day),
    load_seq: Math.max(0, ...days.map((day) => day.load_seq)),
    read_rows: 0,
    is_dry_run,
    alerts: 0,
    raised: 0,
    changed: 0,
    withdrawn: 0,
    status: 'failed',
    detail: code,
  });
}

async function recordRun(
  client: SqlClient,
  detector_id: string,
  detector_version: string,
  run: object,
): Promise<void> {
  await client.insert('detector_runs', [{ detector_id, detector_version, ...run }]);
}

async function findChanges(
  client: SqlClient,
  detector: Detector,
  in_force: ParamsInForce,
  days: readonly string[],
) {
  const found = await findAlerts(client, detector, in_force, days);
  const standing = await readStanding(client, detector.id, days);
  const now = new Set(found.map((alert) => alert.alert_id));
  const gone = standing.filter((alert) => alert.change !== 'withdrawn' && !now.has(alert.alert_id));
  const reasons = await withdrawalReasons(client, detector, in_force.detector_version, gone);
  return { changes: compareAlerts(found, standing, reasons), alerts: found.length };
}

/** The alerts that the detector finds on `days`, under the params in force for each organisation. */
export async function findAlerts(
  client: SqlClient,
  detector: Detector,
  in_force: ParamsInForce,
  days: readonly string[],
): Promise<Alert[]> {
  const alerts: Alert[] = [];
  for (const { params, organisation_code, except } of in_force.runs) {
    const binds: Binds = { ...params, days: [...days] };
    const rows = await client.rows<Record<keyof FoundRow, never>>(detector.statement, binds, {
      limits: 'analysis',
    });
    // One by one: a month of a busy exchange has more of them than a call can have arguments.
    for (const row of rows.map(foundRow)) {
      const is_meant =
        organisation_code === undefined
          ? !except.includes(row.organisation_code)
          : row.organisation_code === organisation_code;
      if (is_meant) alerts.push(alertOf(detector, in_force.detector_version, row));
    }
  }
  return alerts;
}

function foundRow(row: Record<keyof FoundRow, unknown>): FoundRow {
  return {
    ...(row as FoundRow),
    first_at: instant(row.first_at),
    last_at: instant(row.last_at),
    score: Number(row.score),
  };
}

/** A DateTime64 in UTC arrives as text without a zone. */
function instant(value: unknown): number {
  return Date.parse(`${String(value).replace(' ', 'T')}Z`);
}

/** The latest version of each alert of the detector on `days`, withdrawn ones too. */
export async function readStanding(
  client: SqlClient,
  detector_id: string,
  days: readonly string[],
): Promise<StandingAlert[]> {
  const rows = await client.rows<Record<string, unknown>>(
    loadStatement('analytics/queries/standing_alerts.sql'),
    { detector_id, days },
    { limits: 'analysis' },
  );
  return rows.map((row) => ({
    alert_id: row.alert_id as string,
    detector_id,
    detector_version: row.last_detector_version as string,
    severity: row.last_severity as string,
    staff_id_system: row.last_staff_id_system as string,
    staff_id: row.last_staff_id as string,
    organisation_code: row.last_organisation_code as string,
    patient_id: row.last_patient_id as string,
    day: row.alert_day as string,
    first_at: Number(row.last_first_at),
    last_at: Number(row.last_last_at),
    score: Number(row.last_score),
    facts: row.last_facts as Record<string, string>,
    reason: row.last_reason as string,
    event_ids: row.last_event_ids as string[],
    sources: row.last_sources as string[],
    content_hash: row.last_content_hash as string,
    version: Number(row.latest),
    change: row.last_change as StandingAlert['change'],
  }));
}
