/** How often an alert of a detector turns out to be misuse: from simulated truth, from its rate here, from findings. */
import { logit, probabilityOf, type QueueAlert, type Severity } from './alert.ts';
import { isDraw, isOwnRecord, isProvedTie } from './families.ts';
import { link_classes, link_log_odds, type LinkClass } from './link.ts';
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
  /** Every alert that stands, open or closed, or the share of a detector's that `listed_shares` says. */
  readonly alerts: readonly Pick<
    QueueAlert,
    | 'detector_id'
    | 'organisation_code'
    | 'severity'
    | 'score'
    | 'link'
    | 'patient_id'
    | 'person_key'
  >[];
  readonly findings: readonly FindingCounts[];
  /** Accesses by a person's hand that detectors have judged, by organisation. */
  readonly accesses: ReadonlyMap<string, number>;
  /** By detector, the share of its alerts that are among `alerts`; 1 where it is not named. */
  readonly listed_shares?: ReadonlyMap<string, number>;
}

/** The probability that an alert is misuse, taken by itself. */
export type Precision = (
  alert: Pick<QueueAlert, 'detector_id' | 'organisation_code' | 'severity' | 'score' | 'link'>,
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
 * True alerts that an evaluation counts for at most, of a detector and of a cell: simulated misuse is not the real one, and a
 * detector that is never wrong in it will be in a real exchange.
 */
const evaluated_alerts_max = 12;

/** That it is often wrong in a simulation needs less doubt: below this share, as many alerts count as hold so many true. */
const doubted_share = 0.1;

/** True alerts per access of a detector that no evaluation has seen: a misuse in 10 000 accesses, shared out among ten. */
const default_true_rate = 1e-5;

/** A cell's own share moves from what its detector's would be there by as many alerts as would outweigh this many. */
const cell_alerts = 15;

/**
 * Log-odds from score 0 to score 1, where no evaluation has told yet what a score is worth: what lowers a score, such as
 * a weak explanation, was meant to lower it.
 */
const score_slope = 2;

/** The same below the middle of the lowest band and above that of the highest, where nothing is known beyond. */
const score_slope_at_ends = 1;

/**
 * What a link is worth of what it is elsewhere, for one's own record: at one's own hospital it has a link as often as not,
 * and that makes it no more one's work. Of a relative it says what it says of anybody: some are cared for by one's team.
 */
const own_record_link_weight = 0.5;

/** Alerts by which a rate observed here is drawn to the expected one: a few alerts are no flood. */
const rate_alerts = 5;

/** A detector that is rarer here than expected is trusted more, but not beyond these odds. */
const rarity_max = 2;

/** What a finding on an alert of another version is worth: the same text under other thresholds, and older text. */
const other_params_weight = 0.5;
const older_text_weight = 0.25;

/**
 * Estimates precision by cell, which is a detector's alerts of one score band and one link, in four steps.
 *
 * 1. The evaluation. Within a detector, log-odds rise with the score and fall with the link by the same slopes for all
 *    (`score_slope`, `link_log_odds`; by half as much with the link for one's own record); how high they lie is what the
 *    evaluation found of the whole detector, shrunk to the default of its severity. A cell of which the evaluation saw
 *    enough goes its own way; a higher score never means less, and from one band to the next log-odds rise evenly.
 * 2. The rate here, by cell: a flood of low scores says nothing against the few high ones. A detector that raises far more
 *    alerts per access than was evaluated does so because something innocent looks like misuse on this exchange: feeds miss
 *    care by the hundred, clinics see one sex, records of employment lag by weeks, and misuse is rare wherever it was counted.
 *    So the number of true alerts stays, and the odds fall by the excess. Only of a proved tie a higher rate more likely
 *    means more misuse: there they fall by the excess to the power of the cube root of the share that was false before.
 * 3. Findings move the whole detector, those of older versions less. Not the cells one by one: reviewers see the top of
 *    the queue, and too little of each cell.
 * 4. The rate in the organisation, against the detector's rate on the whole exchange, as in 2: where a feed is missing,
 *    whatever rests on the absence of a link floods.
 */
export function estimatePrecision(inputs: PrecisionInputs): Precision {
  const counts = countAlerts(inputs.alerts);
  const accesses_all = sum(inputs.accesses.values());
  const detectors = new Map<string, Cells>();
  for (const [detector_id, { severity, cells }] of counts.detectors) {
    detectors.set(
      detector_id,
      estimateDetector(inputs, detector_id, severity, cells, accesses_all),
    );
  }
  return ({ detector_id, organisation_code, severity, score, link }) => {
    if (isDraw(detector_id)) return drawn_precision;
    const estimate =
      detectors.get(detector_id) ??
      estimateDetector(inputs, detector_id, severity, noCells(), accesses_all);
    const band = bandOf(score);
    const whole = between(estimate[link], score);
    const all = counts.detectors.get(detector_id)?.cells[link][band] ?? 0;
    const here = counts.organisations.get(`${detector_id}\n${organisation_code}\n${link}\n${band}`);
    const share = (inputs.accesses.get(organisation_code) ?? 0) / Math.max(1, accesses_all);
    return probabilityOf(corrected(whole, here ?? 0, all * share, detector_id));
  };
}

/** A number for each cell of a detector: by link, then by score band from low to high. */
type Cells = Record<LinkClass, number[]>;

/** Log-odds by cell. */
function estimateDetector(
  inputs: PrecisionInputs,
  detector_id: string,
  severity: Severity,
  /** Alerts that stand here. */
  observed: Cells,
  accesses: number,
): Cells {
  const counted = inputs.priors.detectors[detector_id]?.links ?? {};
  const bands = Object.values(counted).flat();
  const alerts = sum(bands.map((band) => band.alerts));
  // What the simulation never made speak is not known to be rare.
  const is_evaluated = alerts > 0 && inputs.priors.source.accesses > 0;
  const weight = isOwnRecord(detector_id) ? own_record_link_weight : 1;
  const height = heightOf(counted, default_precision[severity], weight);
  const listed_accesses = accesses * (inputs.listed_shares?.get(detector_id) ?? 1);
  const here = noCells();
  for (const link of link_classes) {
    const meant = here[link].map((_, band) => probabilityOf(height + slopeOf(link, band, weight)));
    const evaluated = nonDecreasing(
      meant.map((precision, index) => {
        const band = counted[link]?.[index] ?? { alerts: 0, true: 0 };
        const value = shrunk(band.true, band.alerts, precision, cell_alerts);
        return { value, weight: band.alerts + cell_alerts };
      }),
    );
    // A flood of high scores can leave them below the middle ones, which are then no better than they are.
    here[link] = nonDecreasing(
      evaluated.map((precision, index) => {
        const expected = is_evaluated
          ? ((counted[link]?.[index]?.alerts ?? 0) + 1 / score_bands) /
            inputs.priors.source.accesses
          : default_true_rate / (meant[index] ?? 1);
        const raised = observed[link][index] ?? 0;
        const log_odds = corrected(
          logit(precision),
          raised,
          expected * listed_accesses,
          detector_id,
        );
        return { value: log_odds, weight: raised + rate_alerts };
      }),
    );
  }
  const shift = shiftByFindings(inputs, detector_id, marginalOf(here, observed), alerts);
  for (const link of link_classes) here[link] = here[link].map((log_odds) => log_odds + shift);
  return here;
}

/**
 * By how much a cell's log-odds lie above the detector's, where nothing but its score and link are known.
 *
 * @param weight of the link
 */
function slopeOf(link: LinkClass, band: number, weight: number): number {
  return weight * link_log_odds[link] + score_slope * (middleOf(band) - 0.5);
}

/**
 * The log-odds from which the slopes give as many true alerts as the evaluation found, shrunk: `default_alerts` more, of
 * unknown link and middling score, are true as often as `believed`. Found by halving, since the sum only rises.
 */
function heightOf(
  counted: Priors['detectors'][string]['links'],
  believed: number,
  link_weight: number,
): number {
  const cells = link_classes.flatMap((link) =>
    // Where no feed tells, whatever rests on the absence of a link speaks at random.
    link === 'unfed' || link === 'unfed_in_company'
      ? []
      : (counted[link] ?? []).map((band, index) => ({
          ...band,
          slope: slopeOf(link, index, link_weight),
        })),
  );
  const alerts = sum(cells.map((cell) => cell.alerts));
  const true_alerts = sum(cells.map((cell) => cell.true));
  const weight = Math.min(1, evaluatedMax(true_alerts / Math.max(1, alerts)) / Math.max(1, alerts));
  const found = default_alerts * believed + weight * true_alerts;
  let [low, high] = [-15, 15];
  for (let step = 0; step < 50; step += 1) {
    const height = (low + high) / 2;
    const meant =
      default_alerts * probabilityOf(height) +
      weight * sum(cells.map(({ alerts: of, slope }) => of * probabilityOf(height + slope)));
    if (meant < found) low = height;
    else high = height;
  }
  return (low + high) / 2;
}

/** By score band, the log-odds of the alerts that stand, whatever their link; where none stand, those of `unknown`. */
function marginalOf(cells: Cells, observed: Cells): number[] {
  return cells.unknown.map((unknown, band) => {
    const raised = link_classes.map((link) => observed[link][band] ?? 0);
    const all = sum(raised);
    if (all === 0) return unknown;
    const found = link_classes.map(
      (link, nth) => (raised[nth] ?? 0) * probabilityOf(cells[link][band] ?? 0),
    );
    return logit(sum(found) / all);
  });
}

/** The share of true ones among `alerts`, drawn to `believed` by `weight` of them. */
function shrunk(found: number, alerts: number, believed: number, weight: number): number {
  const share = alerts > 0 ? found / alerts : 0;
  const counted = Math.min(alerts, evaluatedMax(share));
  return (share * counted + believed * weight) / (counted + weight);
}

/** Alerts that an evaluation counts for at most, where this share of them was true. */
function evaluatedMax(share: number): number {
  return evaluated_alerts_max / Math.max(share, doubted_share);
}

/** The log-odds after `observed` alerts where `expected` were: see steps 2 and 4. */
function corrected(
  log_odds: number,
  observed: number,
  expected: number,
  detector_id: string,
): number {
  const precision = probabilityOf(log_odds);
  const excess = (observed + rate_alerts) / (expected + rate_alerts);
  const false_share = isProvedTie(detector_id) ? Math.cbrt(1 - precision) : 1;
  return log_odds - false_share * Math.log(Math.max(1 / rarity_max, excess));
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

/**
 * The log-odds at a score: a band's are those of its middle, and between two middles they rise evenly, so that ranks do not
 * fall into steps. Beyond the first and the last middle they go on by `score_slope_at_ends`.
 */
function between(bands: readonly number[], score: number): number {
  const last = bands.length - 1;
  const place = score * score_bands - 0.5;
  const below = Math.min(last - 1, Math.max(0, Math.floor(place)));
  const [low = 0, high = low] = bands.slice(below, below + 2);
  if (place < 0) return low + score_slope_at_ends * (score - middleOf(0));
  if (place > last) return high + score_slope_at_ends * (score - middleOf(last));
  return low + (high - low) * (place - below);
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
 * How often each detector speaks, by cell: on one patient once, however many people looked and on however many days, and
 * of a person once where no one patient is named. A crowd at one record is one incident and no flood.
 */
function countAlerts(alerts: PrecisionInputs['alerts']) {
  const counted = new Set<string>();
  const detectors = new Map<string, { severity: Severity; cells: Cells }>();
  const organisations = new Map<string, number>();
  for (const alert of alerts) {
    const { detector_id, organisation_code, severity, score, link, patient_id, person_key } = alert;
    const band = bandOf(score);
    const key = `${detector_id}\n${organisation_code}\n${link}\n${band}`;
    const about = `${key}\n${patient_id || person_key}`;
    if (counted.has(about)) continue;
    counted.add(about);
    const known = detectors.get(detector_id) ?? { severity, cells: noCells() };
    known.cells[link][band] = (known.cells[link][band] ?? 0) + 1;
    detectors.set(detector_id, known);
    organisations.set(key, (organisations.get(key) ?? 0) + 1);
  }
  return { detectors, organisations };
}

function noCells(): Cells {
  return Object.fromEntries(
    link_classes.map((link) => [link, Array.from({ length: score_bands }, () => 0)]),
  ) as Cells;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
