/** The loader: takes segments in order, loads each until it succeeds, and only then lets its file go. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { isCoded, messageOf } from '../../sql/errors.ts';
import type { Logger } from '../../sql/log.ts';
import { takeLoadTurn } from '../../sql/load-turn.ts';
import type { SealLog } from '../../sql/seals/log.ts';
import { loadStatement } from '../../sql/statement.ts';
import type { IngestLimits } from '../limits.ts';
import { loadReference } from '../reference/load-reference.ts';
import type { ClosedSegment, FaultPoint } from '../spool/segment-file.ts';
import type { Spool } from '../spool/spool.ts';
import { createKeyFilter } from './key-filter.ts';
import { loadPosition, settleIntent, writeIntent } from './intents.ts';
import type { Lease } from './lease.ts';
import { loadEvents, type LoadCounts } from './load-events.ts';

export interface LoaderStatus {
  /** Why the last attempt failed; empty when it did not. */
  readonly failing: string;
  /** How long until the next attempt, after one that failed; 0 while one is under way. */
  readonly next_attempt_ms: number;
  readonly loads: number;
  readonly totals: LoadCounts;
}

export interface Loader {
  status(): LoaderStatus;
  /** Goes on loading until the spool is empty or `ms` have passed, then stops after the load under way. */
  close(ms: number): Promise<void>;
}

const is_committed = loadStatement('ingest/queries/is_committed.sql');

export function startLoader(options: {
  readonly spool: Spool;
  readonly client: SqlClient;
  readonly lease: Lease;
  readonly seals: SealLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: IngestLimits;
  readonly fault: FaultPoint;
}): Loader {
  const { spool, client, lease, seals, clock, log, limits, fault } = options;
  const stop = new AbortController();
  const keys = createKeyFilter();
  let keys_token = 0;
  const totals = { received: 0, stored: 0, duplicates: 0, conflicts: 0, rejects: 0 };
  let loads = 0;
  let failing = '';
  let next_attempt_at_ms = 0;
  let stopped_early: () => void = () => {};
  const early = new Promise<void>((resolve) => (stopped_early = resolve));

  /** One attempt. A segment that is in the ledger already lost only its removal. */
  async function attempt(segment: ClosedSegment, is_repeated: boolean): Promise<void> {
    const fencing_token = await lease.hold();
    const { segment_id } = segment.header;
    if (is_repeated) {
      const [known] = await client.rows<{ is_committed: number }>(is_committed, { segment_id });
      if (known && Number(known.is_committed) === 1) return;
    }
    // Another process may have stored and sealed events while this one did not hold the lease.
    if (fencing_token !== keys_token) {
      keys.reset();
      seals.forget();
    }
    keys_token = fencing_token;
    const { load_seq, is_resumed } = await numberFor(segment, fencing_token);
    await load(segment, load_seq, fencing_token, is_resumed);
  }

  /**
   * The number under which a segment is loaded: that of its own attempt which did not end, or a new one.
   *
   * What another segment's attempt left is finished first, under its own number. Otherwise its rows would be looked for
   * under a number that is another load's by then.
   */
  async function numberFor(
    segment: ClosedSegment,
    fencing_token: number,
  ): Promise<{ load_seq: number; is_resumed: boolean }> {
    const { open, next_load_seq } = await loadPosition(client);
    // Where damage was taken out of it, what an attempt stored of that is not in the segment any more: it is settled.
    if (open?.segment_id === segment.header.segment_id && !segment.header.is_mended)
      return { load_seq: open.load_seq, is_resumed: true };
    if (open) {
      const found = spool.find(open.segment_id);
      const left = found && (await spool.recheck(found));
      if (left && !left.header.is_mended) {
        await load(left, open.load_seq, fencing_token, true);
        await spool.remove(left);
      } else {
        await settleIntent({ client, clock, seals }, open, fencing_token);
        // It left keys of events that this process never saw.
        keys.reset();
        log.warn(
          { code: 'SEGMENT_LOST', load_seq: open.load_seq, segment: open.segment_id },
          'a load began whose segment is not in this spool; what it stored is kept',
        );
      }
    }
    await writeIntent(client, clock, segment, next_load_seq, fencing_token);
    fault('load.intended');
    return { load_seq: next_load_seq, is_resumed: false };
  }

  async function load(
    segment: ClosedSegment,
    load_seq: number,
    fencing_token: number,
    is_resumed: boolean,
  ): Promise<void> {
    const digest = segment.digest ?? (await digestOf(segment.path));
    const context = {
      client,
      clock,
      load_seq,
      fencing_token,
      is_resumed,
      digest,
      seals,
      keys,
      fault,
    };
    const started = performance.now();
    const counts = segment.header.reference
      ? await loadReference(segment, context)
      : await loadEvents(segment, context);
    loads += 1;
    for (const name of Object.keys(totals) as (keyof LoadCounts)[]) totals[name] += counts[name];
    log.debug(
      { load_seq, ...counts, elapsed_ms: Math.round(performance.now() - started) },
      'segment loaded',
    );
  }

  async function loadUntilDone(given: ClosedSegment): Promise<void> {
    let segment = given;
    let pause_ms = limits.load_retry_ms_min;
    for (let tries = 1; !stop.signal.aborted; tries++) {
      try {
        const checked = await spool.recheck(segment);
        if (!checked) return;
        segment = checked;
        await takeLoadTurn(() => attempt(checked, checked.is_recovered || tries > 1));
        await spool.remove(segment);
        failing = '';
        return;
      } catch (error) {
        failing = messageOf(error);
        lease.drop();
        const code = isCoded(error) ? error.code : 'LOAD_FAILED';
        log.warn(
          { code, detail: failing, tries, segment: given.header.segment_id },
          'the load will be tried again',
        );
        next_attempt_at_ms = performance.now() + pause_ms;
        await Promise.race([early, new Promise((resolve) => setTimeout(resolve, pause_ms))]);
        pause_ms = Math.min(pause_ms * 2, limits.load_retry_ms_max);
      }
    }
  }

  async function run(): Promise<void> {
    for (
      let segment = await spool.next(stop.signal);
      segment;
      segment = await spool.next(stop.signal)
    ) {
      await loadUntilDone(segment);
    }
    await lease.release().catch((error: unknown) => {
      log.warn(
        { code: 'LEASE_NOT_RELEASED', detail: messageOf(error) },
        'the lease ends by itself',
      );
    });
  }
  const running = run();

  return {
    status: () => ({
      failing,
      next_attempt_ms: Math.max(next_attempt_at_ms - performance.now(), 0),
      loads,
      totals: { ...totals },
    }),
    async close(ms) {
      const until = performance.now() + ms;
      while (spool.status().segments > 0 && failing === '' && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      stop.abort();
      stopped_early();
      await running;
    },
  };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
