/** Feeds with a history, put into the tables as ingest would: one load a delivery. */
import type { SqlClient } from '../../../sql/client.ts';
import { localDay } from '../../../sql/clock.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export interface GivenDelivery {
  readonly source: string;
  /** When it was received and loaded, epoch milliseconds. */
  readonly at: number;
  /** When its events occurred; none: a delivery of duplicates. */
  readonly occurred?: readonly number[];
  /** Fields of its events that are not as usual. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly duplicates?: number;
  readonly refusals?: Readonly<Record<string, number>>;
}

/** Every `every` milliseconds from `from` to `to`, both in, where `keeps` says so. */
export function ticks(
  from: number,
  to: number,
  every: number,
  keeps: (at: number) => boolean = () => true,
): number[] {
  const found: number[] = [];
  for (let at = to; at >= from; at -= every) if (keeps(at)) found.push(at);
  return found.reverse();
}

/** Numbers loads across calls, as the loader does: in the order in which they come, after `load_seq`. */
export function givenFeeds(client: SqlClient, load_seq = 0) {
  return {
    async deliver(deliveries: readonly GivenDelivery[]): Promise<void> {
      const loads = [...deliveries]
        .sort((a, b) => a.at - b.at)
        .map((delivery) => ({ ...delivery, load_seq: ++load_seq }));
      await insertMany(
        client,
        'access_events',
        loads.flatMap((load) => eventRows(load)),
      );
      await insertMany(client, 'ingest_rejects', loads.flatMap(refusalRows));
      await insertMany(
        client,
        'receipts',
        loads.map((load) => ({
          receipt: `r-${load.load_seq}`,
          source: load.source,
          load_seq: load.load_seq,
          stored: load.occurred?.length ?? 0,
          duplicates: load.duplicates ?? 0,
          conflicts: 0,
        })),
      );
      await insertMany(client, 'segments', loads.map(segmentRow));
    },
    async refer(dataset: string, source: string, at: readonly number[]): Promise<void> {
      await insertMany(
        client,
        'reference_loads',
        at.map((loaded_at) => ({
          load_seq: ++load_seq,
          dataset,
          source,
          mode: 'full',
          received_at: loaded_at,
          loaded_at,
          received: 10,
          changed: 1,
          unchanged: 9,
        })),
      );
    },
  };
}

type Load = GivenDelivery & { readonly load_seq: number };

function eventRows({ source, at, load_seq, occurred = [], fields = {} }: Load) {
  return occurred.map((occurred_at, position) => ({
    source,
    event_id: `${load_seq}/${position}x`,
    occurred_at,
    day: localDay(occurred_at),
    action: 'view',
    outcome: 'success',
    trigger: 'user',
    staff_id: 's1',
    staff_id_system: 'urn:access-audit:local',
    organisation_code: 'RTA01',
    patient_id: '9990001014',
    received_at: at,
    load_seq,
    segment_id: `g${load_seq}`,
    segment_position: position,
    ...fields,
  }));
}

function refusalRows({ source, at, load_seq, refusals = {} }: Load) {
  return Object.entries(refusals).flatMap(([code, rows]) =>
    Array.from({ length: rows }, (_, position) => ({
      source,
      dataset: 'access_events',
      received_at: at,
      load_seq,
      segment_id: `g${load_seq}`,
      segment_position: 100_000 + position,
      receipt: `r-${load_seq}`,
      position,
      code,
      message: 'Refused.',
    })),
  );
}

function segmentRow({ source, at, load_seq, occurred = [], duplicates = 0, refusals = {} }: Load) {
  return {
    load_seq,
    segment_id: `g${load_seq}`,
    loaded_at: at,
    sources: [source],
    received: occurred.length + duplicates,
    stored: occurred.length,
    duplicates,
    rejects: Object.values(refusals).reduce((sum, rows) => sum + rows, 0),
    first_occurred_at: occurred.length > 0 ? Math.min(...occurred) : null,
    last_occurred_at: occurred.length > 0 ? Math.max(...occurred) : null,
    days: [...new Set(occurred.map(localDay))].sort(),
  };
}

async function insertMany(client: SqlClient, table: string, rows: readonly object[]) {
  for (let from = 0; from < rows.length; from += 50_000)
    await client.insert(table, rows.slice(from, from + 50_000));
}
