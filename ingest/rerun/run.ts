/** Carries out one request to run messages and refusals again: page by page, each stored before the next is read. */
import { isUtf8 } from 'node:buffer';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import type { Logger } from '../../sql/log.ts';
import { loadStatement } from '../../sql/statement.ts';
import { checkEvent, isRefusal } from '../check-event.ts';
import { RequestRefused } from '../codes.ts';
import { eventContext } from '../event-context.ts';
import { readMessage } from '../formats/read-message.ts';
import type { Transport } from '../intake.ts';
import type { IngestLimits } from '../limits.ts';
import { judgeMessage, mapMessage } from '../receive-message.ts';
import { knownSource, type Source } from '../sources.ts';
import type { Spool } from '../spool/spool.ts';
import { batchesOf, type PlannedItem } from './lines.ts';
import {
  changedFields,
  changesSomething,
  planMessage,
  planNative,
  type JudgedRefusal,
  type KnownEvent,
  type OpenReject,
  type Plan,
  type Reading,
} from './plan.ts';
import { noCounts, type RerunCounts, type RerunExample, type RerunRequest } from './requests.ts';

export interface RerunParts {
  readonly client: SqlClient;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly limits: IngestLimits;
  readonly log: Logger;
  /** Aborted when the service stops: the request then goes on at the next start. */
  readonly stop: AbortSignal;
}

interface MessageRow {
  readonly message_id: string;
  readonly received_at_ms: number | string;
  readonly load_seq: number | string;
  readonly transport: Transport;
  readonly media_type: string;
  readonly raw: string;
  readonly raw_encoding: string;
}

interface NativeRow extends OpenReject {
  readonly received_at_ms: number | string;
  readonly raw: string;
  readonly raw_encoding: string;
}

const query = (name: string) => loadStatement(`ingest/queries/${name}.sql`);
const load = { limits: 'load' } as const;
/** Of a page: messages with their bytes are in memory at the same time. */
const page_items_max = 500;
const page_bytes_max = 16 * 1024 * 1024;
const examples_each_max = 5;

/**
 * Runs the request, and returns what became of it. Running it again changes nothing more; cut short, it is run again.
 *
 * @param report is told the counts after each page
 * @throws CodedError SOURCE_UNKNOWN; RequestRefused SERVICE_STOPPING, SPOOL_FULL, SPOOL_FAILED
 */
export async function runAgain(
  request: RerunRequest,
  parts: RerunParts,
  report: (counts: RerunCounts, examples: readonly RerunExample[]) => Promise<void>,
): Promise<{ counts: RerunCounts; examples: readonly RerunExample[] }> {
  const { client, clock, limits, spool, stop } = parts;
  const source = await knownSource(client, request.source);
  const counts = noCounts();
  const examples: RerunExample[] = [];
  const { received_from, received_to, code, is_dry_run } = request;
  const asked = { source: source.source, code, received_from, received_to };
  const [counted] = await client.rows<{ total: number }>(query('rerun_total'), asked, load);
  counts.total = counted?.total ?? 0;
  let page = 0;

  async function take(items: readonly PlannedItem[], looked_at: number): Promise<void> {
    for (const item of items) tally(item, counts, examples);
    counts.looked_at += looked_at;
    if (!is_dry_run) {
      page += 1;
      const receipt = `rerun_${request.request_id}_${page}`;
      const context = {
        request_id: request.request_id,
        receipt,
        source: source.source,
        received_at: clock.now(),
      };
      const changing = items.filter(({ plan }) => changesSomething(plan));
      for (const batch of batchesOf(changing, context, limits.batch_bytes_max))
        await spool.append(batch, limits.room_wait_ms_max);
      // The next page looks at what is stored, so this one has to be.
      while (!(await spool.receipts.whenReleased(receipt, 500))) refuseWhenStopping(stop);
    }
    refuseWhenStopping(stop);
    await report(counts, examples);
  }

  let after: MessageRow | undefined;
  for (;;) {
    const rows = await client.rows<MessageRow>(
      query('rerun_messages'),
      {
        ...asked,
        after_ms: Number(after?.received_at_ms ?? -1),
        after_message_id: after?.message_id ?? '',
        count: page_items_max,
        bytes_max: page_bytes_max,
      },
      load,
    );
    after = rows.at(-1);
    if (!after) break;
    await take(await planMessages(rows, source, parts), rows.length);
  }
  let last: NativeRow | undefined;
  for (;;) {
    const rows = await client.rows<NativeRow>(
      query('rerun_rejects'),
      {
        ...asked,
        after_ms: Number(last?.received_at_ms ?? -1),
        after_segment_id: last?.segment_id ?? '',
        after_position: last?.segment_position ?? 0,
        count: page_items_max,
      },
      load,
    );
    last = rows.at(-1);
    if (!last) break;
    const usable = rows.filter(({ raw_encoding }) => raw_encoding === 'utf8');
    counts.unusable += rows.length - usable.length;
    await take(await planNatives(usable, source, parts), rows.length);
  }
  return { counts, examples };
}

async function planMessages(
  rows: readonly MessageRow[],
  source: Source,
  { client, limits, log }: RerunParts,
): Promise<PlannedItem[]> {
  const read = rows.map((row) => {
    const bytes = Buffer.from(row.raw, row.raw_encoding === 'base64' ? 'base64' : 'utf8');
    const { transport, media_type } = row;
    const mapped = mapMessage(
      (given, mapping) => readMessage(given, transport, media_type, mapping),
      bytes,
      source.mapping,
      (fault) => log.error({ code: 'MESSAGE_UNREADABLE', fault }, 'a message could not be read'),
    );
    // As it would have been judged when it came: what was no future then is none now.
    const context = eventContext(source, Number(row.received_at_ms), limits.future_ms_max);
    const { events, refusals } = judgeMessage(
      { bytes, transport, media_type },
      mapped,
      context,
    ).taken;
    // What is refused today may have been told before, by a message that was sent again and so is kept from its first load.
    const draft_ids = (mapped.drafts ?? []).flatMap(({ event_id }) => event_id ?? []);
    return { row, draft_ids, reading: { events, refusals } satisfies Reading };
  });
  const message_ids = rows.map(({ message_id }) => message_id);
  const event_ids = read.flatMap(({ reading, draft_ids }) => [
    ...reading.events.map(({ event_id }) => event_id),
    ...draft_ids,
  ]);
  const load_seqs = [...new Set(rows.map(({ load_seq }) => Number(load_seq)))];
  const known = await knownEvents(client, source, { message_ids, event_ids, load_seqs });
  const open = await client.rows<OpenReject & { message_id: string }>(
    query('rerun_open_of_messages'),
    { source: source.source, message_ids },
    load,
  );
  return read.map(({ row: { message_id }, reading }) => {
    const ids = new Set(reading.events.map(({ event_id }) => event_id));
    const mine = known.filter((each) => each.message_id === message_id || ids.has(each.event_id));
    const standing = open.filter((each) => each.message_id === message_id);
    return { message_id, plan: planMessage(message_id, reading, mine, standing) };
  });
}

async function planNatives(
  rows: readonly NativeRow[],
  source: Source,
  { client, limits }: RerunParts,
): Promise<PlannedItem[]> {
  const read = rows.map((row) => {
    const context = eventContext(source, Number(row.received_at_ms), limits.future_ms_max);
    const value = parsed(row.raw);
    if (value === undefined) return { row, checked: asBefore(row) };
    const checked = checkEvent(value, context);
    return {
      row,
      checked: isRefusal(checked) ? { ...checked, event_id: row.event_id } : checked,
    };
  });
  const event_ids = read.flatMap(({ checked }) => ('code' in checked ? [] : [checked.event_id]));
  const known = await knownEvents(client, source, { message_ids: [], event_ids, load_seqs: [] });
  const taken = new Set<string>();
  return read.map(({ row, checked }) => {
    const { raw, raw_encoding } = row;
    const id = 'code' in checked ? '' : checked.event_id;
    const same = known.filter(({ event_id }) => event_id === id);
    const plan = planNative(checked, same, row);
    // What was sent and refused twice is stored once; the other is looked at by the next run.
    const is_repeated = id !== '' && taken.has(id);
    taken.add(id);
    return {
      message_id: '',
      raw: { raw, raw_encoding },
      plan: is_repeated ? { ...plan, store: [], resolve: [], still_refused: [row] } : plan,
    };
  });
}

/** What is no JSON object is refused as it was: its lines came in another form, or it was damaged. */
function asBefore(row: NativeRow): JudgedRefusal {
  return { code: row.code as JudgedRefusal['code'], message: '', event_id: row.event_id };
}

function parsed(raw: string): unknown {
  try {
    if (!isUtf8(Buffer.from(raw))) return undefined;
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function knownEvents(
  client: SqlClient,
  source: Source,
  of: {
    readonly message_ids: readonly string[];
    readonly event_ids: readonly string[];
    readonly load_seqs: readonly number[];
  },
): Promise<KnownEvent[]> {
  const rows = await client.rows<KnownEvent>(
    query('rerun_known_events'),
    { source: source.source, ...of },
    load,
  );
  return rows.map((row) => ({
    ...row,
    occurred_at_ms: Number(row.occurred_at_ms),
    load_seq: Number(row.load_seq),
    is_current: Number(row.is_current) === 1,
  }));
}

function tally({ plan, message_id }: PlannedItem, counts: RerunCounts, examples: RerunExample[]) {
  const { store, supersede, resolve, refuse, still_refused, unchanged } = plan;
  const replaced = supersede.filter(({ replaced_by }) => replaced_by !== '');
  counts.stored += store.length - replaced.length;
  counts.superseded += replaced.length;
  counts.withdrawn += supersede.length - replaced.length;
  counts.resolved += resolve.length;
  counts.refused += refuse.length;
  counts.still_refused += still_refused.length;
  counts.unchanged += unchanged;
  for (const example of examplesOf(plan, message_id)) {
    const like = examples.filter(({ outcome }) => outcome === example.outcome);
    if (like.length < examples_each_max) examples.push(example);
  }
}

function examplesOf(plan: Plan, message_id: string): RerunExample[] {
  const none = { message_id, event_id: '', code: '', expression: '', changed: [] };
  const revisions = new Map(plan.supersede.map((each) => [each.replaced_by, each.event]));
  return [
    ...plan.store.map((event): RerunExample => {
      const before = revisions.get(event.event_id);
      const { event_id } = event;
      return before
        ? { ...none, outcome: 'superseded', event_id, changed: changedFields(before, event) }
        : { ...none, outcome: 'stored', event_id };
    }),
    ...plan.supersede
      .filter(({ replaced_by }) => replaced_by === '')
      .map(({ event }): RerunExample => ({
        ...none,
        outcome: 'withdrawn',
        event_id: event.event_id,
      })),
    ...plan.refuse.map(({ code, expression = '', event_id }): RerunExample => ({
      ...none,
      outcome: 'refused',
      code,
      expression,
      event_id,
    })),
    ...plan.still_refused.map(({ code, expression, event_id }): RerunExample => ({
      ...none,
      outcome: 'still_refused',
      code,
      expression,
      event_id,
    })),
  ];
}

function refuseWhenStopping(stop: AbortSignal): void {
  if (!stop.aborted) return;
  throw new RequestRefused(
    'SERVICE_STOPPING',
    'The service is stopping; it goes on at the next start.',
  );
}
