/** The filters of the alert list: read from the address, shown as chips, and turned back into addresses. */
import { inWords, severities, severity_names, status_names, statuses } from '../words.ts';

export interface AlertFilters {
  readonly detector_id: string;
  readonly severity: string;
  readonly organisation_code: string;
  /** `any` shows all; `open` unless told. */
  readonly status: string;
  /** From 1. */
  readonly page: number;
}

export const page_rows = 20;

/** Reads filters from an address; what no filter can mean is taken for none, never passed on. */
export function parseAlertFilters(params: URLSearchParams): AlertFilters {
  const id = (name: string, form: RegExp) => {
    const text = params.get(name) ?? '';
    return form.test(text) ? text : '';
  };
  const severity = params.get('severity') ?? '';
  const status = params.get('status') ?? '';
  const page = Number(params.get('page') ?? '1');
  return {
    detector_id: id('detector', /^[a-z][a-z0-9_]{0,63}$/),
    organisation_code: id('organisation', /^[A-Za-z0-9-]{1,32}$/),
    severity: (severities as readonly string[]).includes(severity) ? severity : '',
    status: status === 'any' || (statuses as readonly string[]).includes(status) ? status : 'open',
    page: Number.isInteger(page) && page > 0 && page < 100_000 ? page : 1,
  };
}

/** The address of the list under `filters`. */
export function alertsAddress(filters: AlertFilters): string {
  const params = new URLSearchParams();
  if (filters.detector_id) params.set('detector', filters.detector_id);
  if (filters.severity) params.set('severity', filters.severity);
  if (filters.organisation_code) params.set('organisation', filters.organisation_code);
  if (filters.status !== 'open') params.set('status', filters.status);
  if (filters.page > 1) params.set('page', String(filters.page));
  const query = params.toString();
  return query === '' ? '/alerts' : `/alerts?${query}`;
}

export interface Chip {
  readonly text: string;
  /** The address without this filter. */
  readonly href: string;
}

/** A chip for each filter that narrows the list, in the order of the form. */
export function filterChips(
  filters: AlertFilters,
  names: { detector(id: string): string; organisation(code: string): string },
): Chip[] {
  const without = (change: Partial<AlertFilters>) =>
    alertsAddress({ ...filters, page: 1, ...change });
  const chips: Chip[] = [];
  if (filters.detector_id) {
    chips.push({ text: names.detector(filters.detector_id), href: without({ detector_id: '' }) });
  }
  if (filters.severity) {
    const name = severity_names[filters.severity] ?? inWords(filters.severity);
    chips.push({ text: `${name} severity`, href: without({ severity: '' }) });
  }
  if (filters.organisation_code) {
    chips.push({
      text: names.organisation(filters.organisation_code),
      href: without({ organisation_code: '' }),
    });
  }
  if (filters.status !== 'open') {
    const text = status_names[filters.status] ?? 'Any status';
    chips.push({ text, href: without({ status: 'open' }) });
  }
  return chips;
}
