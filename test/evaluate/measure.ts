// Owns the counts that are taken of one judged world: what was found, what was raised for nothing.

import type {
  ExplainedCounts,
  Judged,
  JudgedAlert,
  QueueItem,
  TruthRow,
} from '../support/judged-exchange.ts';
import type { LinkClass } from '../../analytics/ranking/link.ts';
import { bandOf, score_bands } from '../../analytics/ranking/priors.ts';
import { answersOf } from './answers.ts';

/** One misuse: a row of the truth, or, of a surge on one record, all of its rows together. */
export interface Case {
  readonly scenario: string;
  readonly staff_ids: readonly string[];
  readonly patient_ids: readonly string[];
  readonly event_ids: readonly string[];
}

/** What alerts of one band of scores are about, each once, and how many of it are misuse. */
export interface Band {
  alerts: number;
  true: number;
}

/** Of alerts with each link that there are, by score from low to high. */
export type LinkBands = Readonly<Partial<Record<LinkClass, readonly Band[]>>>;

export interface DetectorCounts {
  readonly detector_id: string;
  readonly status: string;
  readonly trouble: string;
  readonly misuse: number;
  readonly found: number;
  readonly alerts: number;
  /** Alerts that cite an event of any misuse, and of misuse that the detector answers for. */
  readonly alerts_true: number;
  readonly alerts_own: number;
  readonly alerts_on_hard_negatives: number;
  /** Days from the first look of each case found to the last look that its earliest alert cites. */
  readonly days_to_detect: readonly number[];
  /** By link, then by score: below a third, below two thirds, and above; each patient or person once. */
  readonly links: LinkBands;
  readonly elapsed_ms: number;
}

export interface QueueCounts {
  /** Items for each 10 000 accesses, and how many those are here. */
  readonly budget: number;
  readonly items: number;
  readonly items_true: number;
  readonly cases: number;
  /** Cases of which an item cites an event; and those with an item of the same person and patient. */
  readonly found: number;
  readonly found_loosely: number;
  readonly found_by_scenario: Readonly<Record<string, number>>;
}

export interface WorldCounts {
  readonly seed: number;
  readonly accesses: number;
  readonly cases_by_scenario: Readonly<Record<string, number>>;
  /** Cases of which an alert that people see cites an event, wherever in the queue it stands. */
  readonly cases_cited: number;
  readonly detectors: readonly DetectorCounts[];
  /** Null while the system has no queue. */
  readonly queue: readonly QueueCounts[] | null;
  /** Accesses and explained ones where feeds are told to be well kept, and elsewhere. */
  readonly explained: Readonly<Record<'well_kept' | 'elsewhere', ExplainedShare>>;
  readonly seconds: number;
}

export interface ExplainedShare {
  readonly accesses: number;
  readonly explained: number;
  readonly inferred: number;
  readonly by_explanation: Readonly<Record<string, number>>;
}

export const BUDGETS = [5, 10, 20] as const;
const DAY_MS = 86_400_000;

/** The cases of a truth, each with the scenario that it belongs to. */
export function casesOf(truth: readonly TruthRow[]): Case[] {
  const groups = Map.groupBy(truth, (row) =>
    row.scenario === 'record_surge'
      ? `record_surge ${row.patient_ids[0]}`
      : `${row.scenario} ${row.organisation_code} ${row.staff_id}`,
  );
  return [...groups.values()].map((rows) => ({
    scenario: rows[0]?.scenario ?? '',
    staff_ids: rows.map(({ staff_id }) => staff_id),
    patient_ids: [...new Set(rows.flatMap(({ patient_ids }) => patient_ids))],
    event_ids: rows.flatMap(({ event_ids }) => event_ids),
  }));
}

/** Counts each detector's alerts against the truth. `first_at` tells when a labelled event happened, in UTC ms. */
export function measureDetectors(
  judged: Judged,
  cases: readonly Case[],
  hard_negatives: readonly TruthRow[],
  first_at: (event_id: string) => number | undefined,
): DetectorCounts[] {
  const misuse = new Set(cases.flatMap(({ event_ids }) => event_ids));
  const innocent = new Set(hard_negatives.flatMap(({ event_ids }) => event_ids));
  const alerts = Map.groupBy(
    [...judged.alerts, ...judged.shadow_alerts],
    ({ detector_id }) => detector_id,
  );
  return judged.detectors.map(({ detector_id, status, trouble, elapsed_ms }) => {
    const raised = alerts.get(detector_id) ?? [];
    const answered = cases.filter(({ scenario }) => answersOf(detector_id).includes(scenario));
    const own = new Set(answered.flatMap(({ event_ids }) => event_ids));
    const isTrue = (alert: JudgedAlert): boolean => cites(alert, misuse);
    const byEvent = eventIndex(raised);
    const citing = answered.map((item) => [item, citersOf(item, byEvent)] as const);
    return {
      detector_id,
      status,
      trouble,
      elapsed_ms,
      misuse: answered.length,
      found: citing.filter(([, by]) => by.length > 0).length,
      alerts: raised.length,
      alerts_true: raised.filter(isTrue).length,
      alerts_own: raised.filter((alert) => cites(alert, own)).length,
      alerts_on_hard_negatives: raised.filter((alert) => cites(alert, innocent) && !isTrue(alert))
        .length,
      days_to_detect: citing.flatMap(([item, by]) => daysToDetect(item, by, first_at)),
      links: linksOf(raised, isTrue),
    };
  });
}

/** How many of the cases any of these alerts cites. */
export function casesCited(alerts: readonly Citer[], cases: readonly Case[]): number {
  const byEvent = eventIndex(alerts);
  return cases.filter((item) => citersOf(item, byEvent).length > 0).length;
}

/** Counts what the first items of the queue find, at each budget. */
export function measureQueue(
  queue: readonly QueueItem[],
  cases: readonly Case[],
  accesses: number,
): QueueCounts[] {
  const misuse = new Set(cases.flatMap(({ event_ids }) => event_ids));
  return BUDGETS.map((budget) => {
    const top = queue.slice(0, Math.round((budget * accesses) / 10_000));
    const byEvent = eventIndex(top);
    const pairs = new Set(
      top.flatMap(({ staff_id, patient_ids }) =>
        patient_ids.map((patient_id) => `${staff_id} ${patient_id}`),
      ),
    );
    const found = cases.filter((item) => citersOf(item, byEvent).length > 0);
    const found_by_scenario: Record<string, number> = {};
    for (const { scenario } of found)
      found_by_scenario[scenario] = (found_by_scenario[scenario] ?? 0) + 1;
    return {
      budget,
      items: top.length,
      items_true: top.filter((item) => cites(item, misuse)).length,
      cases: cases.length,
      found: found.length,
      found_loosely: cases.filter(({ staff_ids, patient_ids }) =>
        staff_ids.some((staff_id) => patient_ids.some((id) => pairs.has(`${staff_id} ${id}`))),
      ).length,
      found_by_scenario,
    };
  });
}

/** Sums the explained accesses of organisations whose feeds are kept alike. */
export function measureExplained(
  counts: readonly ExplainedCounts[],
  isChosen: (organisation_code: string) => boolean,
): ExplainedShare {
  const chosen = counts.filter(({ organisation_code }) => isChosen(organisation_code));
  const sum = (field: 'accesses' | 'explained' | 'inferred'): number =>
    chosen.reduce((total, row) => total + row[field], 0);
  const by_explanation: Record<string, number> = {};
  for (const row of chosen) {
    for (const [id, count] of Object.entries(row.by_explanation))
      by_explanation[id] = (by_explanation[id] ?? 0) + count;
  }
  return {
    accesses: sum('accesses'),
    explained: sum('explained'),
    inferred: sum('inferred'),
    by_explanation,
  };
}

interface Citer {
  readonly event_ids: readonly string[];
}

function cites({ event_ids }: Citer, of: ReadonlySet<string>): boolean {
  return event_ids.some((id) => of.has(id));
}

function eventIndex<T extends Citer>(citers: readonly T[]): Map<string, T[]> {
  const byEvent = new Map<string, T[]>();
  for (const citer of citers) {
    for (const id of citer.event_ids) {
      const known = byEvent.get(id);
      if (known === undefined) byEvent.set(id, [citer]);
      else known.push(citer);
    }
  }
  return byEvent;
}

function citersOf<T>({ event_ids }: Case, byEvent: ReadonlyMap<string, readonly T[]>): T[] {
  return [...new Set(event_ids.flatMap((id) => byEvent.get(id) ?? []))];
}

function daysToDetect(
  { event_ids }: Case,
  by: readonly JudgedAlert[],
  first_at: (event_id: string) => number | undefined,
): number[] {
  const begun = event_ids.map(first_at).filter((at) => at !== undefined);
  if (by.length === 0 || begun.length === 0) return [];
  const told = Math.min(...by.map(({ last_at }) => instant(last_at)));
  return [Math.max(0, (told - Math.min(...begun)) / DAY_MS)];
}

/** A DateTime64 in UTC arrives as text without a zone. */
function instant(text: string): number {
  return Date.parse(text.endsWith('Z') ? text : `${text.replace(' ', 'T')}Z`);
}

/**
 * Counts as the ranking counts what stands (`analytics/ranking/precision.ts`): one patient once in a cell, however many
 * looked and on however many days, and a person once where no one patient is named. It is true if any of its alerts is.
 */
function linksOf(
  raised: readonly JudgedAlert[],
  isTrue: (alert: JudgedAlert) => boolean,
): LinkBands {
  const links: Partial<Record<LinkClass, Band[]>> = {};
  const subjects = Map.groupBy(raised, (alert) =>
    [
      alert.link,
      bandOf(alert.score),
      alert.organisation_code,
      alert.patient_id || `${alert.staff_id_system}\n${alert.staff_id}`,
    ].join('\n'),
  );
  for (const alerts of subjects.values()) {
    const [first] = alerts;
    const band = first && (links[first.link] ??= noBands())[bandOf(first.score)];
    if (band === undefined) continue;
    band.alerts += 1;
    if (alerts.some(isTrue)) band.true += 1;
  }
  return links;
}

function noBands(): Band[] {
  return Array.from({ length: score_bands }, () => ({ alerts: 0, true: 0 }));
}
