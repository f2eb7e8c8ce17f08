/** The item of the queue that an alert is in: what it is grouped with, and what comes before and after. */
import { detectorTitle, readDetectors } from './detectors.ts';
import { alertInQueueAddress, queueAddress, type QueueFilters } from './queue-filters.ts';
import { bindsOf } from './queue-list.ts';
import type { Reader } from './scope.ts';
import { readWithheld } from './withhold.ts';

interface NeighbourRow {
  readonly item_id: string;
  readonly some_alert_ids: readonly string[];
  readonly some_closed_ids: readonly string[];
  readonly some_signal_ids: readonly string[];
  readonly position: number;
  readonly items: number;
  readonly previous_alert_id: string;
  readonly next_alert_id: string;
}

interface ItemAlert {
  readonly alert_id: string;
  readonly detector_id: string;
  readonly last_at_ms: number;
}

export interface QueueItem {
  readonly position: number;
  readonly items: number;
  readonly queue_href: string;
  /** Empty at the ends of the queue. */
  readonly previous_href: string;
  readonly next_href: string;
  readonly next_alert_id: string;
  /** The other open alerts of the item that may be told. */
  readonly open_ids: readonly string[];
  readonly others: readonly {
    readonly alert_id: string;
    readonly title: string;
    readonly href: string;
    readonly last_at_ms: number;
    /** open, closed, or beside: adds to the rank, and does not stand alone. */
    readonly kind: 'open' | 'closed' | 'beside';
  }[];
}

/** Reads the item; undefined where the queue under `filters` does not hold the alert, as after it was closed. */
export async function readQueueItem(
  reader: Reader,
  alert_id: string,
  filters: QueueFilters,
): Promise<QueueItem | undefined> {
  const [row] = await reader.scoped<NeighbourRow>('queue_neighbours', {
    ...bindsOf(filters),
    alert_id,
  });
  if (!row) return undefined;
  const kinds = new Map<string, 'open' | 'closed' | 'beside'>([
    ...row.some_signal_ids.map((id) => [id, 'beside'] as const),
    ...row.some_closed_ids.map((id) => [id, 'closed'] as const),
    ...row.some_alert_ids.map((id) => [id, 'open'] as const),
  ]);
  kinds.delete(alert_id);
  const alert_ids = [...kinds.keys()];
  const [found, detectors] = await Promise.all([
    alert_ids.length === 0 ? [] : reader.scoped<ItemAlert>('queue_alerts', { alert_ids }),
    readDetectors(reader),
  ]);
  // That the same person has an alert about a protected address is not told either.
  const withheld = await readWithheld(reader, [alert_id, ...alert_ids]);
  const told = withheld.has(alert_id) ? [] : found.filter((one) => !withheld.has(one.alert_id));
  const others = told
    .map((one) => ({
      alert_id: one.alert_id,
      title: detectorTitle(detectors, one.detector_id),
      href: alertInQueueAddress(one.alert_id, filters),
      last_at_ms: one.last_at_ms,
      kind: kinds.get(one.alert_id) ?? 'open',
    }))
    .sort((a, b) => b.last_at_ms - a.last_at_ms);
  const href = (id: string) => (id === '' ? '' : alertInQueueAddress(id, filters));
  return {
    position: row.position,
    items: row.items,
    queue_href: queueAddress(filters),
    previous_href: href(row.previous_alert_id),
    next_href: href(row.next_alert_id),
    next_alert_id: row.next_alert_id,
    open_ids: others.filter(({ kind }) => kind === 'open').map((one) => one.alert_id),
    others,
  };
}
