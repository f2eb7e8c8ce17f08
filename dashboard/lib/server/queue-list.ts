/** What the queue page shows: one page of items with their alerts, the choices of its filters, and where it leads. */
import { pageAddresses } from '../pages.ts';
import { severities, severity_names } from '../words.ts';
import { detectorTitle, readDetectors, type DetectorCard } from './detectors.ts';
import {
  alertInQueueAddress,
  lane_names,
  queueAddress,
  queueChips,
  queue_page_rows,
  show_names,
  type QueueFilters,
} from './queue-filters.ts';
import type { Reader } from './scope.ts';
import { readWithheld, withheld_reason, withheld_title } from './withhold.ts';

interface ItemRow {
  readonly item_id: string;
  readonly place: number;
  readonly rank_in_organisation: number;
  readonly organisation_code: string;
  readonly organisation_name: string;
  readonly staff_id: string;
  readonly staff_name: string;
  readonly role_name: string;
  readonly severity: string;
  readonly lane: string;
  readonly grouping_reason: string;
  readonly patients: number;
  readonly some_alert_ids: readonly string[];
  readonly alerts: number;
  readonly closed: number;
  readonly some_signal_ids: readonly string[];
  readonly signals: number;
  readonly first_at_ms: number;
  readonly last_at_ms: number;
}

interface ItemAlert {
  readonly alert_id: string;
  readonly detector_id: string;
  readonly severity: string;
  readonly reason: string;
  readonly last_at_ms: number;
}

interface CountRow {
  readonly detectors: readonly string[];
  readonly severity: string;
  readonly lane: string;
  readonly is_shown: number;
  readonly organisation_code: string;
  readonly organisation_name: string;
  readonly items: number;
}

/** An alert of an item, as the page links to it. */
export interface LinkedAlert {
  readonly title: string;
  readonly href: string;
  /** How many of that detector the item holds, among those that are listed. */
  readonly count: number;
}

/** Reads the queue under `wanted`. A page past the last shows the last. */
export async function readQueue(reader: Reader, wanted: QueueFilters) {
  const [counts, detectors, [state]] = await Promise.all([
    reader.scoped<CountRow>('queue_counts'),
    readDetectors(reader),
    reader.scoped<{ built_at_ms: number; is_cut: number | boolean; shown: number; below: number }>(
      'queue_state',
    ),
  ]);
  const total = sum(counts.filter((row) => matches(row, wanted)));
  const pages = Math.max(1, Math.ceil(total / queue_page_rows));
  const filters = { ...wanted, page: Math.min(wanted.page, pages) };
  const rows = await reader.scoped<ItemRow>('queue', {
    ...bindsOf(filters),
    rows: queue_page_rows,
    from_row: (filters.page - 1) * queue_page_rows,
  });
  const organisations = new Map(
    counts.map((row) => [row.organisation_code, row.organisation_name || row.organisation_code]),
  );
  return {
    filters,
    rows: await withAlerts(reader, rows, detectors, filters),
    total,
    pages,
    all: sum(counts),
    shown: state?.shown ?? 0,
    below: state?.below ?? 0,
    built_at_ms: state?.built_at_ms ?? 0,
    /** Whether alerts were left out that were too many. */
    is_cut: Boolean(Number(state?.is_cut ?? 0)),
    chips: queueChips(filters, {
      detector: (id) => detectorTitle(detectors, id),
      organisation: (code) => organisations.get(code) ?? code,
    }),
    choices: choices(counts, detectors, organisations, filters),
    page_addresses: pageAddresses(filters.page, pages, (page) =>
      queueAddress({ ...filters, page }),
    ),
  };
}

/** The filters as statements bind them. */
export function bindsOf(filters: QueueFilters) {
  const { detector_id, severity, lane, organisation_code, show } = filters;
  return { detector_id, severity, lane, organisation_code, show };
}

/**
 * Items with what their alerts say. An alert that may not be told is left out of its item, and an item of which nothing
 * may be told names nobody: that somebody has an alert about a protected address says too much already.
 */
async function withAlerts(
  reader: Reader,
  rows: readonly ItemRow[],
  detectors: ReadonlyMap<string, DetectorCard>,
  filters: QueueFilters,
) {
  const ids = rows.flatMap((row) => [...row.some_alert_ids, ...row.some_signal_ids]);
  const found =
    ids.length === 0 ? [] : await reader.scoped<ItemAlert>('queue_alerts', { alert_ids: ids });
  // Last of all, so that a flag that has just arrived counts.
  const withheld = await readWithheld(reader, ids);
  const alerts = new Map(
    found.filter(({ alert_id }) => !withheld.has(alert_id)).map((alert) => [alert.alert_id, alert]),
  );
  const known = (some: readonly string[]) =>
    some.flatMap((alert_id) => {
      const alert = alerts.get(alert_id);
      return alert ? [alert] : [];
    });
  return rows.map((row) => {
    const [lead, ...others] = known(row.some_alert_ids);
    const is_partial = row.some_alert_ids.some((id) => withheld.has(id));
    if (!lead) return withhold(row, filters);
    return {
      ...row,
      title: detectorTitle(detectors, lead.detector_id),
      href: alertInQueueAddress(lead.alert_id, filters),
      reason: lead.reason,
      // Its figures count what is not told.
      grouping_reason: is_partial ? '' : row.grouping_reason,
      others: linked(others, detectors, filters),
      others_unlisted: row.alerts - row.some_alert_ids.length,
      beside: linked(known(row.some_signal_ids), detectors, filters),
      is_withheld: false,
    };
  });
}

function withhold(row: ItemRow, filters: QueueFilters) {
  return {
    ...row,
    staff_id: '',
    staff_name: '',
    role_name: '',
    first_at_ms: 0,
    last_at_ms: 0,
    grouping_reason: '',
    title: withheld_title,
    href: alertInQueueAddress(row.some_alert_ids[0] ?? '', filters),
    reason: withheld_reason,
    others: [] as LinkedAlert[],
    others_unlisted: 0,
    beside: [] as LinkedAlert[],
    is_withheld: true,
  };
}

/** One link a detector, to its first alert. */
function linked(
  alerts: readonly ItemAlert[],
  detectors: ReadonlyMap<string, DetectorCard>,
  filters: QueueFilters,
): LinkedAlert[] {
  return [...Map.groupBy(alerts, ({ detector_id }) => detector_id)].map(([detector_id, of]) => ({
    title: detectorTitle(detectors, detector_id),
    href: alertInQueueAddress(of[0]?.alert_id ?? '', filters),
    count: of.length,
  }));
}

function choices(
  counts: readonly CountRow[],
  detectors: ReadonlyMap<string, DetectorCard>,
  organisations: ReadonlyMap<string, string>,
  filters: QueueFilters,
) {
  // Each choice is counted under the other filters, so that its figure is what choosing it would show.
  const count = (change: Partial<QueueFilters>) =>
    sum(counts.filter((row) => matches(row, { ...filters, ...change })));
  const detector_ids = new Set(counts.flatMap((row) => row.detectors));
  // What is chosen stands in the list, though nothing matches it.
  if (detectors.has(filters.detector_id)) detector_ids.add(filters.detector_id);
  return {
    detectors: [...detector_ids].sort().map((detector_id) => ({
      value: detector_id,
      text: detectorTitle(detectors, detector_id),
      alerts: count({ detector_id }),
    })),
    severities: severities.map((severity) => ({
      value: severity as string,
      text: severity_names[severity] ?? severity,
      alerts: count({ severity }),
    })),
    lanes: Object.entries(lane_names).map(([lane, text]) => ({
      value: lane,
      text,
      alerts: count({ lane }),
    })),
    organisations: [...organisations].map(([organisation_code, text]) => ({
      value: organisation_code,
      text,
      alerts: count({ organisation_code }),
    })),
    shows: Object.entries(show_names).map(([show, text]) => ({
      value: show,
      text,
      alerts: count({ show }),
    })),
  };
}

function matches(row: CountRow, filters: QueueFilters): boolean {
  const is_shown = Number(row.is_shown) === 1;
  return (
    (filters.detector_id === '' || row.detectors.includes(filters.detector_id)) &&
    (filters.severity === '' || row.severity === filters.severity) &&
    (filters.lane === '' || row.lane === filters.lane) &&
    (filters.organisation_code === '' || row.organisation_code === filters.organisation_code) &&
    (filters.show === 'all' || is_shown === (filters.show === 'budget'))
  );
}

function sum(rows: readonly CountRow[]): number {
  return rows.reduce((total, { items }) => total + items, 0);
}
