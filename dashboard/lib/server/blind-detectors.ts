/** Which detectors are blind now, in whole or in part, and why: from what each needs, and how its feeds are. */
import type { FeedHealth } from '#sql/feed-health.ts';
import { formatTime } from '../format.ts';
import { dataset_names, inWords } from '../words.ts';
import type { DetectorCard } from './detectors.ts';

export interface Blindness {
  /** Detectors that cannot find what they look for. */
  readonly blind: readonly BlindDetector[];
  /** Detectors that find some of it. */
  readonly partly_blind: readonly BlindDetector[];
  /** Sources of events that have fallen silent: no detector sees what was done there since. */
  readonly silent: readonly { readonly source: string; readonly why: string }[];
}

export interface BlindDetector {
  readonly detector_id: string;
  readonly title: string;
  readonly why: string;
}

const day_ms = 86_400_000;

/** `feeds` are those that bear on the reader; `now` in epoch milliseconds. */
export function judgeBlindness(
  detectors: readonly DetectorCard[],
  feeds: readonly FeedHealth[],
  now: number,
): Blindness {
  const running = detectors.filter(({ ceiling }) => ceiling !== 'draft' && ceiling !== 'retired');
  const judged = running.map((detector) => ({ detector, ...sightOf(detector, feeds, now) }));
  const told = (is_blind: boolean) =>
    judged
      .filter(({ reasons, is_all }) => reasons.length > 0 && is_all === is_blind)
      .map(({ detector, reasons }) => ({
        detector_id: detector.detector_id,
        title: detector.title,
        why: reasons.join('; '),
      }));
  return {
    blind: told(true),
    partly_blind: told(false),
    silent: feeds
      .filter(({ dataset, state }) => dataset === 'access_events' && state === 'silent')
      .map(({ source, heard_at_ms }) => ({
        source,
        why: `nothing since ${formatTime(heard_at_ms)}`,
      })),
  };
}

interface Sight {
  readonly reasons: string[];
  /** Whether nothing at all can be found. */
  readonly is_all: boolean;
}

function sightOf(detector: DetectorCard, feeds: readonly FeedHealth[], now: number): Sight {
  const needed = [...new Set(detector.needs)].map((dataset) => datasetSight(dataset, feeds));
  const whole = needed.filter(({ is_all }) => is_all).flatMap(({ reasons }) => reasons);
  const events = feeds.filter(({ dataset }) => dataset === 'access_events');
  const heard = events.filter(({ heard_at_ms }) => heard_at_ms > 0);
  if (heard.length > 0 && heard.every(({ state }) => state === 'silent')) {
    const last = Math.max(...heard.map(({ heard_at_ms }) => heard_at_ms));
    whole.push(`no access events since ${formatTime(last)}`);
  }
  if (detector.run_status === 'failed') whole.push('its last run failed');
  if (whole.length === 0 && detector.run_status === 'blind')
    whole.push(
      detector.run_detail === ''
        ? 'a feed that it needs was missing when it last ran'
        : `${namesOf(detector.run_detail.split(', '))} had not come when it last ran`,
    );
  if (whole.length > 0) return { reasons: whole, is_all: true };
  return {
    reasons: [
      ...needed.flatMap(({ reasons }) => reasons),
      ...teamsOf(detector, feeds),
      ...historyOf(detector, heard, now),
    ],
    is_all: false,
  };
}

function datasetSight(dataset: string, feeds: readonly FeedHealth[]): Sight {
  if (dataset === 'access_events') return { reasons: [], is_all: false };
  const name = namesOf([dataset]);
  const heard = feeds.filter((feed) => feed.dataset === dataset && feed.heard_at_ms > 0);
  if (heard.length === 0) return { reasons: [`${name} have never come`], is_all: true };
  const silent = heard.filter(({ state }) => state === 'silent');
  if (silent.length === 0) return { reasons: [], is_all: false };
  if (silent.length === heard.length) {
    const last = Math.max(...silent.map(({ heard_at_ms }) => heard_at_ms));
    return { reasons: [`no new ${name} since ${formatTime(last)}`], is_all: true };
  }
  const sources = silent.map(({ source }) => source).join(', ');
  return { reasons: [`no new ${name} from ${sources}`], is_all: false };
}

/** Without the staff directory, nobody can tell what is a link of a member of staff's team: of that it says nothing. */
function teamsOf({ silenced_by, needs }: DetectorCard, feeds: readonly FeedHealth[]): string[] {
  if (silenced_by !== 'team' || needs.includes('staff')) return [];
  return datasetSight('staff', feeds).reasons.map(
    (reason) => `${reason}, and nobody can tell who is of the team that treats a patient`,
  );
}

/** A detector that learns from days before has little to learn from at first. */
function historyOf(
  { lookback_days }: DetectorCard,
  heard: readonly FeedHealth[],
  now: number,
): string[] {
  const firsts = heard.map(({ first_event_at_ms }) => first_event_at_ms).filter((at) => at > 0);
  if (lookback_days === 0 || firsts.length === 0) return [];
  const days = Math.floor((now - Math.min(...firsts)) / day_ms);
  if (days >= lookback_days) return [];
  return [`it learns from ${lookback_days} days, and events are known of ${days}`];
}

function namesOf(datasets: readonly string[]): string {
  return datasets
    .map((dataset) => (dataset_names[dataset] ?? inWords(dataset)).toLowerCase())
    .join(', ');
}
