/** Which detectors are blind now and which sources have fallen silent: what a page of alerts must say beside them. */
import { dataset_names } from '../words.ts';
import { readDetectors, type DetectorCard } from './detectors.ts';
import type { Reader } from './scope.ts';

/** Local systems batch their feed and deliver it 12 to 24 hours late; half as long again is silence. */
export const silence_ms_max = 36 * 3_600_000;

export interface ReferenceFeed {
  readonly dataset: string;
  readonly loads: number;
  readonly loaded_at_ms: number;
  readonly received_rows: number;
  readonly changed_rows: number;
  readonly rejected_rows: number;
  readonly last_received: number;
  readonly last_changed: number;
  readonly last_ended: number;
}

export interface SourceFeed {
  readonly source: string;
  readonly is_simulated: boolean;
  readonly is_ended: boolean;
  readonly limited_to: number;
  readonly added_at_ms: number;
  /** 0 where there is none. */
  readonly last_event_at_ms: number;
  readonly heard_at_ms: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejects: number;
}

export interface FeedHealth {
  readonly blind: readonly { readonly title: string; readonly why: string }[];
  readonly silent: readonly { readonly source: string; readonly heard_at_ms: number }[];
}

/** The health of every feed at `now`, in epoch milliseconds. */
export async function readFeedHealth(reader: Reader, now: number): Promise<FeedHealth> {
  const [detectors, references, sources] = await Promise.all([
    readDetectors(reader),
    reader.exchange<ReferenceFeed>('reference_feeds'),
    reader.exchange<SourceFeed>('source_feeds'),
  ]);
  return judgeFeeds([...detectors.values()], references, sources, now);
}

export function judgeFeeds(
  detectors: readonly DetectorCard[],
  references: readonly ReferenceFeed[],
  sources: readonly SourceFeed[],
  now: number,
): FeedHealth {
  const loaded = new Set(references.map(({ dataset }) => dataset));
  if (sources.some(({ stored }) => stored > 0)) loaded.add('access_events');
  const blind = detectors
    .filter(({ ceiling }) => ceiling !== 'draft' && ceiling !== 'retired')
    .flatMap((detector) => {
      const missing = detector.needs.filter((dataset) => !loaded.has(dataset));
      if (missing.length > 0) {
        const names = missing.map((dataset) => dataset_names[dataset] ?? dataset).join(', ');
        return [{ title: detector.title, why: `never received: ${names}` }];
      }
      if (detector.run_status === 'blind')
        return [{ title: detector.title, why: 'a feed that it needs is missing' }];
      if (detector.run_status === 'failed')
        return [{ title: detector.title, why: 'its last run failed' }];
      return [];
    });
  const silent = sources.filter(
    ({ is_ended, heard_at_ms }) =>
      !is_ended && heard_at_ms > 0 && now - heard_at_ms > silence_ms_max,
  );
  return { blind, silent: silent.map(({ source, heard_at_ms }) => ({ source, heard_at_ms })) };
}
