/** One request on its way in: its records are checked, put into batches, and spooled; its refusals are kept. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../sql/clock.ts';
import type { RecordCode, Refusal } from './codes.ts';
import { RequestRefused } from './codes.ts';
import type { SpooledEvent } from './event.ts';
import type { MessageFormat, MessageRefusal } from './formats/message.ts';
import type { IngestLimits } from './limits.ts';
import {
  addEvent,
  isFull,
  newEventColumns,
  takeBlock,
  type EventColumns,
} from './columns/event-columns.ts';
import type { Batch, LineBatch } from './spool/format.ts';

/** The answer to a request that was taken. */
export interface IntakeAnswer {
  readonly receipt: string;
  readonly accepted: number;
  readonly rejected: readonly { index: number; code: RecordCode; message: string }[];
  readonly rejected_count: number;
}

/** A foreign message that was read: what is kept of it, and what came of it. */
export interface TakenMessage {
  /** SHA-256 of `bytes`, hex. */
  readonly message_id: string;
  /** What arrived, as it arrived. */
  readonly bytes: Buffer;
  readonly format: MessageFormat;
  readonly transport: Transport;
  readonly media_type: string;
  readonly events: readonly SpooledEvent[];
  readonly refusals: readonly (MessageRefusal & { readonly event_id: string })[];
}

/** How a foreign message came. */
export type Transport = 'http' | 'syslog_tls' | 'syslog_tcp' | 'syslog_udp' | 'file';

/** Where a request's records go, one after the other. */
export interface Intake {
  readonly receipt: string;
  /** Reads the clock for the records that follow, and returns when they were received. */
  readClock(): number;
  /** A record that passed, as JSON text without its opening brace. */
  accept(json_tail: string): void;
  /** An event that passed. */
  acceptEvent(event: SpooledEvent): void;
  /** Where accepted events are gathered column by column, if they are. */
  readonly columns: EventColumns | undefined;
  /** The index of the next record in the request. */
  index(): number;
  /** Counts events that a reader has put into `columns` itself. */
  countAccepted(events: number): void;
  /** A record that did not, with what was sent. */
  refuse(refusal: Refusal, raw: Buffer, event_id?: string): void;
  /** A foreign message: its bytes, then its events and its refusals, all under one index of the request. */
  takeMessage(message: TakenMessage): void;
  /** Whether enough has gathered for a write. */
  isDue(): boolean;
  /** Hands what has gathered to the spool, after what was handed before is on disk. */
  spill(): Promise<void>;
  /** Keeps the refusal of a request that is refused as a whole, with what was sent. */
  refuseWhole(refusal: Refusal, raw?: Buffer): Promise<void>;
  /** Returns once everything is on disk. */
  finish(): Promise<IntakeAnswer>;
}

/** A receipt: what the sender keeps to ask later. Random, from a pool that Node keeps, so that it costs next to nothing. */
export function newReceipt(): string {
  return `r_${randomUUID()}`;
}

/** The batch of a request that is one good event; the same as `createIntake` makes of it, at a tenth of the cost. */
export function oneEventBatch(
  receipt: string,
  source: string,
  received_at: number,
  event: SpooledEvent,
): LineBatch {
  const line = `"record":"event",${commonOf(source, received_at, receipt)}0,${JSON.stringify(event).slice(1)}`;
  return { receipt, source, rejects: 0, lines: [line] };
}

function commonOf(source: string, received_at: number, receipt: string): string {
  return `"source":${JSON.stringify(source)},"received_at":${received_at},"receipt":"${receipt}","position":`;
}

/**
 * @param dataset `access_events`, or the reference dataset; the refusals are kept under it
 * @param append puts a batch of accepted records on disk
 * @param append_rejects the same for refusals, where they go elsewhere: rows of a reference file have one to themselves
 */
export function createIntake(options: {
  readonly receipt: string;
  readonly source: string;
  readonly clock: Clock;
  readonly dataset: string;
  readonly limits: IngestLimits;
  readonly append: (batch: Batch) => Promise<void>;
  readonly append_rejects?: (batch: Batch) => Promise<void>;
  /** For many events: they are gathered in columns and spooled as blocks, with this for an absent staff_id_system. */
  readonly columns?: { readonly default_staff_id_system: string };
}): Intake {
  const { receipt, source, clock, dataset, limits, append, append_rejects } = options;
  const columns = options.columns && newEventColumns(options.columns.default_staff_id_system);
  let received_at = clock.now();
  let common = '';
  const readClock = () => {
    received_at = clock.now();
    common = commonOf(source, received_at, receipt);
    return received_at;
  };
  readClock();
  const under_way = createUnderWay(limits.batches_under_way_max);
  const records = createOutlet(receipt, source, append, under_way);
  const rejects = append_rejects
    ? createOutlet(receipt, source, append_rejects, createUnderWay(limits.batches_under_way_max))
    : records;
  let index = 0;
  let blocks = 0;
  let rejected_count = 0;
  const rejected: { index: number; code: RecordCode; message: string }[] = [];

  async function sendBlock(): Promise<void> {
    if (!columns) return;
    blocks += 1;
    const block = takeBlock(columns, source, receipt);
    await under_way.begin(() => append({ receipt, source, rejects: 0, block }));
  }

  return {
    receipt,
    readClock,
    accept(json_tail) {
      const ours = append_rejects
        ? `"record":"row","line":${index + 1},`
        : `"record":"event",${common}${index},`;
      records.add(ours + json_tail);
      index += 1;
    },
    acceptEvent(event) {
      if (columns) addEvent(columns, event, index, received_at);
      else records.add(`"record":"event",${common}${index},${JSON.stringify(event).slice(1)}`);
      index += 1;
    },
    columns,
    index: () => index,
    countAccepted(events) {
      index += events;
    },
    refuse(refusal, raw, event_id = '') {
      if (rejected.length < limits.rejects_listed_max) rejected.push({ index, ...refusal });
      const reject = { dataset, ...refusal, event_id, ...keptRaw(raw, limits.raw_bytes_max) };
      rejects.add(`"record":"reject",${common}${index},${JSON.stringify(reject).slice(1)}`);
      records.countReject();
      index += 1;
      rejected_count += 1;
      if (rejected_count > limits.rejects_per_request_max) {
        throw new RequestRefused(
          'REJECTS_TOO_MANY',
          `More than ${limits.rejects_per_request_max} lines were refused, so the rest was not read. Is this the right file?`,
        );
      }
    },
    takeMessage({ bytes, events, refusals, ...message }) {
      const { message_id } = message;
      const kept = JSON.stringify({ ...message, ...keptRaw(bytes, bytes.length) });
      records.add(`"record":"message",${common}${index},${kept.slice(1)}`);
      for (const event of events) {
        const text = JSON.stringify({ ...event, message_id });
        records.add(`"record":"event",${common}${index},${text.slice(1)}`);
      }
      for (const { code, message: sentence, expression = '', event_id } of refusals) {
        // The bytes stand with the message, so that a quarantined Bundle is not kept twice.
        const reject = { dataset, code, message: sentence, expression, event_id, message_id };
        records.add(`"record":"reject",${common}${index},${JSON.stringify(reject).slice(1)}`);
        records.countReject();
      }
      const [first] = refusals;
      if (first && events.length === 0) {
        rejected_count += 1;
        if (rejected.length < limits.rejects_listed_max)
          rejected.push({ index, code: first.code, message: first.message });
      }
      index += 1;
    },
    async refuseWhole(refusal, raw = Buffer.alloc(0)) {
      const outlet = createOutlet(receipt, source, append_rejects ?? append, createUnderWay(1));
      const reject = { dataset, ...refusal, event_id: '', ...keptRaw(raw, limits.raw_bytes_max) };
      outlet.add(`"record":"reject",${common}${index},${JSON.stringify(reject).slice(1)}`);
      outlet.countReject();
      await outlet.send();
      await outlet.settled();
    },
    isDue: () =>
      (columns !== undefined && isFull(columns, limits.block_bytes_max)) ||
      records.length() >= limits.batch_bytes_max ||
      rejects.length() >= limits.batch_bytes_max,
    async spill() {
      if (columns && isFull(columns, limits.block_bytes_max)) await sendBlock();
      if (records.length() > 0) await records.send();
      if (rejects !== records && rejects.length() > 0) await rejects.send();
    },
    async finish() {
      if (columns && columns.rows > 0) await sendBlock();
      // An empty request has a receipt too, so its batch of no lines is written.
      if (records.isOwed() || (records.batches() === 0 && blocks === 0)) await records.send();
      if (rejects !== records && rejects.length() > 0) await rejects.send();
      await Promise.all([records.settled(), rejects.settled()]);
      return { receipt, accepted: index - rejected_count, rejected, rejected_count };
    },
  };
}

/** Bounds how many batches wait for the disk. While some are written, and share their fsync, the next one gathers. */
function createUnderWay(max: number) {
  const appends: Promise<void>[] = [];
  return {
    async begin(append: () => Promise<void>): Promise<void> {
      while (appends.length >= max) {
        await appends[0];
        appends.shift();
      }
      const appended = append();
      // Whoever awaits it meets the failure; until then it is not unhandled.
      appended.catch(() => {});
      appends.push(appended);
    },
    settled: () => Promise.all(appends),
  };
}

/** Gathers lines into batches. */
function createOutlet(
  receipt: string,
  source: string,
  append: (batch: Batch) => Promise<void>,
  under_way: ReturnType<typeof createUnderWay>,
) {
  let lines: string[] = [];
  let length = 0;
  let rejects = 0;
  let batches = 0;
  return {
    add(line: string): void {
      lines.push(line);
      length += line.length;
    },
    countReject(): void {
      rejects += 1;
    },
    length: () => length,
    /** Whether there is something that no batch has told yet, be it a count of refusals. */
    isOwed: () => length > 0 || rejects > 0,
    batches: () => batches,
    settled: () => under_way.settled(),
    async send(): Promise<void> {
      const batch: LineBatch = { receipt, source, rejects, lines };
      lines = [];
      length = 0;
      rejects = 0;
      batches += 1;
      await under_way.begin(() => append(batch));
    },
  };
}

function keptRaw(raw: Buffer, raw_bytes_max: number): { raw: string; raw_encoding: string } {
  const kept = raw.subarray(0, raw_bytes_max);
  const cut = kept.length < raw.length ? 'truncated_' : '';
  const text = kept.toString('utf8');
  // A cut in the middle of a character leaves bytes that are not UTF-8; base64 keeps them exact.
  if (Buffer.from(text).equals(kept)) return { raw: text, raw_encoding: `${cut}utf8` };
  return { raw: kept.toString('base64'), raw_encoding: `${cut}base64` };
}
