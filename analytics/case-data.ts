/** Turns the short rows of a case into committed loads of events and reference data, as ingest would store them. */
import type { SqlClient } from '../sql/client.ts';
import { localDay } from '../sql/clock.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Loads {
  /** One committed load of access events. Returns its number. */
  events(rows: readonly Row[]): Promise<number>;
  /** One committed load of a reference dataset, told to be of `as_of` (YYYY-MM-DD). Returns its number. */
  reference(dataset: string, rows: readonly Row[], as_of?: string): Promise<number>;
  /** Rows of a load that was cut short before it was committed. */
  uncommitted(rows: readonly Row[]): Promise<number>;
  /** Rows that no load brings: our own users and what they looked at. */
  own(table: string, rows: readonly Row[]): Promise<void>;
}

/** Tables whose rows a case may give under their own name, and what each row has unless it says otherwise. */
export const own_tables: Readonly<Record<string, Row>> = {
  user_versions: { version: 1, organisation_codes: ['ORG1'], role: 'investigator' },
  own_audit: { user_id: 'u1', role: 'investigator', action: 'view', subject_kind: 'alert' },
  alert_versions: {
    version: 1,
    staff_id_system: 'urn:access-audit:local',
    organisation_code: 'ORG1',
  },
};

/** What a case's event says unless it says otherwise: a view by a person's own hand. */
const event_defaults = {
  source: 'case',
  occurred_at: '2026-03-02T12:00:00Z',
  action: 'view',
  outcome: 'success',
  trigger: 'user',
  staff_id: 's1',
  staff_id_system: 'urn:access-audit:local',
  organisation_code: 'ORG1',
  role_name: 'Nurse',
  purpose: 'TREAT',
};

/** Fields that every row of a dataset has, unless it says otherwise. */
const reference_defaults: Readonly<Record<string, Row>> = {
  areas: {},
  organisations: { name: '', type: 'acute' },
  staff: { staff_id_system: 'urn:access-audit:local', organisation_code: 'ORG1' },
  staff_identities: { staff_id_system: 'urn:access-audit:local', kind: 'person' },
  patients: {},
  patient_contacts: {},
  patient_objections: {},
  declared_ties: { staff_id_system: 'urn:access-audit:local', staff_id: 's1' },
  rosters: {
    staff_id_system: 'urn:access-audit:local',
    staff_id: 's1',
    organisation_code: 'ORG1',
  },
  care_relationships: {
    organisation_code: 'ORG1',
    kind: 'appointment',
    starts_at: '2026-03-02T12:00:00Z',
  },
};

const committed_at = Date.parse('2026-06-01T00:00:00Z');
const instants = ['starts_at', 'ends_at', 'ended_at', 'occurred_at', 'at'];

/** Loads with numbers from 1 up, in the order in which they are called. */
export function createLoads(client: SqlClient): Loads {
  let load_seq = 0;
  let numbered = 0;

  const eventRows = (rows: readonly Row[]) =>
    rows.map((row, position) => {
      const event = { ...event_defaults, ...row };
      const occurred_at = Date.parse(event.occurred_at);
      numbered += 1;
      return {
        event_id: `event-${String(numbered).padStart(6, '0')}`,
        ...event,
        occurred_at,
        day: localDay(occurred_at),
        received_at: committed_at,
        load_seq,
        segment_id: `case-${load_seq}`,
        segment_position: position,
      };
    });

  return {
    async events(rows) {
      load_seq += 1;
      const events = eventRows(rows);
      await insertUniform(client, 'access_events', events);
      await client.insert('segments', [segmentRow(load_seq, events)]);
      return load_seq;
    },
    async own(table, rows) {
      await insertUniform(
        client,
        table,
        rows.map((row) => withInstants({ ...own_tables[table], ...row })),
      );
    },
    async uncommitted(rows) {
      load_seq += 1;
      await insertUniform(client, 'access_events', eventRows(rows));
      return load_seq;
    },
    async reference(dataset, rows, as_of) {
      load_seq += 1;
      const stored = rows.map((row, line) => ({
        ...withInstants({ ...reference_defaults[dataset], ...row }),
        source: 'case',
        load_seq,
        line,
        content_hash: `${load_seq}${line}`,
      }));
      await insertUniform(client, `${dataset}_versions`, stored);
      await client.insert('reference_loads', [
        {
          load_seq,
          dataset,
          source: 'case',
          mode: as_of === undefined ? 'partial' : 'full',
          as_of: as_of === undefined ? null : Date.parse(`${as_of}T12:00:00Z`),
          received_at: committed_at,
          loaded_at: committed_at,
          received: rows.length,
          changed: rows.length,
        },
      ]);
      return load_seq;
    },
  };
}

function segmentRow(
  load_seq: number,
  events: readonly { source: string; day: string; occurred_at: number }[],
) {
  const times = events.map(({ occurred_at }) => occurred_at);
  return {
    load_seq,
    segment_id: `case-${load_seq}`,
    loaded_at: committed_at,
    sources: [...new Set(events.map(({ source }) => source))],
    received: events.length,
    stored: events.length,
    first_occurred_at: Math.min(...times),
    last_occurred_at: Math.max(...times),
    days: [...new Set(events.map(({ day }) => day))].sort(),
  };
}

function withInstants(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      instants.includes(name) && typeof value === 'string' ? Date.parse(value) : value,
    ]),
  );
}

/** The client takes its columns from the first row, so rows are sent together only with those of the same fields. */
async function insertUniform(
  client: SqlClient,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  const shapes = new Map<string, Row[]>();
  for (const row of rows) {
    const shape = Object.keys(row).sort().join();
    const alike = shapes.get(shape) ?? [];
    alike.push(row);
    shapes.set(shape, alike);
  }
  for (const alike of shapes.values()) await client.insert(table, alike);
}
