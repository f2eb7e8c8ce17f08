/** One request on its way in: its records are checked, put into batches, and spooled; its refusals are kept. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../sql/clock.ts';
import type { RecordCode, Refusal } from './codes.ts';
import { RequestRefused } from './codes.ts';
import type { SpooledEvent } from './event.ts';
import type { MessageFormat, MessageRefusal } from './formats/message.ts';
import type { IngestLimits } from './limits.ts';
import type { Batch } from './spool/format.ts';

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
}): Intake {
  const { receipt, source, clock, dataset, limits, append, append_rejects } = options;
  let received_at = clock.now();
  let common = '';
  const readClock = () => {
    received_at = clock.now();
    common = `"source":${JSON.stringify(source)},"received_at":${received_at},"receipt":"${receipt}","position":`;
    return received_at;
  };
  readClock();
  const records = createOutlet(receipt, source, append, limits.batches_under_way_max);
  const rejects = append_rejects
    ? createOutlet(receipt, source, append_rejects, limits.batches_under_way_max)
    : records;
  let index = 0;
  let rejected_count = 0;
  const rejected: { index: number; code: RecordCode; message: string }[] = [];

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
      const outlet = createOutlet(receipt, source, append_rejects ?? append, 1);
      const reject = { dataset, ...refusal, event_id: '', ...keptRaw(raw, limits.raw_bytes_max) };
      outlet.add(`"record":"reject",${common}${index},${JSON.stringify(reject).slice(1)}`);
      outlet.countReject();
      await outlet.send();
      await outlet.settled();
    },
    isDue: () =>
      records.length() >= limits.batch_bytes_max || rejects.length() >= limits.batch_bytes_max,
    async spill() {
      if (records.length() > 0) await records.send();
      if (rejects !== records && rejects.length() > 0) await rejects.send();
    },
    async finish() {
      // An empty request has a receipt too, so its batch of no lines is written.
      if (records.isOwed() || records.batches() === 0) await records.send();
      if (rejects !== records && rejects.length() > 0) await rejects.send();
      await Promise.all([records.settled(), rejects.settled()]);
      return { receipt, accepted: index - rejected_count, rejected, rejected_count };
    },
  };
}

/** Gathers lines into batches. While some are written, and share their fsync, the next one gathers. */
function createOutlet(
  receipt: string,
  source: string,
  append: (batch: Batch) => Promise<void>,
  under_way_max: number,
) {
  let lines: string[] = [];
  let length = 0;
  let rejects = 0;
  let batches = 0;
  const under_way: Promise<void>[] = [];
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
    settled: () => Promise.all(under_way),
    async send(): Promise<void> {
      const batch: Batch = { receipt, source, rejects, lines };
      lines = [];
      length = 0;
      rejects = 0;
      batches += 1;
      while (under_way.length >= under_way_max) {
        await under_way[0];
        under_way.shift();
      }
      const appended = append(batch);
      // Whoever awaits it meets the failure; until then it is not unhandled.
      appended.catch(() => {});
      under_way.push(appended);
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
