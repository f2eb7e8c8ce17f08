/** What the alert list shows: one page of rows, the choices of its filters with their counts, and where it leads. */
import { pageAddresses } from '../pages.ts';
import { severities, severity_names, status_names, statuses } from '../words.ts';
import { alertsAddress, filterChips, page_rows, type AlertFilters } from './alert-filters.ts';
import { detectorTitle, readDetectors, type DetectorCard } from './detectors.ts';
import type { Reader } from './scope.ts';
import { readWithheld, withheld_reason, withheld_title } from './withhold.ts';

export interface AlertRow {
  readonly alert_id: string;
  readonly detector_id: string;
  readonly severity: string;
  readonly status: string;
  readonly reason: string;
  /** Why it was withdrawn or changed; empty where it was not. */
  readonly change_reason: string;
  readonly staff_id: string;
  readonly staff_name: string;
  readonly role_name: string;
  readonly organisation_code: string;
  readonly organisation_name: string;
  readonly last_at_ms: number;
  readonly events: number;
}

interface CountRow {
  detector_id: string;
  severity: string;
  status: string;
  organisation_code: string;
  organisation_name: string;
  alerts: number;
}

/** Reads the list under `filters`. A page past the last shows the last. */
export async function readAlertList(reader: Reader, wanted: AlertFilters) {
  const [counts, detectors] = await Promise.all([
    reader.scoped<CountRow>('alert_counts'),
    readDetectors(reader),
  ]);
  const total = sum(counts.filter((row) => matches(row, wanted)));
  const pages = Math.max(1, Math.ceil(total / page_rows));
  const filters = { ...wanted, page: Math.min(wanted.page, pages) };
  const rows = await reader.scoped<AlertRow>('alerts', {
    detector_id: filters.detector_id,
    severity: filters.severity,
    organisation_code: filters.organisation_code,
    status: filters.status === 'any' ? '' : filters.status,
    rows: page_rows,
    from_row: (filters.page - 1) * page_rows,
  });
  const withheld = await readWithheld(
    reader,
    rows.map(({ alert_id }) => alert_id),
  );
  const organisations = new Map(
    counts.map((row) => [row.organisation_code, row.organisation_name || row.organisation_code]),
  );
  return {
    filters,
    rows: rows.map((row) =>
      withheld.has(row.alert_id)
        ? withhold(row)
        : { ...row, title: detectorTitle(detectors, row.detector_id), is_withheld: false },
    ),
    total,
    pages,
    all: sum(counts),
    chips: filterChips(filters, {
      detector: (id) => detectorTitle(detectors, id),
      organisation: (code) => organisations.get(code) ?? code,
    }),
    choices: choices(counts, detectors, organisations, filters),
    page_addresses: pageAddresses(filters.page, pages, (page) =>
      alertsAddress({ ...filters, page }),
    ),
  };
}

/** The row with nobody in it: who and when together would say of whom. */
function withhold(row: AlertRow) {
  const nobody = { detector_id: '', staff_id: '', staff_name: '', role_name: '', last_at_ms: 0 };
  return {
    ...row,
    ...nobody,
    title: withheld_title,
    reason: withheld_reason,
    is_withheld: true,
  };
}

function choices(
  counts: readonly CountRow[],
  detectors: ReadonlyMap<string, DetectorCard>,
  organisations: ReadonlyMap<string, string>,
  filters: AlertFilters,
) {
  // Each choice is counted under the other filters, so that its figure is what choosing it would show.
  const count = (change: Partial<AlertFilters>) =>
    sum(counts.filter((row) => matches(row, { ...filters, ...change })));
  const detector_ids = new Set([...detectors.keys(), ...counts.map((row) => row.detector_id)]);
  return {
    detectors: [...detector_ids].sort().map((detector_id) => ({
      value: detector_id,
      text: detectorTitle(detectors, detector_id),
      alerts: count({ detector_id }),
    })),
    severities: severities.map((severity) => ({
      value: severity,
      text: severity_names[severity] ?? severity,
      alerts: count({ severity }),
    })),
    organisations: [...organisations].map(([organisation_code, text]) => ({
      value: organisation_code,
      text,
      alerts: count({ organisation_code }),
    })),
    statuses: [
      ...statuses.map((status) => ({
        value: status as string,
        text: status_names[status] ?? status,
        alerts: count({ status }),
      })),
      { value: 'any', text: 'Any', alerts: count({ status: 'any' }) },
    ],
  };
}

function matches(row: CountRow, filters: AlertFilters): boolean {
  return (
    (filters.detector_id === '' || row.detector_id === filters.detector_id) &&
    (filters.severity === '' || row.severity === filters.severity) &&
    (filters.organisation_code === '' || row.organisation_code === filters.organisation_code) &&
    (filters.status === 'any' || row.status === filters.status)
  );
}

function sum(rows: readonly CountRow[]): number {
  return rows.reduce((total, { alerts }) => total + alerts, 0);
}
