/** How likely a group of alerts holds misuse: the strongest of them, and what independent evidence adds. Pure. */
import { logit, probabilityOf, type QueueAlert } from './alert.ts';
import { familyOf, isSummary } from './families.ts';

/** An alert with how often such alerts turn out true by themselves. */
export interface Weighed {
  readonly alert: QueueAlert;
  readonly precision: number;
  /** Whether it rests on the absence of a link already: its detector is silenced by one. */
  readonly needs_no_link: boolean;
}

/**
 * How often a look at a patient whom an alert names is misuse anyway, and how often somebody who has an alert does
 * something in the same week: what further evidence is held against. The first is above the share of all looks, since
 * looks that raise any alert are no random ones; the second is higher again, since a person has many looks in a week.
 */
const base_same_patient = 0.001;
const base_same_person = 0.005;

/**
 * What the strongest further evidence counts; each one after it counts half of the one before. Detectors are less
 * independent than their families say: one busy day is unusual in many ways at once.
 */
const further_weight = 0.5;

/** Of evidence of a family that was counted already, what is left: it is seldom quite the same fact. */
const same_family_weight = 0.1;

/** The odds that all further evidence together can add: twelve times. So many weak signals never outrank one proof. */
const further_max = 2.5;

/**
 * Odds grow by this power of the number of patients and days on which the strongest detector fired. What names no one patient
 * speaks of weeks, and says much the same again on the next day: that counts once.
 */
const repetition_power = 0.5;
const repetitions_max = 16;

/**
 * The log-odds that a reviewer finds misuse in a group.
 *
 * The strongest alert counts fully. Others add what they say beyond the base rate, in log-odds, as independent evidence
 * does: one family once, on the same patient more than merely in the same week, the second half as much as the first.
 *
 * @param alerts at least one
 * @param signals alerts of detectors that never stand alone
 */
export function combine(alerts: readonly Weighed[], signals: readonly Weighed[]): number {
  const lead = strongest(alerts);
  const further = [...bestByFamily(lead, alerts), ...bestByFamily(lead, signals)]
    .map(({ weighed, gain }) => (isOverlapping(lead, weighed) ? gain * same_family_weight : gain))
    .sort((a, b) => b - a);
  const added = further.reduce(
    (total, gain, index) => total + gain * further_weight ** (index + 1),
    0,
  );
  const of_lead = alerts.filter(({ alert }) => alert.detector_id === lead.alert.detector_id);
  const of_patients = of_lead.filter(({ alert }) => alert.patient_id !== '');
  const times = new Set(of_patients.map(({ alert }) => `${alert.patient_id}\n${alert.day}`)).size;
  const repeated = repetition_power * Math.log(Math.min(Math.max(1, times), repetitions_max));
  return logit(lead.precision) + Math.min(further_max, added + repeated);
}

/** The probability of the same. */
export function expectedYield(alerts: readonly Weighed[], signals: readonly Weighed[]): number {
  return probabilityOf(combine(alerts, signals));
}

/** The alert that leads: the most precise one, and of equals the one with the smallest id. */
export function strongest(alerts: readonly Weighed[]): Weighed {
  const [first, ...others] = alerts;
  if (!first) throw new TypeError('A group holds at least one alert.');
  return others.reduce((best, next) => (isStronger(next, best) ? next : best), first);
}

/** Orders alerts, the strongest first. */
export function byStrength(a: Weighed, b: Weighed): number {
  return isStronger(a, b) ? -1 : isStronger(b, a) ? 1 : 0;
}

function isStronger(a: Weighed, b: Weighed): boolean {
  if (a.precision !== b.precision) return a.precision > b.precision;
  if (a.alert.score !== b.alert.score) return a.alert.score > b.alert.score;
  return a.alert.alert_id < b.alert.alert_id;
}

/** Of each family, the alert that adds most to `lead`. */
function bestByFamily(lead: Weighed, others: readonly Weighed[]) {
  const best = new Map<string, { weighed: Weighed; gain: number }>();
  for (const weighed of others) {
    // Repetitions of the lead's own detector are counted apart.
    if (weighed.alert.detector_id === lead.alert.detector_id) continue;
    const is_close = isClose(lead.alert, weighed.alert);
    const base = is_close ? base_same_patient : base_same_person;
    const gain = Math.max(0, logit(weighed.precision) - logit(base));
    const family = familyOf(weighed.alert.detector_id);
    const known = best.get(family);
    if (!known || gain > known.gain) best.set(family, { weighed, gain });
  }
  return [...best.values()];
}

/** Whether both speak of the same looks: the same patient, or the same day where one is of no one patient. */
function isClose(a: QueueAlert, b: QueueAlert): boolean {
  if (a.patient_id !== '' && b.patient_id !== '') return a.patient_id === b.patient_id;
  return a.day === b.day;
}

/** Whether `other` says what `lead` has said. */
function isOverlapping(lead: Weighed, other: Weighed): boolean {
  const [of_lead, of_other] = [lead, other].map(({ alert }) => familyOf(alert.detector_id));
  if (of_lead === of_other) return true;
  // A summary is made of the others.
  if (isSummary(other.alert.detector_id) || isSummary(lead.alert.detector_id)) return true;
  return (
    (of_other === 'absence' && restsOnAbsence(lead)) ||
    (of_lead === 'absence' && restsOnAbsence(other))
  );
}

/** Whether that nothing explains its access is said with it: its detector asks for it, or its precision goes by the link. */
function restsOnAbsence({ alert, needs_no_link }: Weighed): boolean {
  return needs_no_link || alert.link !== 'unknown';
}
