/** What an alert is: its identity, its sentence, and how a judgement compares with what stands. Pure. */
import { createHash } from 'node:crypto';
import type { EpochMs } from '../sql/clock.ts';
import type { Detector } from './detectors.ts';

/** One row as a detector returns it. Times are epoch milliseconds. */
export interface FoundRow {
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly organisation_code: string;
  readonly patient_id: string;
  readonly day: string;
  readonly first_at: EpochMs;
  readonly last_at: EpochMs;
  readonly score: number;
  readonly facts: Readonly<Record<string, string>>;
  readonly event_ids: readonly string[];
  readonly sources: readonly string[];
}

/** An alert as it should stand after a judgement. */
export interface Alert extends FoundRow {
  readonly alert_id: string;
  readonly detector_id: string;
  readonly detector_version: string;
  readonly severity: string;
  readonly reason: string;
  readonly content_hash: string;
}

/** The latest version of an alert in `alert_versions`. */
export interface StandingAlert extends Alert {
  readonly version: number;
  readonly change: 'raised' | 'changed' | 'withdrawn';
}

export type AlertChange = Alert & {
  readonly version: number;
  readonly change: 'raised' | 'changed' | 'withdrawn';
  readonly change_reason: string;
};

/** The alert that a detector's row makes. */
export function alertOf(detector: Detector, detector_version: string, row: FoundRow): Alert {
  const grain = detector.grain.map((name) => row[name as keyof FoundRow] as string);
  const reason = reasonOf(detector.reason, row);
  const said = {
    ...row,
    facts: Object.fromEntries(Object.entries(row.facts).sort(([a], [b]) => (a < b ? -1 : 1))),
    detector_version,
    severity: detector.severity,
    reason,
  };
  return {
    ...said,
    alert_id: alertId(detector.id, grain, row.day),
    detector_id: detector.id,
    content_hash: createHash('sha256').update(canonicalJson(said)).digest('hex'),
  };
}

/**
 * The identity of an alert: the first 32 hex digits of SHA-256 over detector, grain and period.
 *
 * Each part is preceded by its length in bytes, so that no two lists of parts have the same text.
 */
export function alertId(detector_id: string, grain: readonly string[], period: string): string {
  const parts = [detector_id, ...grain, period];
  const text = parts.map((part) => `${Buffer.byteLength(part)}:${part},`).join('');
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * The sentence that an investigator reads. `{staff}` is the role as recorded and the identifier; every other name is
 * a fact. A name without a fact stays as it stands, which the contract tests refuse.
 */
export function reasonOf(template: string, row: Pick<FoundRow, 'staff_id' | 'facts'>): string {
  return template.replace(/\{([a-z_]+)\}/g, (placeholder, name: string) => {
    if (name === 'staff') return `${row.facts.role || 'A member of staff'} (${row.staff_id})`;
    return row.facts[name] ?? placeholder;
  });
}

/**
 * What has to be written so that `found` stands: new alerts are raised, those with other content changed, those no
 * longer found withdrawn. An alert withdrawn and true again is raised anew, under its old identity.
 *
 * @param reasonToWithdraw says why an alert is no longer true
 */
export function compareAlerts(
  found: readonly Alert[],
  standing: readonly StandingAlert[],
  reasonToWithdraw: (alert: StandingAlert) => string,
): AlertChange[] {
  const before = new Map(standing.map((alert) => [alert.alert_id, alert]));
  const now = new Set(found.map((alert) => alert.alert_id));
  const changes: AlertChange[] = [];
  for (const alert of found) {
    const old = before.get(alert.alert_id);
    if (!old) {
      changes.push({ ...alert, version: 1, change: 'raised', change_reason: '' });
    } else if (old.change === 'withdrawn') {
      const change_reason = 'It is true again.';
      changes.push({ ...alert, version: old.version + 1, change: 'raised', change_reason });
    } else if (old.content_hash !== alert.content_hash) {
      changes.push({
        ...alert,
        version: old.version + 1,
        change: 'changed',
        change_reason: whatChanged(old, alert),
      });
    }
  }
  for (const old of standing) {
    if (old.change === 'withdrawn' || now.has(old.alert_id)) continue;
    const { version, ...alert } = old;
    changes.push({
      ...alert,
      version: version + 1,
      change: 'withdrawn',
      change_reason: reasonToWithdraw(old),
    });
  }
  return changes;
}

function whatChanged(old: Alert, alert: Alert): string {
  const parts: string[] = [];
  if (old.event_ids.join('\n') !== alert.event_ids.join('\n')) parts.push('the events it cites');
  if (canonicalJson(old.facts) !== canonicalJson(alert.facts)) parts.push('the facts it states');
  if (old.score !== alert.score) parts.push('its score');
  if (old.severity !== alert.severity) parts.push('its severity');
  if (old.detector_version !== alert.detector_version) parts.push('the version of the detector');
  return `Changed: ${parts.join(', ') || 'its wording'}.`;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
