/** What the whole system makes of an exchange: its directories sent one after the other, judged after each. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinkClass } from '../../analytics/ranking/link.ts';
import { project_root } from '../../sql/statement.ts';

/** An open alert, as the view `alerts` has it; or what a shadow detector would have raised. Times are UTC text. */
export interface JudgedAlert {
  readonly alert_id: string;
  readonly detector_id: string;
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly organisation_code: string;
  readonly patient_id: string;
  readonly event_ids: readonly string[];
  readonly score: number;
  readonly reason: string;
  readonly last_at: string;
  /** What is on record behind the access that it names, as the ranking takes it. */
  readonly link: LinkClass;
}

/** A detector of the catalogue: its status, and what kept it from judging, if anything did. */
export interface JudgedDetector {
  readonly detector_id: string;
  readonly status: string;
  /** Empty, or `blind: …` with the datasets that are missing, or `failed: …` with a code. */
  readonly trouble: string;
  /** Time that its runs took. */
  readonly elapsed_ms: number;
}

/** A row of `queue_items`. */
export interface QueueItem {
  readonly item_id: string;
  readonly rank: number;
  readonly organisation_code: string;
  readonly staff_id: string;
  readonly patient_ids: readonly string[];
  readonly event_ids: readonly string[];
  readonly reason: string;
}

/** How many accesses of an organisation there were, and how many were explained how. */
export interface ExplainedCounts {
  readonly organisation_code: string;
  readonly accesses: number;
  /** By anything but an inference. */
  readonly explained: number;
  /** By an inference alone. */
  readonly inferred: number;
  readonly by_explanation: Readonly<Record<string, number>>;
}

/** What came of it. `accesses` is the number of accesses judged, `explained` of those the share from 0 to 1. */
export interface Judged {
  readonly alerts: readonly JudgedAlert[];
  readonly shadow_alerts: readonly JudgedAlert[];
  readonly detectors: readonly JudgedDetector[];
  /** In order of rank; null while there is no view `queue_items`. */
  readonly queue: readonly QueueItem[] | null;
  readonly explanations: readonly ExplainedCounts[];
  readonly accesses: number;
  readonly explained: number;
  readonly rollups_equal_source: boolean;
  readonly totals: readonly {
    stored: number;
    duplicates: number;
    conflicts: number;
    rejected: number;
  }[];
}

/** A line of `truth.ndjson`. */
export interface TruthRow {
  readonly scenario: string;
  readonly staff_id: string;
  readonly organisation_code: string;
  readonly patient_ids: readonly string[];
  readonly event_ids: readonly string[];
}

export interface JudgeOptions {
  /** Whether shadow detectors are run as well, whose findings nobody would see; they take as long again. */
  readonly with_shadow?: boolean;
  readonly progress?: (line: string) => void;
}

/** The directories of a simulated exchange in the order in which they are sent. */
export function directoriesOf(exchange: string): string[] {
  const earlier = join(exchange, 'earlier');
  return existsSync(earlier) ? [earlier, exchange] : [exchange];
}

/**
 * Starts the system on the empty directory `data_dir`, in a process of its own (the embedded engine takes one
 * directory a process), loads each of `exchanges` over HTTP and judges, in that order.
 */
export async function judgeExchanges(
  data_dir: string,
  exchanges: readonly string[],
  { with_shadow = false, progress }: JudgeOptions = {},
): Promise<Judged> {
  const script = join(project_root, 'test', 'support', 'judge-exchanges.ts');
  const child = spawn(process.execPath, [script, data_dir, ...exchanges], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...(with_shadow && { WITH_SHADOW: '1' }) },
  });
  const output: Buffer[] = [];
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    errors = `${errors}${text}`.slice(-8000);
    progress?.(text.trimEnd());
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`Judging ended with status ${status}.\n${errors.slice(-4000)}`);
  return JSON.parse(Buffer.concat(output).toString()) as Judged;
}

/** The rows of an NDJSON file of an exchange. */
export function readRows<T>(...path: string[]): T[] {
  return readFileSync(join(...path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** How well the alerts of one detector meet the labelled misuse of its name. */
export interface Score {
  readonly detector_id: string;
  readonly misuse: number;
  readonly found: number;
  readonly alerts: number;
  readonly alerts_true: number;
  readonly alerts_on_hard_negatives: number;
}

/**
 * Compares alerts with truth: a labelled misuse is found when an alert of its detector cites one of its events, and
 * an alert is true when it cites an event of labelled misuse of that detector.
 */
export function scoreAlerts(
  judged: Judged,
  truth: readonly TruthRow[],
  hard_negatives: readonly TruthRow[],
): Score[] {
  return ['own_record', 'household', 'out_of_area'].map((detector_id) => {
    const alerts = judged.alerts.filter((alert) => alert.detector_id === detector_id);
    const cited = new Set(alerts.flatMap(({ event_ids }) => event_ids));
    const rows = truth.filter(({ scenario }) => scenario === detector_id);
    const labelled = new Set(rows.flatMap(({ event_ids }) => event_ids));
    const innocent = new Set(hard_negatives.flatMap(({ event_ids }) => event_ids));
    const citesOne = (of: Set<string>) => (alert: JudgedAlert) =>
      alert.event_ids.some((id) => of.has(id));
    return {
      detector_id,
      misuse: rows.length,
      found: rows.filter(({ event_ids }) => event_ids.some((id) => cited.has(id))).length,
      alerts: alerts.length,
      alerts_true: alerts.filter(citesOne(labelled)).length,
      alerts_on_hard_negatives: alerts.filter(
        (alert) => citesOne(innocent)(alert) && !citesOne(labelled)(alert),
      ).length,
    };
  });
}
