/** The filters of the queue: read from the address, shown as chips, and turned back into addresses. */
import { inWords, severities, severity_names } from '../words.ts';
import type { Chip } from './alert-filters.ts';

export interface QueueFilters {
  readonly detector_id: string;
  readonly severity: string;
  readonly organisation_code: string;
  /** danger or ordinary; empty: both. */
  readonly lane: string;
  /** budget: what is to be looked at; below: what falls below the budget; all. */
  readonly show: string;
  /** From 1. */
  readonly page: number;
}

export const queue_page_rows = 20;
export const lane_names: Readonly<Record<string, string>> = {
  danger: 'Same day',
  ordinary: 'Ordinary',
};
export const show_names: Readonly<Record<string, string>> = {
  budget: 'To look at',
  below: 'Below the budget',
  all: 'All',
};

/** Reads filters from an address; what no filter can mean is taken for none, never passed on. */
export function parseQueueFilters(params: URLSearchParams): QueueFilters {
  const text = (name: string, form: RegExp) => {
    const value = params.get(name) ?? '';
    return form.test(value) ? value : '';
  };
  const oneOf = (name: string, known: readonly string[], otherwise: string) => {
    const value = params.get(name) ?? '';
    return known.includes(value) ? value : otherwise;
  };
  const page = Number(params.get('page') ?? '1');
  return {
    detector_id: text('detector', /^[a-z][a-z0-9_]{0,63}$/),
    organisation_code: text('organisation', /^[A-Za-z0-9-]{1,32}$/),
    severity: oneOf('severity', severities, ''),
    lane: oneOf('lane', Object.keys(lane_names), ''),
    show: oneOf('show', Object.keys(show_names), 'budget'),
    page: Number.isInteger(page) && page > 0 && page < 100_000 ? page : 1,
  };
}

/** The query of an address under `filters`; empty for the queue as it opens. */
export function queueQuery(filters: QueueFilters): string {
  const params = new URLSearchParams();
  if (filters.detector_id) params.set('detector', filters.detector_id);
  if (filters.severity) params.set('severity', filters.severity);
  if (filters.lane) params.set('lane', filters.lane);
  if (filters.organisation_code) params.set('organisation', filters.organisation_code);
  if (filters.show !== 'budget') params.set('show', filters.show);
  if (filters.page > 1) params.set('page', String(filters.page));
  return params.toString();
}

/** The address of the queue under `filters`. */
export function queueAddress(filters: QueueFilters): string {
  const query = queueQuery(filters);
  return query === '' ? '/queue' : `/queue?${query}`;
}

/** The address of an alert that keeps the queue it was reached from. */
export function alertInQueueAddress(alert_id: string, filters: QueueFilters): string {
  const query = queueQuery(filters);
  return `/alerts/${alert_id}?from=queue${query === '' ? '' : `&${query}`}`;
}

/** A chip for each filter that narrows the queue, in the order of the form. */
export function queueChips(
  filters: QueueFilters,
  names: { detector(id: string): string; organisation(code: string): string },
): Chip[] {
  const without = (change: Partial<QueueFilters>) =>
    queueAddress({ ...filters, page: 1, ...change });
  const chips: Chip[] = [];
  if (filters.detector_id)
    chips.push({ text: names.detector(filters.detector_id), href: without({ detector_id: '' }) });
  if (filters.severity) {
    const name = severity_names[filters.severity] ?? inWords(filters.severity);
    chips.push({ text: `${name} severity`, href: without({ severity: '' }) });
  }
  if (filters.lane)
    chips.push({ text: lane_names[filters.lane] ?? filters.lane, href: without({ lane: '' }) });
  if (filters.organisation_code) {
    chips.push({
      text: names.organisation(filters.organisation_code),
      href: without({ organisation_code: '' }),
    });
  }
  if (filters.show !== 'budget')
    chips.push({
      text: show_names[filters.show] ?? filters.show,
      href: without({ show: 'budget' }),
    });
  return chips;
}
