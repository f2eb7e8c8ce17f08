/** Which alerts are looked at together, and why. Pure. */
import { createHash } from 'node:crypto';
import { byText, daysBetween, type QueueAlert } from './alert.ts';
import { isDraw } from './families.ts';

/** Alerts of one person that lie no further apart than this are one piece of work. */
export const grouping_days_max = 7;

/** Alerts that are looked at together, in the order of their days. */
export interface Group {
  readonly item_id: string;
  readonly alerts: readonly QueueAlert[];
}

/**
 * Groups alerts: those of one person in one organisation that share a patient, or lie within seven days of one another,
 * directly or through others between them. A random draw is a group of its own, since whoever looks at it together with
 * other alerts would not judge it by itself.
 *
 * Every alert is in exactly one group, whatever the order in which they come.
 */
export function groupAlerts(alerts: readonly QueueAlert[]): Group[] {
  const groups: Group[] = [];
  const of_person = new Map<string, QueueAlert[]>();
  for (const alert of alerts) {
    if (isDraw(alert.detector_id)) {
      groups.push(groupOf([alert]));
      continue;
    }
    const key = `${alert.organisation_code}\n${alert.person_key}`;
    const known = of_person.get(key);
    if (known) known.push(alert);
    else of_person.set(key, [alert]);
  }
  for (const theirs of of_person.values()) groups.push(...connected(theirs));
  return groups.sort((a, b) => byText(a.item_id, b.item_id));
}

/** The sentence that says why the alerts of a group are together; empty for one alone. */
export function groupingReason(alerts: readonly QueueAlert[]): string {
  if (alerts.length < 2) return '';
  const of_patient = new Map<string, number>();
  for (const { patient_id } of alerts) {
    if (patient_id !== '') of_patient.set(patient_id, (of_patient.get(patient_id) ?? 0) + 1);
  }
  const shared = [...of_patient.values()].filter((count) => count > 1);
  const patients = of_patient.size;
  const days = alerts.map(({ day }) => day).sort(byText);
  const span = daysBetween(days[0] ?? '', days.at(-1) ?? '');
  const when =
    span === 0
      ? 'on one day'
      : span <= grouping_days_max
        ? `within ${span + 1} days`
        : `over ${span + 1} days`;
  const about =
    patients === 0
      ? ''
      : patients === 1
        ? ' about one patient'
        : shared.length === 0
          ? ` about ${patients} patients`
          : ` about ${patients} patients, ${shared.length} of them more than once`;
  return `${alerts.length} alerts of the same person${about}, ${when}.`;
}

function connected(alerts: readonly QueueAlert[]): Group[] {
  if (alerts.length === 1) return [groupOf(alerts)];
  const ordered = [...alerts].sort(byDay);
  const leader = ordered.map((_, index) => index);
  const find = (index: number): number => {
    let at = index;
    while (leader[at] !== at) at = leader[at] ?? at;
    leader[index] = at;
    return at;
  };
  const join = (a: number, b: number) => {
    const [first, second] = [find(a), find(b)];
    // The earlier one leads: an alert that comes later does not change what a group is called.
    leader[Math.max(first, second)] = Math.min(first, second);
  };
  const with_patient = new Map<string, number>();
  ordered.forEach((alert, index) => {
    const before = ordered[index - 1];
    // Neighbours in time are enough: whoever is near in time to one is so through those between.
    if (before && daysBetween(before.day, alert.day) <= grouping_days_max) join(index - 1, index);
    if (alert.patient_id === '') return;
    const earlier = with_patient.get(alert.patient_id);
    if (earlier === undefined) with_patient.set(alert.patient_id, index);
    else join(earlier, index);
  });
  const groups = new Map<number, QueueAlert[]>();
  ordered.forEach((alert, index) => {
    const at = find(index);
    const members = groups.get(at);
    if (members) members.push(alert);
    else groups.set(at, [alert]);
  });
  return [...groups.values()].map(groupOf);
}

function groupOf(alerts: readonly QueueAlert[]): Group {
  const [earliest] = alerts;
  if (!earliest) throw new TypeError('A group holds at least one alert.');
  const text = JSON.stringify(['item', earliest.alert_id]);
  return { item_id: createHash('sha256').update(text).digest('hex').slice(0, 32), alerts };
}

function byDay(a: QueueAlert, b: QueueAlert): number {
  return byText(a.day, b.day) || byText(a.alert_id, b.alert_id);
}
