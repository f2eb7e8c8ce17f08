/** Tries a detector with other params on past days: which alerts would come and which would go. Changes nothing. */
import type { SqlClient } from '../../sql/client.ts';
import { loadStatement } from '../../sql/statement.ts';
import { compareAlerts, type Alert } from '../alerts.ts';
import { batchesOf, isPastGrace, readDays } from '../days.ts';
import { isRaising, type Detector } from '../detectors.ts';
import { findAlerts, readStanding } from '../judge.ts';
import { proposedParams, readParams, type Params } from '../params.ts';
import { true_findings } from '../ranking/findings.ts';
import { takeTurn } from '../turn.ts';

export interface ReplayRequest {
  readonly detector: Detector;
  /** Only those to be changed. */
  readonly params: Params;
  /** Whose alerts it is about; empty: all. */
  readonly organisation_code: string;
  /** First local day, and the one after the last, as YYYY-MM-DD. */
  readonly from: string;
  readonly to: string;
}

/** An alert that would come or go, with what people found on it; empty where nothing yet. */
export interface ReplayedAlert {
  readonly change: 'coming' | 'going';
  readonly alert: Alert;
  readonly finding: string;
}

export interface ReplayCounts {
  readonly detector_version: string;
  readonly days: number;
  readonly days_done: number;
  readonly staying: number;
  readonly coming: number;
  readonly going: number;
  readonly going_true: number;
  readonly going_false: number;
}

/** As cycles do: small enough to let other work in between. */
const batch_days_max = 31;
const batch_events_max = 2_000_000;

/** Findings that say nothing of whether the detector was right. */
const silent_findings = ['', 'not_determined', 'withdrawn_late_evidence'];

/**
 * Replays, a batch of days at a time, each in a turn of its own, so that live judgements go on in between.
 *
 * @param on_batch told of the alerts of each batch that would come and go, and of the counts so far
 * @throws CodedError DEFINITION_INVALID when a param is not one of the detector's
 */
export async function replay(
  client: SqlClient,
  request: ReplayRequest,
  on_batch: (alerts: readonly ReplayedAlert[], counts: ReplayCounts) => Promise<void>,
): Promise<ReplayCounts> {
  const { detector, params, organisation_code } = request;
  const in_force = await readParams(client, detector);
  const proposed = await proposedParams(client, detector, organisation_code, params);
  const states = await readDays(client);
  const last_day = states.at(-1)?.day ?? '';
  const days = states.filter(
    ({ day, dirty, built }) =>
      day >= request.from &&
      day < request.to &&
      (detector.mode === 'live' ? dirty : built) > 0 &&
      isPastGrace(day, detector.grace_days ?? 0, last_day),
  );
  const events = new Map(days.map((state) => [state.day, state.events]));
  let counts: ReplayCounts = {
    detector_version: in_force.detector_version,
    days: days.length,
    days_done: 0,
    staying: 0,
    coming: 0,
    going: 0,
    going_true: 0,
    going_false: 0,
  };
  await on_batch([], counts);
  for (const batch of batchesOf(days, events, batch_events_max, batch_days_max)) {
    const judged = batch.map(({ day }) => day);
    const { staying, alerts } = await takeTurn(async () => {
      const found = await findAlerts(client, detector, proposed, judged);
      // A detector in shadow has no alerts that stand: it is held against what it finds now.
      const before = isRaising(detector)
        ? await readStanding(client, detector.id, judged)
        : (await findAlerts(client, detector, in_force, judged)).map((alert) => ({
            ...alert,
            version: 1,
            change: 'raised' as const,
          }));
      const ofThem = <T extends Alert>(all: readonly T[]) =>
        all.filter(
          (alert) => organisation_code === '' || alert.organisation_code === organisation_code,
        );
      return compared(client, ofThem(found), ofThem(before));
    });
    const of = (change: string, isCounted: (finding: string) => boolean = () => true) =>
      alerts.filter((one) => one.change === change && isCounted(one.finding)).length;
    const isTrue = (finding: string) => (true_findings as readonly string[]).includes(finding);
    counts = {
      ...counts,
      days_done: counts.days_done + batch.length,
      staying: counts.staying + staying,
      coming: counts.coming + of('coming'),
      going: counts.going + of('going'),
      going_true: counts.going_true + of('going', isTrue),
      going_false:
        counts.going_false +
        of('going', (finding) => !isTrue(finding) && !silent_findings.includes(finding)),
    };
    await on_batch(alerts, counts);
  }
  return counts;
}

async function compared(
  client: SqlClient,
  found: readonly Alert[],
  standing: Parameters<typeof compareAlerts>[1],
): Promise<{ staying: number; alerts: ReplayedAlert[] }> {
  const changes = compareAlerts(found, standing, () => '');
  const moved = changes.filter(({ change }) => change !== 'changed');
  const rows = await client.rows<{ alert_id: string; finding: string }>(
    loadStatement('analytics/replay/queries/findings_on.sql'),
    { alert_ids: moved.map(({ alert_id }) => alert_id) },
    { limits: 'analysis' },
  );
  const findings = new Map(rows.map((row) => [row.alert_id, row.finding]));
  const alerts = moved.map((alert) => ({
    change: alert.change === 'raised' ? ('coming' as const) : ('going' as const),
    alert,
    finding: findings.get(alert.alert_id) ?? '',
  }));
  const coming = alerts.filter(({ change }) => change === 'coming').length;
  return { staying: found.length - coming, alerts };
}
