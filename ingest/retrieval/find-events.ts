/** Finds the events of a search, a page at a time, in the state that the store had when the search began. */
import type { Binds, SqlClient } from '../../sql/client.ts';
import { addDays, localDay } from '../../sql/clock.ts';
import { loadStatement } from '../../sql/statement.ts';
import { nhs_number_system, organisation_system, type FoundEvent } from '../formats/fhir/write.ts';
import { filtersOf, plainValues, type EventSearch } from './event-search.ts';
import type { ReadScope } from './scope.ts';

/** After which event a page begins. */
export interface Position {
  readonly occurred_at_ms: number;
  readonly source: string;
  readonly event_id: string;
}

/** A page, and where the next one begins; undefined after the last. */
export interface Page {
  readonly events: readonly FoundEvent[];
  readonly next: Position | undefined;
}

/** The last load that a search looks at, so that what is loaded meanwhile shifts none of its pages; and how far to look. */
export interface Bounds {
  readonly load_seq: number;
  readonly first_ms: number;
  readonly last_ms: number;
}

const search_events = loadStatement('ingest/queries/search_events.sql');
const count_events = loadStatement('ingest/queries/count_events.sql');
const patient_days = loadStatement('ingest/queries/patient_days.sql');
const search_bounds = loadStatement('ingest/queries/search_bounds.sql');

/** A window of days is read at a time: a page of the busiest day is found in that day, and rare ones in few steps. */
const window_days_max = 64;
/** After this a page is given as far as it got. It has a next one, which goes on. */
const page_ms_max = 20_000;

/** The bounds of a search that begins now; where there is no event yet, there is no time between them. */
export async function boundsNow(client: SqlClient): Promise<Bounds> {
  const [row] = await client.rows<{
    load_seq: string;
    first_ms: string | null;
    last_ms: string | null;
  }>(search_bounds);
  return {
    load_seq: Number(row?.load_seq ?? 0),
    first_ms: Number(row?.first_ms ?? 0),
    last_ms: Number(row?.last_ms ?? -1),
  };
}

export async function findEvents(
  client: SqlClient,
  search: EventSearch,
  scope: ReadScope,
  bounds: Bounds,
  options: { readonly count: number; readonly is_descending: boolean; readonly after?: Position },
): Promise<Page> {
  const { count, is_descending, after } = options;
  const direction = is_descending ? -1 : 1;
  const from_ms = Math.max(search.occurred.from_ms, bounds.first_ms);
  const to_ms = Math.min(search.occurred.to_ms, bounds.last_ms + 1);
  if (search.is_nothing || from_ms >= to_ms) return { events: [], next: undefined };
  const [first, last] = [localDay(from_ms), localDay(to_ms - 1)];
  const binds = {
    ...bindsOf(search, scope, bounds),
    direction,
    ...bindsOfPosition(after, direction),
  };
  const events: FoundEvent[] = [];
  const started = performance.now();
  const begin = after ? localDay(after.occurred_at_ms) : is_descending ? last : first;
  const days = await candidateDays(client, search, first, last);
  for (const window of days
    ? listed(days, begin, direction)
    : ranges(first, last, begin, direction)) {
    if (performance.now() - started > page_ms_max) {
      const day = is_descending ? window.last_day : window.first_day;
      return { events, next: events.at(-1) ?? placeBefore(day, direction) };
    }
    const rows = await client.rows<FoundEvent>(search_events, {
      ...binds,
      ...window,
      count: count + 1 - events.length,
    });
    events.push(...rows.map(withNumbers));
    if (events.length > count) {
      const page = events.slice(0, count);
      return { events: page, next: page.at(-1) };
    }
  }
  return { events, next: undefined };
}

/** Days that are read together. An empty list means all between. */
interface Window extends Binds {
  readonly first_day: string;
  readonly last_day: string;
  readonly days: readonly string[];
}

/** One day, then two, then four: a page of busy days is found in the first, and a rare event in few steps. */
function* ranges(first: string, last: string, begin: string, direction: number): Generator<Window> {
  let day = begin;
  for (let width = 1; day >= first && day <= last; width = Math.min(width * 2, window_days_max)) {
    const edge = addDays(day, direction * (width - 1));
    const [first_day, last_day] = direction < 0 ? [edge, day] : [day, edge];
    yield { first_day, last_day, days: [] };
    day = addDays(edge, direction);
  }
}

function* listed(days: readonly string[], begin: string, direction: number): Generator<Window> {
  const ahead =
    direction < 0
      ? days.filter((day) => day <= begin).reverse()
      : days.filter((day) => day >= begin);
  for (
    let from = 0, width = 4;
    from < ahead.length;
    from += width, width = Math.min(width * 2, window_days_max)
  ) {
    const some = ahead.slice(from, from + width).sort();
    yield { first_day: some[0] ?? begin, last_day: some.at(-1) ?? begin, days: some };
  }
}

/** The days that can have events of the patients of a search; undefined where it names none. */
async function candidateDays(
  client: SqlClient,
  { patients }: EventSearch,
  first_day: string,
  last_day: string,
): Promise<readonly string[] | undefined> {
  if (patients.length === 0) return undefined;
  const rows = await client.rows<{ local_day: string }>(patient_days, {
    patients,
    first_day,
    last_day,
  });
  return rows.map(({ local_day }) => local_day);
}

/** How many events fit a search. */
export async function countEvents(
  client: SqlClient,
  search: EventSearch,
  scope: ReadScope,
  bounds: Bounds,
): Promise<number> {
  if (search.is_nothing) return 0;
  const from_ms = Math.max(search.occurred.from_ms, bounds.first_ms);
  const to_ms = Math.min(search.occurred.to_ms, bounds.last_ms + 1);
  if (from_ms >= to_ms) return 0;
  const [first_day, last_day] = [localDay(from_ms), localDay(to_ms - 1)];
  const days = await candidateDays(client, search, first_day, last_day);
  if (days?.length === 0) return 0;
  const [row] = await client.rows<{ total: number }>(count_events, {
    ...bindsOf(search, scope, bounds),
    first_day,
    last_day,
    days: days ?? [],
  });
  return row?.total ?? 0;
}

function bindsOf(search: EventSearch, scope: ReadScope, bounds: Bounds): Binds {
  const { occurred, received } = search;
  return {
    ...filtersOf(search),
    ...scope,
    load_seq: bounds.load_seq,
    occurred_from: occurred.from_ms,
    occurred_to: occurred.to_ms,
    received_from: received.from_ms,
    received_to: received.to_ms,
    agent_values: plainValues(search.agents),
    address_values: search.addresses[0] ?? [],
    entity_values: plainValues(search.entities),
    organisation_system,
    nhs_number_system,
  };
}

function bindsOfPosition(after: Position | undefined, direction: number): Binds {
  return {
    after_ms: after?.occurred_at_ms ?? direction * -9_000_000_000_000,
    after_source: after?.source ?? '',
    after_event_id: after?.event_id ?? '',
  };
}

/** A position before the first event of a day, for a page that found nothing in its time. */
function placeBefore(day: string, direction: number): Position {
  const noon_ms = Date.parse(`${day}T12:00:00Z`);
  // Local midnight is at 23:00 or 00:00 UTC, so this lies in the day before (or, backwards, in the day after).
  return { occurred_at_ms: noon_ms - direction * 13.5 * 3_600_000, source: '', event_id: '' };
}

/** Whole numbers of 64 bits arrive as text. */
function withNumbers(row: FoundEvent): FoundEvent {
  return {
    ...row,
    occurred_at_ms: Number(row.occurred_at_ms),
    received_at_ms: Number(row.received_at_ms),
  };
}
