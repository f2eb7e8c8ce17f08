/** How often an alert of a detector turns out to be misuse: from simulated truth, from its rate here, from findings. */
import { logit, probabilityOf, type QueueAlert, type Severity } from './alert.ts';
import { isDraw } from './families.ts';
import { bandOf, score_bands, type Priors } from './priors.ts';

/** What people found on alerts of one version of a detector, by score band. */
export interface FindingCounts {
  readonly detector_id: string;
  /** code.params */
  readonly detector_version: string;
  readonly band: number;
  readonly true_count: number;
  readonly false_count: number;
}

/** What precision is estimated from. */
export interface PrecisionInputs {
  readonly priors: Priors;
  /** The version of each detector that is in force, as code.params. */
  readonly versions: ReadonlyMap<string, string>;
  /** Every alert that stands, open or closed. */
  readonly alerts: readonly Pick<
    QueueAlert,
    'detector_id' | 'organisation_code' | 'severity' | 'score' | 'patient_id' | 'person_key'
  >[];
  readonly findings: readonly FindingCounts[];
  /** Accesses by a person's hand that detectors have judged, by organisation. */
  readonly accesses: ReadonlyMap<string, number>;
}

/** The probability that an alert is misuse, taken by itself. */
export type Precision = (
  alert: Pick<QueueAlert, 'detector_id' | 'organisation_code' | 'severity' | 'score'>,
) => number;

/**
 * What is believed of a detector that no evaluation has seen. Sceptical: published rules of access monitors are right in
 * a few of a hundred alerts unless they prove a tie, and a detector that deserves more earns it by evaluation.
 */
const default_precision: Readonly<Record<Severity, number>> = {
  low: 0.02,
  medium: 0.1,
  high: 0.25,
};

/** A look that was drawn at random is what any look is: misuse in about one of ten thousand. */
const drawn_precision = 1e-4;

/** The weight of that belief, in alerts: an evaluation of as many alerts counts as much. */
const default_alerts = 8;

/**
 * Alerts that an evaluation counts for at most, of a detector and of a band: simulated misuse is not the real one, and a
 * detector that is never wrong in it will be in a real exchange.
 */
const evaluated_alerts_max = 25;

/** True alerts per access of a detector that no evaluation has seen: a misuse in 10 000 accesses, shared out among ten. */
const default_true_rate = 1e-5;

/** A band's own share moves from its detector's by as many alerts as would outweigh this many of the others. */
const band_alerts = 15;

/**
 * Log-odds from score 0 to score 1, where no evaluation has told yet what a score is worth: what lowers a score, such as
 * a weak explanation, was meant to lower it.
 */
const score_slope = 2;

/** The same within a band, so that ranks do not fall into four steps. */
const score_slope_in_band = 1;

/** Alerts by which a rate observed here is drawn to the expected one: a few alerts are no flood. */
const rate_alerts = 10;

/** A detector that is rarer here than expected is trusted more, but not beyond these odds. */
const rarity_max = 2;

/** What a finding on an alert of another version is worth: the same text under other thresholds, and older text. */
const other_params_weight = 0.5;
const older_text_weight = 0.25;

/**
 * Estimates precision, in four steps.
 *
 * 1. The evaluation's share of true alerts, by score band, shrunk to the detector's and that to the default of its
 *    severity; a higher score never means less.
 * 2. The rate here, by score band: a flood of low scores says nothing against the few high ones. A detector that raises far more alerts per access than was evaluated does so because something
 *    innocent looks like misuse on this exchange. The odds fall by the excess, to the power of the root of the share that
 *    was false before: for a detector that is mostly wrong the number of true alerts stays and the excess is false; for
 *    one that proves a tie a higher rate more likely means more misuse.
 * 3. Findings move the whole detector, those of older versions less. Not the bands one by one: reviewers see the top of
 *    the queue, and too little of each band.
 * 4. The rate in the organisation, against the detector's rate on the whole exchange, as in 2: where a feed is missing,
 *    whatever rests on the absence of a link floods.
 */
export function estimatePrecision(inputs: PrecisionInputs): Precision {
  const counts = countAlerts(inputs.alerts);
  const accesses_all = sum(inputs.accesses.values());
  const detectors = new Map<string, DetectorEstimate>();
  for (const [detector_id, { severity, bands }] of counts.detectors) {
    detectors.set(
      detector_id,
      estimateDetector(inputs, detector_id, severity, bands, accesses_all),
    );
  }
  return ({ detector_id, organisation_code, severity, score }) => {
    if (isDraw(detector_id)) return drawn_precision;
    const estimate =
      detectors.get(detector_id) ??
      estimateDetector(inputs, detector_id, severity, [], accesses_all);
    const band = bandOf(score);
    const tilt = score_slope_in_band * (score - middleOf(band));
    const whole = (estimate.bands[band] ?? estimate.bands[0] ?? 0) + tilt;
    const all = counts.detectors.get(detector_id)?.bands[band] ?? 0;
    const here = counts.organisations.get(`${detector_id}\n${organisation_code}\n${band}`) ?? 0;
    const share = (inputs.accesses.get(organisation_code) ?? 0) / Math.max(1, accesses_all);
    return probabilityOf(corrected(whole, here, all * share));
  };
}

interface DetectorEstimate {
  /** Log-odds by score band. */
  readonly bands: readonly number[];
}

function estimateDetector(
  inputs: PrecisionInputs,
  detector_id: string,
  severity: Severity,
  /** Alerts that stand here, by score band. */
  observed: readonly number[],
  accesses: number,
): DetectorEstimate {
  const counted = inputs.priors.detectors[detector_id]?.bands ?? [];
  const alerts = sum(counted.map((band) => band.alerts));
  const found = sum(counted.map((band) => band.true));
  // What the simulation never made speak is not known to be rare.
  const is_evaluated = alerts > 0 && inputs.priors.source.accesses > 0;
  const believed = default_precision[severity];
  const whole = shrunk(found, alerts, believed, default_alerts);
  const bands = Array.from({ length: score_bands }, (_, index) => {
    const band = counted[index] ?? { alerts: 0, true: 0 };
    const meant = probabilityOf(logit(whole) + score_slope * (middleOf(index) - 0.5));
    const value = shrunk(band.true, band.alerts, meant, band_alerts);
    const expected_rate = is_evaluated
      ? (band.alerts + 1 / score_bands) / inputs.priors.source.accesses
      : default_true_rate / meant;
    return { value, weight: band.alerts + band_alerts, expected: expected_rate * accesses };
  });
  const evaluated_bands = nonDecreasing(bands);
  // A flood of high scores can leave them below the middle ones, which are then no better than they are.
  const here = nonDecreasing(
    evaluated_bands.map((precision, index) => {
      const raised = observed[index] ?? 0;
      const log_odds = corrected(logit(precision), raised, bands[index]?.expected ?? 0);
      return { value: log_odds, weight: raised + rate_alerts };
    }),
  );
  const shift = shiftByFindings(inputs, detector_id, here, alerts);
  return { bands: here.map((log_odds) => log_odds + shift) };
}

/** The share of true ones among `alerts`, of which so many count, drawn to `believed` by `weight` of them. */
function shrunk(found: number, alerts: number, believed: number, weight: number): number {
  const counted = Math.min(alerts, evaluated_alerts_max);
  const share = alerts > 0 ? found / alerts : 0;
  return (share * counted + believed * weight) / (counted + weight);
}

/** The log-odds after `observed` alerts where `expected` were: see steps 2 and 4. */
function corrected(log_odds: number, observed: number, expected: number): number {
  const precision = probabilityOf(log_odds);
  const excess = (observed + rate_alerts) / (expected + rate_alerts);
  return log_odds - Math.sqrt(1 - precision) * Math.log(Math.max(1 / rarity_max, excess));
}

/** By how much findings move the detector's log-odds. */
function shiftByFindings(
  { findings, versions }: PrecisionInputs,
  detector_id: string,
  bands: readonly number[],
  evaluated: number,
): number {
  let found = 0;
  let believed = 0;
  let all = 0;
  for (const row of findings) {
    if (row.detector_id !== detector_id) continue;
    const weight = versionWeight(row.detector_version, versions.get(detector_id));
    const judged = weight * (row.true_count + row.false_count);
    found += weight * row.true_count;
    believed += judged * probabilityOf(bands[row.band] ?? 0);
    all += judged;
  }
  if (all === 0) return 0;
  const prior_alerts = default_alerts + Math.min(evaluated, evaluated_alerts_max);
  const before = believed / all;
  const after = (before * prior_alerts + found) / (prior_alerts + all);
  return logit(after) - logit(before);
}

function middleOf(band: number): number {
  return (band + 0.5) / score_bands;
}

function versionWeight(found_on: string, in_force: string | undefined): number {
  if (in_force === undefined || found_on === in_force) return 1;
  return found_on.split('.')[0] === in_force.split('.')[0]
    ? other_params_weight
    : older_text_weight;
}

/** The closest values, by weight, that never fall: neighbours that do are pooled. */
function nonDecreasing(given: readonly { value: number; weight: number }[]): number[] {
  const pools: { value: number; weight: number; length: number }[] = [];
  for (const { value, weight } of given) {
    pools.push({ value, weight, length: 1 });
    for (;;) {
      const [last, before] = [pools.at(-1), pools.at(-2)];
      if (!last || !before || before.value <= last.value) break;
      pools.splice(-2, 2, {
        value:
          (before.value * before.weight + last.value * last.weight) / (before.weight + last.weight),
        weight: before.weight + last.weight,
        length: before.length + last.length,
      });
    }
  }
  return pools.flatMap(({ value, length }) => Array.from({ length }, () => value));
}

/**
 * How often each detector speaks, by band: on one patient once, however many people looked and on however many days, and
 * of a person once where no one patient is named. A crowd at one record is one incident and no flood.
 */
function countAlerts(alerts: PrecisionInputs['alerts']) {
  const counted = new Set<string>();
  const detectors = new Map<string, { severity: Severity; bands: number[] }>();
  const organisations = new Map<string, number>();
  for (const alert of alerts) {
    const { detector_id, organisation_code, severity, score, patient_id, person_key } = alert;
    const band = bandOf(score);
    const about = `${detector_id}\n${organisation_code}\n${band}\n${patient_id || person_key}`;
    if (counted.has(about)) continue;
    counted.add(about);
    const known = detectors.get(detector_id) ?? {
      severity,
      bands: Array.from({ length: score_bands }, () => 0),
    };
    known.bands[band] = (known.bands[band] ?? 0) + 1;
    detectors.set(detector_id, known);
    const key = `${detector_id}\n${organisation_code}\n${band}`;
    organisations.set(key, (organisations.get(key) ?? 0) + 1);
  }
  return { detectors, organisations };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
