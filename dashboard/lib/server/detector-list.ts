/** What the detector pages show: the catalogue with its figures, and one detector with all that was decided of it. */
import {
  figureScope,
  readFigures,
  wilsonInterval,
  type DetectorFigures,
} from './detector-figures.ts';
import { paramsInForce, type Params, type Replay } from './detector-decisions.ts';
import { readDetectors } from './detectors.ts';
import { parseMarkdown } from './markdown.ts';
import { alert_roles } from './roles.ts';
import type { Reader } from './scope.ts';
import type { Viewer } from './sessions.ts';

interface VersionRow {
  readonly detector_id: string;
  readonly code_version: number;
  readonly severity: string;
  readonly mode: string;
  readonly silenced_by: string;
  readonly params: string;
}

interface StatusRow {
  readonly detector_id: string;
  readonly organisation_code: string;
  readonly status: string;
}

interface DecisionRow {
  readonly kind: string;
  readonly organisation_code: string;
  readonly what: string;
  readonly author_name: string;
  readonly reason: string;
  readonly sample: string;
  readonly at_ms: number;
}

/** An alert that a replay says would come or go. */
export interface ReplayedAlert {
  readonly request_id: string;
  readonly change: string;
  readonly alert_id: string;
  readonly day: string;
  readonly score: number;
  readonly finding: string;
}

type Seen = Pick<Viewer, 'role' | 'organisation_codes'>;

/** The catalogue, by title. */
export async function readDetectorList(reader: Reader, viewer: Seen) {
  const scope = figureScope(viewer);
  const [detectors, figures, versions, statuses] = await Promise.all([
    readDetectors(reader),
    readFigures(reader, scope),
    reader.exchange<VersionRow>('detector_versions', { detector_id: '' }),
    readStatuses(reader, viewer),
  ]);
  const known = new Map(versions.map((row) => [row.detector_id, row]));
  return [...detectors.values()]
    .map((card) => ({
      detector_id: card.detector_id,
      title: card.title,
      run_status: card.run_status,
      version: known.get(card.detector_id)?.code_version ?? 0,
      severity: known.get(card.detector_id)?.severity ?? '',
      statuses: statusesOf(statuses, card.detector_id, card.ceiling),
      ...summaryOf(figures.get(card.detector_id)),
    }))
    .sort((a, b) => (a.title < b.title ? -1 : 1));
}

/** One detector; undefined where there is none of that id. */
export async function readDetector(reader: Reader, viewer: Seen, detector_id: string) {
  const scope = figureScope(viewer);
  const binds = { detector_id, is_all: scope.is_all, codes: [...scope.codes] };
  const [detectors, [version]] = await Promise.all([
    readDetectors(reader),
    reader.exchange<VersionRow>('detector_versions', { detector_id }),
  ]);
  const card = detectors.get(detector_id);
  if (!card || !version) return undefined;
  const [figures, statuses, decisions, set, replays, organisations] = await Promise.all([
    readFigures(reader, scope),
    readStatuses(reader, viewer),
    reader.exchange<DecisionRow>('detector_decisions', binds),
    reader.exchange<{ organisation_code: string; params: string; latest: number }>(
      'detector_params',
      { detector_id },
    ),
    reader.exchange<Replay>('replays', binds),
    reader.scoped<{ organisation_code: string; name: string }>('own_organisations'),
  ]);
  const done = replays.filter(({ state }) => state === 'done').map(({ request_id }) => request_id);
  const own = JSON.parse(version.params) as Params;
  return {
    card,
    version,
    readme: parseMarkdown(card.readme),
    statuses: statusesOf(statuses, detector_id, card.ceiling),
    figures: summaryOf(figures.get(detector_id)),
    weeks: figures.get(detector_id)?.weeks ?? [],
    versions: (figures.get(detector_id)?.versions ?? []).map((row) => ({
      ...row,
      interval: wilsonInterval(row.true_count, row.true_count + row.false_count),
    })),
    decisions,
    own_params: own,
    params_now: paramsInForce(own, set, scope.is_all ? '' : (scope.codes[0] ?? '')),
    detector_version: `${version.code_version}.${set[0]?.latest ?? 0}`,
    replays,
    replayed:
      done.length > 0 && alert_roles.includes(viewer.role)
        ? await reader.scoped<ReplayedAlert>('replay_alerts', { request_ids: done })
        : [],
    organisations: scope.is_all
      ? [{ organisation_code: '', name: 'All organisations without thresholds of their own' }]
      : organisations,
  };
}

function readStatuses(reader: Reader, viewer: Seen): Promise<StatusRow[]> {
  const { is_all, codes } = figureScope(viewer);
  return reader.exchange<StatusRow>('detector_statuses', { is_all, codes: [...codes] });
}

/** What it may do for all, and where somebody decided otherwise. */
function statusesOf(rows: readonly StatusRow[], detector_id: string, ceiling: string) {
  const theirs = rows.filter((row) => row.detector_id === detector_id);
  const general = theirs.find((row) => row.organisation_code === '')?.status ?? ceiling;
  return {
    general,
    own: theirs.filter((row) => row.organisation_code !== '' && row.status !== general),
  };
}

function summaryOf(figures: DetectorFigures | undefined) {
  const versions = figures?.versions ?? [];
  const total = (of: 'true_count' | 'false_count' | 'closed') =>
    versions.reduce((sum, row) => sum + row[of], 0);
  return {
    alerts: figures?.alerts ?? 0,
    per_week: figures?.per_week ?? 0,
    per_1000_staff: figures?.per_1000_staff ?? null,
    drift: figures?.drift ?? null,
    withdrawn_share: figures && figures.alerts > 0 ? figures.withdrawn / figures.alerts : null,
    closed: total('closed'),
    days_to_close: versions[0]?.days_to_close ?? null,
    interval: wilsonInterval(total('true_count'), total('true_count') + total('false_count')),
    judged: total('true_count') + total('false_count'),
  };
}
