/** One alert with all that bears on it, read within the viewer's scope. */
import { detectorTitle, readDetectors } from './detectors.ts';
import { type ReferenceFeed, type SourceFeed } from './feed-health.ts';
import { parseMarkdown } from './markdown.ts';
import type { Reader } from './scope.ts';
import { weighAlert, type Weighed } from './weigh-alert.ts';
import { readWithheld, withheld_reason, withheld_title } from './withhold.ts';

export interface Alert {
  readonly alert_id: string;
  readonly detector_id: string;
  readonly detector_version: string;
  readonly severity: string;
  readonly status: string;
  readonly staff_id_system: string;
  readonly staff_id: string;
  readonly known_name: string;
  readonly known_role: string;
  readonly known_team: string;
  readonly organisation_code: string;
  readonly organisation_name: string;
  readonly organisation_type: string;
  readonly patient_id: string;
  readonly patient_surname: string;
  readonly born_on: string | null;
  readonly practice_name: string;
  readonly is_protected: boolean;
  readonly is_registered_here: boolean;
  readonly day: string;
  readonly first_at_ms: number;
  readonly last_at_ms: number;
  readonly raised_at_ms: number;
  readonly events: number;
  readonly score: number;
  readonly facts: Record<string, string>;
  readonly reason: string;
  /** Why it was withdrawn or changed; empty where it was not. */
  readonly change_reason: string;
  readonly version: number;
}

export interface CitedEvent {
  readonly source: string;
  readonly event_id: string;
  readonly at_ms: number;
  readonly action: string;
  readonly outcome: string;
  readonly trigger: string;
  readonly staff_name: string;
  readonly role_name: string;
  readonly section: string;
  readonly application: string;
  readonly site_code: string;
  readonly device_id: string;
  readonly ip_address: string;
  readonly purpose: string;
  readonly override: string;
  readonly reason: string;
  readonly received_at_ms: number;
}

export interface Explanation {
  readonly explanation_id: string;
  readonly strength: string;
  readonly kind: string;
  readonly from_ms: number;
  readonly to_ms: number | null;
}

export interface Circumstances {
  readonly colleagues: number;
  readonly colleague_roles: readonly string[];
  readonly days: number;
  readonly is_tie_declared: boolean;
  readonly is_registered: boolean;
}

interface AlertVersion {
  version: number;
  change: string;
  change_reason: string;
  detector_version: string;
  severity: string;
  reason: string;
  events: number;
  recorded_at_ms: number;
}

export interface AlertDetail {
  /** Whether it is not told, since it concerns a protected address; then nobody is in it. */
  readonly is_withheld: boolean;
  readonly alert: Alert;
  readonly title: string;
  readonly events: readonly CitedEvent[];
  readonly history: readonly AlertVersion[];
  readonly weighed: Weighed;
  readonly references: readonly ReferenceFeed[];
  readonly sources: readonly SourceFeed[];
  readonly readme: ReturnType<typeof parseMarkdown>;
}

/** The alert, or undefined when there is none that this reader may see: the two cannot be told apart. */
export async function readAlert(
  reader: Reader,
  alert_id: string,
): Promise<AlertDetail | undefined> {
  const [alert] = await reader.scoped<Alert>('alert', { alert_id });
  if (!alert) return undefined;
  const history = await reader.scoped<AlertVersion>('alert_history', { alert_id });
  // Last of what is read of the alert itself, so that a flag that has just arrived counts.
  const withheld = await readWithheld(reader, [alert_id]);
  if (withheld.has(alert_id)) return withhold(alert, history);
  const [events, explanations, circumstances, detectors, references, sources] = await Promise.all([
    reader.scoped<CitedEvent>('alert_events', { alert_id }),
    reader.scoped<Explanation>('alert_explanations', { alert_id }),
    reader.scoped<Circumstances>('alert_circumstances', { alert_id }),
    readDetectors(reader),
    reader.exchange<ReferenceFeed>('reference_feeds'),
    reader.exchange<SourceFeed>('source_feeds'),
  ]);
  const detector = detectors.get(alert.detector_id);
  const cited_sources = new Set(events.map(({ source }) => source));
  const needs = [
    ...new Set([...(detector?.needs ?? []), 'care_relationships', 'rosters', 'declared_ties']),
  ];
  return {
    is_withheld: false,
    alert,
    title: detectorTitle(detectors, alert.detector_id),
    events,
    history,
    weighed: weighAlert({
      alert,
      events,
      explanations,
      circumstances: circumstances[0],
      references,
      needs,
    }),
    references: references.filter(({ dataset }) => needs.includes(dataset)),
    sources: sources.filter(({ source }) => cited_sources.has(source)),
    readme: parseMarkdown(detector?.readme ?? ''),
  };
}

/** Whether there is such an alert, and it is the viewer's own, so that it is somebody else's to look at. */
export async function isOwnAlert(reader: Reader, alert_id: string): Promise<boolean> {
  return (await reader.scoped('own_alert', { alert_id })).length > 0;
}

/**
 * The alert with nobody in it: not what was found, not by which detector, not whom or when. Either of two people who
 * are named beside a protected address gives away that the other lives there.
 */
function withhold(
  { alert_id, severity, status, change_reason, version, raised_at_ms, ...rest }: Alert,
  history: readonly AlertVersion[],
): AlertDetail {
  const { organisation_code, organisation_name, organisation_type } = rest;
  return {
    is_withheld: true,
    alert: {
      ...nobody,
      ...{ alert_id, severity, status, change_reason, version, raised_at_ms },
      ...{ organisation_code, organisation_name, organisation_type },
      reason: withheld_reason,
    },
    title: withheld_title,
    events: [],
    history: history.map((change) => ({ ...change, reason: withheld_reason })),
    weighed: { reasons_for: [], reasons_against: [], missing: [] },
    references: [],
    sources: [],
    readme: [],
  };
}

const nobody = {
  detector_id: '',
  detector_version: '',
  staff_id_system: '',
  staff_id: '',
  known_name: '',
  known_role: '',
  known_team: '',
  patient_id: '',
  patient_surname: '',
  born_on: null,
  practice_name: '',
  is_protected: false,
  is_registered_here: false,
  day: '',
  first_at_ms: 0,
  last_at_ms: 0,
  events: 0,
  score: 0,
  facts: {},
} as const;
