/** What `judgeExchanges` reads from the tables of a judged exchange beside its alerts. */
import { loadDetectors, type Detector } from '../../analytics/detectors.ts';
import { findAlerts } from '../../analytics/judge.ts';
import { readParams } from '../../analytics/params.ts';
import type { LinkClass } from '../../analytics/ranking/link.ts';
import { readQueueInputs } from '../../analytics/ranking/read-inputs.ts';
import type { SqlClient } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { messageOf } from '../../sql/errors.ts';
import { parseStatement } from '../../sql/statement.ts';
import type { ExplainedCounts, JudgedAlert, JudgedDetector, QueueItem } from './judged-exchange.ts';

const limits = { limits: 'analysis' } as const;

/** Every detector of the catalogue, drafts too, with how its runs ended. */
export async function readDetectors(client: SqlClient): Promise<JudgedDetector[]> {
  const runs = await client.rows<{
    detector_id: string;
    status: string;
    detail: string;
    elapsed_ms: number;
  }>(
    parseStatement(
      'judged detectors',
      `SELECT detector_id, argMax(status, started_at) AS status, argMax(detail, started_at) AS detail,
         toUInt32(sum(elapsed_ms)) AS elapsed_ms
       FROM detector_runs WHERE NOT is_dry_run GROUP BY detector_id`,
    ),
  );
  return loadDetectors().map(({ id, status }) => {
    const run = runs.find(({ detector_id }) => detector_id === id);
    const trouble =
      run === undefined
        ? 'never run'
        : run.status === 'succeeded'
          ? ''
          : `${run.status}: ${run.detail}`;
    return { detector_id: id, status, trouble, elapsed_ms: run?.elapsed_ms ?? 0 };
  });
}

/** What shadow detectors would have raised on all days that there are. */
export async function readShadowAlerts(
  client: SqlClient,
  progress: (line: string) => void,
): Promise<JudgedAlert[]> {
  const [held] = await client.rows<{ days: string[] }>(
    parseStatement(
      'judged days',
      `SELECT arraySort(groupUniqArray(toString(day))) AS days FROM day_builds`,
    ),
  );
  const found: JudgedAlert[] = [];
  for (const detector of loadDetectors().filter(({ status }) => status === 'shadow')) {
    found.push(...(await findShadow(client, detector, held?.days ?? [], progress)));
  }
  return found;
}

async function findShadow(
  client: SqlClient,
  detector: Detector,
  days: readonly string[],
  progress: (line: string) => void,
): Promise<JudgedAlert[]> {
  try {
    const alerts = await findAlerts(client, detector, await readParams(client, detector), days);
    return alerts.map((alert) => ({
      ...alert,
      last_at: new Date(alert.last_at).toISOString(),
      link: 'unknown' as const,
    }));
  } catch (error) {
    progress(`${detector.id}, in shadow, could not be measured: ${messageOf(error)}`);
    return [];
  }
}

/** What is on record behind the accesses that alerts name, by alert_id: as the ranking reads it. */
export async function readLinks(client: SqlClient): Promise<ReadonlyMap<string, LinkClass>> {
  const { inputs } = await readQueueInputs(client, system_clock.now());
  return new Map(inputs.alerts.map(({ alert_id, link }) => [alert_id, link]));
}

/** The queue in order of rank, or null while there is no such view. */
export async function readQueue(client: SqlClient): Promise<QueueItem[] | null> {
  const views = await client.rows(
    parseStatement(
      'judged views',
      `SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'queue_items'`,
    ),
  );
  if (views.length === 0) return null;
  return client.rows<QueueItem>(
    parseStatement(
      'judged queue',
      `SELECT item_id, toUInt32(rank) AS rank, organisation_code, staff_id, patient_ids, event_ids, reason
       FROM queue_items ORDER BY rank, item_id`,
    ),
    undefined,
    limits,
  );
}

/** Accesses by a person's own hand, by organisation and by what explains them. */
export async function readExplanations(client: SqlClient): Promise<ExplainedCounts[]> {
  return client.rows<ExplainedCounts>(
    parseStatement(
      'judged explanations',
      `SELECT organisation_code, toUInt32(count()) AS accesses,
         toUInt32(countIf(strength >= 'organisation')) AS explained,
         toUInt32(countIf(strength = 'inferred')) AS inferred,
         CAST(sumMap(map_of_one) AS Map(String, UInt32)) AS by_explanation
       FROM (
         SELECT organisation_code, strength,
           mapFromArrays(explanation_ids, arrayMap(id -> toUInt32(1), explanation_ids)) AS map_of_one
         FROM access_links
       )
       GROUP BY organisation_code ORDER BY organisation_code`,
    ),
    undefined,
    limits,
  );
}

export function sumOf(rows: readonly ExplainedCounts[], field: 'accesses' | 'explained'): number {
  return rows.reduce((sum, row) => sum + row[field], 0);
}
