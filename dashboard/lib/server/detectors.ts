/** The detectors as the dashboard shows them: title, text for the reviewer, and what each needs to see. */
import { inWords } from '../words.ts';
import type { Reader } from './scope.ts';

export interface DetectorCard {
  readonly detector_id: string;
  readonly title: string;
  /** Datasets without which it is blind. */
  readonly needs: readonly string[];
  /** Markdown: Rationale, What to check first, Common false positives, Blind spots. */
  readonly readme: string;
  /** draft, shadow, signal, active, retired: a ceiling. */
  readonly ceiling: string;
  /** none, person, team, organisation: the weakest link for which it keeps still. */
  readonly silenced_by: string;
  /** How many days before the judged one its params say that it learns from; 0 where it learns from none. */
  readonly lookback_days: number;
  /** succeeded, failed, blind; empty before the first run. */
  readonly run_status: string;
  readonly run_detail: string;
  readonly run_at: number;
}

/** Every detector that analytics has told of, by id. */
export async function readDetectors(reader: Reader): Promise<Map<string, DetectorCard>> {
  const cards = await reader.exchange<DetectorCard>('detectors');
  return new Map(cards.map((card) => [card.detector_id, card]));
}

/** The title of a detector, also of one that an alert names and nobody knows any more. */
export function detectorTitle(
  detectors: ReadonlyMap<string, DetectorCard>,
  detector_id: string,
): string {
  return detectors.get(detector_id)?.title || inWords(detector_id);
}
