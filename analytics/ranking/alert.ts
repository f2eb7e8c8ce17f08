/** What the queue knows of an alert, and arithmetic in log-odds. */
import type { EpochMs } from '../../sql/clock.ts';
import type { LinkClass } from './link.ts';

export type Severity = 'low' | 'medium' | 'high';

/** An alert that stands, as the queue needs it. Its events are not read: they can be very many. */
export interface QueueAlert {
  readonly alert_id: string;
  readonly detector_id: string;
  /** code.params */
  readonly detector_version: string;
  readonly severity: Severity;
  readonly is_closed: boolean;
  /** One human, whichever identifier they used; where an alert is of no one member of staff, its patient. */
  readonly person_key: string;
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly organisation_code: string;
  /** Empty where it is of no one patient. */
  readonly patient_id: string;
  /** Local day, YYYY-MM-DD. */
  readonly day: string;
  readonly first_at: EpochMs;
  readonly last_at: EpochMs;
  /** 0 to 1 */
  readonly score: number;
  readonly reason: string;
  /** What care on record stands behind the accesses that it cites. */
  readonly link: LinkClass;
}

/** Log-odds of a probability, kept away from 0 and 1, where nothing that is estimated can be. */
export function logit(probability: number): number {
  const kept = Math.min(0.9999, Math.max(0.0001, probability));
  return Math.log(kept / (1 - kept));
}

/** The probability of log-odds. */
export function probabilityOf(log_odds: number): number {
  return 1 / (1 + Math.exp(-log_odds));
}

/** Days from one local day to another. */
export function daysBetween(from: string, to: string): number {
  return dayNumber(to) - dayNumber(from);
}

/** Parsing dates is the slowest thing that grouping does, and there are only so many days. */
const day_numbers = new Map<string, number>();

function dayNumber(day: string): number {
  const known = day_numbers.get(day);
  if (known !== undefined) return known;
  const parsed = Date.parse(`${day}T00:00:00Z`) / 86_400_000;
  day_numbers.set(day, parsed);
  return parsed;
}

/** Orders texts by their code units, which no locale changes. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
