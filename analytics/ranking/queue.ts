/** The queue as a function of alerts, findings, suppressions, activations, budgets and priors. Pure. */
import type { EpochMs } from '../../sql/clock.ts';
import { byText, daysBetween, probabilityOf, type QueueAlert, type Severity } from './alert.ts';
import { allot, budgetKey, lot, weekOf } from './budget.ts';
import { byStrength, combine, type Weighed } from './combine.ts';
import { isDanger, isDraw, isOfIncident } from './families.ts';
import { groupAlerts, grouping_days_max, groupingReason } from './group.ts';
import { estimatePrecision, type FindingCounts } from './precision.ts';
import type { Priors } from './priors.ts';
import { suppressedBy, type Suppression } from './suppressed.ts';

/** What of a detector bears on the queue. */
export interface RankedDetector {
  readonly title: string;
  /** code.params in force */
  readonly detector_version: string;
  readonly silenced_by: string;
}

export interface QueueInputs {
  /** Alerts that stand: raised, not withdrawn; closed ones among them. */
  readonly alerts: readonly QueueAlert[];
  readonly findings: readonly FindingCounts[];
  /** Those in force. */
  readonly suppressions: readonly Suppression[];
  /** The status of a detector in an organisation, by activation and header. */
  readonly statusOf: (detector_id: string, organisation_code: string) => string;
  readonly detectors: ReadonlyMap<string, RankedDetector>;
  readonly budgets: ReadonlyMap<string, number>;
  readonly accesses: ReadonlyMap<string, number>;
  readonly priors: Priors;
  /** By detector, the share of its alerts that are among `alerts`; 1 where it is not named. */
  readonly listed_shares?: ReadonlyMap<string, number>;
}

/** A row of `queue_item_builds`, but for the build. */
export interface QueueItem {
  readonly item_id: string;
  readonly rank: number;
  readonly rank_in_organisation: number;
  readonly organisation_code: string;
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly patient_ids: readonly string[];
  readonly alert_ids: readonly string[];
  readonly closed_alert_ids: readonly string[];
  readonly signal_alert_ids: readonly string[];
  readonly detector_ids: readonly string[];
  readonly first_at: EpochMs;
  readonly last_at: EpochMs;
  readonly expected_yield: number;
  readonly priority: number;
  readonly severity: Severity;
  readonly lane: 'danger' | 'ordinary';
  readonly week: string;
  readonly is_within_budget: boolean;
  readonly is_sampled: boolean;
  readonly place: number;
  readonly reason: string;
  readonly grouping_reason: string;
}

export interface Queue {
  /** The best first. */
  readonly items: readonly QueueItem[];
  readonly open_alerts: number;
  readonly signal_alerts: number;
  readonly suppressed_alerts: number;
}

/** What severity is worth beside yield: it decides between near equals, and no more (decisions/0008). */
const severity_weight: Readonly<Record<Severity, number>> = { low: 0.85, medium: 1, high: 1.15 };
const severities: readonly Severity[] = ['low', 'medium', 'high'];

/**
 * What each further item of one person counts of the one before: whoever works the first looks at the person's other ones,
 * so that they tell less that is new than another person's first would. The same goes for those of one incident: whoever
 * finds that one of twelve at a record had no reason, or that they were a case conference, knows where the others stand.
 */
const repeated_weight = 0.5;

/**
 * How likely an alert of a danger must be misuse to be the same day's work. Less than one in fifty is care of somebody who
 * is to be protected, by those whom nothing but the organisation's link names: a lane that holds all of it hides the few.
 */
const danger_precision_min = 0.02;

/** Signals shown with an item: more say nothing new. */
const signals_max = 50;

/** Builds the queue: the same inputs, in any order, give the same items. */
export function buildQueue(inputs: QueueInputs): Queue {
  const precisionOf = estimatePrecision({
    ...inputs,
    versions: new Map(
      [...inputs.detectors].map(([id, { detector_version }]) => [id, detector_version]),
    ),
  });
  const isSuppressed = suppressedBy(inputs.suppressions);
  const weigh = (alert: QueueAlert): Weighed => ({
    alert,
    precision: precisionOf(alert),
    needs_no_link: (inputs.detectors.get(alert.detector_id)?.silenced_by ?? 'none') !== 'none',
  });
  const standing: QueueAlert[] = [];
  const signals = new Map<string, Weighed[]>();
  const counts = { open_alerts: 0, signal_alerts: 0, suppressed_alerts: 0 };
  for (const alert of inputs.alerts) {
    const status = inputs.statusOf(alert.detector_id, alert.organisation_code);
    if (status === 'signal') {
      counts.signal_alerts += 1;
      const key = personKey(alert);
      const known = signals.get(key);
      if (known) known.push(weigh(alert));
      else signals.set(key, [weigh(alert)]);
    } else if (status === 'active') {
      if (!alert.is_closed) counts.open_alerts += 1;
      if (!alert.is_closed && isSuppressed(alert)) counts.suppressed_alerts += 1;
      else standing.push(alert);
    }
  }

  const done = new Map<string, number>();
  const candidates: Candidate[] = [];
  for (const { item_id, alerts } of groupAlerts(standing)) {
    const open = alerts.filter(({ is_closed }) => !is_closed);
    const lead = alerts[0];
    if (open.length === 0) {
      const last = alerts.at(-1);
      const key = budgetKey(lead?.organisation_code ?? '', weekOf(last?.day ?? ''));
      done.set(key, (done.get(key) ?? 0) + 1);
      continue;
    }
    const weighed = open.map(weigh).sort(byStrength);
    const near = lead ? nearSignals(open, signals.get(personKey(lead)) ?? []) : [];
    candidates.push(candidateOf(item_id, alerts, weighed, near, inputs.detectors));
  }
  return { items: placed(candidates, inputs.budgets, done), ...counts };
}

type Candidate = Omit<
  QueueItem,
  'rank' | 'rank_in_organisation' | 'is_within_budget' | 'is_sampled' | 'place'
> & {
  readonly is_draw: boolean;
  /** Whose further item it may be: the person's, and the incident's that leads it. None of a draw. */
  readonly repeats_of: readonly string[];
};

function candidateOf(
  item_id: string,
  alerts: readonly QueueAlert[],
  weighed: readonly Weighed[],
  signals: readonly Weighed[],
  detectors: QueueInputs['detectors'],
): Candidate {
  const open = weighed.map(({ alert }) => alert);
  const [lead] = open;
  if (!lead) throw new TypeError('An item has at least one open alert.');
  const expected_yield = probabilityOf(combine(weighed, signals));
  const severity =
    severities[Math.max(...open.map((one) => severities.indexOf(one.severity)))] ?? 'low';
  const last_day = open.reduce((day, one) => (one.day > day ? one.day : day), lead.day);
  return {
    item_id,
    organisation_code: lead.organisation_code,
    staff_id_system: lead.staff_id_system,
    staff_id: lead.staff_id,
    patient_ids: distinct(open.map(({ patient_id }) => patient_id).filter((id) => id !== '')).sort(
      byText,
    ),
    alert_ids: open.map(({ alert_id }) => alert_id),
    closed_alert_ids: alerts.filter(({ is_closed }) => is_closed).map(({ alert_id }) => alert_id),
    signal_alert_ids: signals.slice(0, signals_max).map(({ alert }) => alert.alert_id),
    detector_ids: distinct(open.map(({ detector_id }) => detector_id)),
    first_at: open.reduce((at, one) => Math.min(at, one.first_at), lead.first_at),
    last_at: open.reduce((at, one) => Math.max(at, one.last_at), lead.last_at),
    expected_yield,
    priority: expected_yield * severity_weight[severity],
    severity,
    lane: weighed.some(isPossibleDanger) ? 'danger' : 'ordinary',
    week: weekOf(last_day),
    reason: reasonOf(open, signals, detectors),
    grouping_reason: groupingReason(open),
    is_draw: isDraw(lead.detector_id),
    repeats_of: repeatsOf(lead),
  };
}

function isPossibleDanger({ alert, precision }: Weighed): boolean {
  return isDanger(alert.detector_id) && precision >= danger_precision_min;
}

/** Ranks, budget and places of all candidates. */
function placed(
  candidates: readonly Candidate[],
  budgets: ReadonlyMap<string, number>,
  done: ReadonlyMap<string, number>,
): QueueItem[] {
  const ranked = withRepeats([...candidates].sort(byPriority)).sort(byPriority);
  const allotted = allot(
    ranked.map((item) => ({ ...item, is_danger: item.lane === 'danger' })),
    budgets,
    done,
  );
  const in_organisation = new Map<string, number>();
  const items = ranked.map(({ is_draw: _, repeats_of: __, ...item }, index): QueueItem => {
    const rank_in_organisation = (in_organisation.get(item.organisation_code) ?? 0) + 1;
    in_organisation.set(item.organisation_code, rank_in_organisation);
    const { is_within_budget = false, is_sampled = false } = allotted.get(item.item_id) ?? {};
    return {
      ...item,
      rank: index + 1,
      rank_in_organisation,
      is_within_budget,
      is_sampled,
      place: 0,
    };
  });
  return withPlaces(items);
}

/**
 * Lowers the priority of each further item of one person in an organisation, and of each further one that an incident
 * leads, `candidates` being in order of it.
 */
function withRepeats(candidates: readonly Candidate[]): Candidate[] {
  const before = new Map<string, number>();
  const countOf = (key: string): number => {
    const nth = before.get(key) ?? 0;
    before.set(key, nth + 1);
    return nth;
  };
  return candidates.map((item) => {
    const nth = Math.max(0, ...item.repeats_of.map(countOf));
    return { ...item, priority: item.priority * repeated_weight ** nth };
  });
}

function repeatsOf(lead: QueueAlert): string[] {
  const { detector_id, organisation_code, patient_id, day } = lead;
  if (isDraw(detector_id)) return [];
  const person = `person\n${personKey(lead)}`;
  return isOfIncident(detector_id)
    ? [person, ['incident', detector_id, organisation_code, patient_id, day].join('\n')]
    : [person];
}

function byPriority(a: Candidate, b: Candidate): number {
  return b.priority - a.priority || byText(a.item_id, b.item_id);
}

/**
 * Where each item stands in the list that its organisation's reviewers see: possible dangers first, then by rank. What was
 * drawn at random stands where the lot puts it: at the end, where its yield would put it, everybody would know it.
 */
function withPlaces(items: readonly QueueItem[]): QueueItem[] {
  const places = new Map<string, number>();
  const shown = items.filter((item) => item.is_within_budget || item.is_sampled);
  for (const theirs of Map.groupBy(shown, (item) => item.organisation_code).values()) {
    const fixed = theirs.filter((item) => !item.is_sampled);
    const list = [
      ...fixed.filter(({ lane }) => lane === 'danger'),
      ...fixed.filter(({ lane }) => lane !== 'danger'),
    ];
    const dangers = fixed.filter(({ lane }) => lane === 'danger').length;
    const drawn = theirs
      .filter((item) => item.is_sampled)
      .sort((a, b) => byText(lot(a.item_id), lot(b.item_id)));
    for (const item of drawn) {
      const chance = parseInt(lot(item.item_id).slice(0, 8), 16) / 2 ** 32;
      const from = item.lane === 'danger' ? 0 : dangers;
      list.splice(from + Math.floor(chance * (list.length - from + 1)), 0, item);
    }
    list.forEach((item, index) => places.set(item.item_id, index + 1));
  }
  return items.map((item) => ({ ...item, place: places.get(item.item_id) ?? 0 }));
}

/** The signals of the person that share a patient with the alerts, or lie within the days that group alerts. */
function nearSignals(alerts: readonly QueueAlert[], signals: readonly Weighed[]): Weighed[] {
  const patients = new Set(alerts.map(({ patient_id }) => patient_id).filter((id) => id !== ''));
  const days = distinct(alerts.map(({ day }) => day));
  return signals
    .filter(
      ({ alert }) =>
        patients.has(alert.patient_id) ||
        days.some((day) => Math.abs(daysBetween(day, alert.day)) <= grouping_days_max),
    )
    .sort(byStrength);
}

function reasonOf(
  open: readonly QueueAlert[],
  signals: readonly Weighed[],
  detectors: QueueInputs['detectors'],
): string {
  const [lead, ...others] = open;
  const titles = (alerts: readonly QueueAlert[]) =>
    [...Map.groupBy(alerts, ({ detector_id }) => detector_id)]
      .map(([id, of]) => {
        const title = detectors.get(id)?.title ?? id;
        return of.length === 1 ? title : `${title} (${of.length} times)`;
      })
      .join('; ');
  const also = others.length > 0 ? ` Also: ${titles(others)}.` : '';
  const beside =
    signals.length > 0 ? ` Signals beside it: ${titles(signals.map(({ alert }) => alert))}.` : '';
  return `${lead?.reason ?? ''}${also}${beside}`;
}

function personKey(alert: QueueAlert): string {
  return `${alert.organisation_code}\n${alert.person_key}`;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
