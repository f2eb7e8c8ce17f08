/** Carries out requests to run something again, one at a time, in order: those of the dashboard and of the command. */
import { setTimeout as pause } from 'node:timers/promises';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { isCoded, messageOf } from '../../sql/errors.ts';
import type { Logger } from '../../sql/log.ts';
import { recordOwnAudit } from '../../sql/own-audit.ts';
import type { IngestLimits } from '../limits.ts';
import type { Lease } from '../loader/lease.ts';
import type { Spool } from '../spool/spool.ts';
import { nextRequest, noCounts, writeResult, type RerunRequest } from './requests.ts';
import { runAgain } from './run.ts';

export interface RerunWorker {
  /** Stops after the page under way; the request goes on at the next start. */
  close(): Promise<void>;
}

/** How often a result is written while a request goes on. */
const report_every_ms = 2_000;

export function startRerunWorker(options: {
  readonly client: SqlClient;
  readonly spool: Spool;
  /** Of all processes on one ClickHouse, one runs requests. */
  readonly lease: Lease;
  readonly clock: Clock;
  readonly limits: IngestLimits;
  readonly log: Logger;
}): RerunWorker {
  const { client, lease, clock, limits, log } = options;
  const stop = new AbortController();

  async function carryOut(request: RerunRequest): Promise<void> {
    const { request_id, is_dry_run, source, code } = request;
    let reported_at = -Infinity;
    await writeResult(client, clock, request_id, 'running', noCounts(), []);
    try {
      await recordOwnAudit(client, clock, {
        user_id: request.requested_by,
        role: '',
        organisation_codes: [],
        action: 'command',
        route: 'rerun',
        subject_kind: 'rerun',
        subject_ids: [request_id],
        detail: JSON.stringify({ source, code, is_dry_run }),
      });
      const { counts, examples } = await runAgain(
        request,
        { ...options, stop: stop.signal },
        async (so_far, found) => {
          await lease.hold();
          if (performance.now() - reported_at < report_every_ms) return;
          reported_at = performance.now();
          await writeResult(client, clock, request_id, 'running', so_far, found);
        },
      );
      await writeResult(client, clock, request_id, 'done', counts, examples);
      log.info({ request_id, is_dry_run, ...counts }, 'messages were run again');
    } catch (error) {
      if (stop.signal.aborted) return;
      const code_of = isCoded(error) ? error.code : 'RERUN_FAILED';
      log.error({ code: code_of, request_id, detail: messageOf(error) }, 'a run again failed');
      const message = isCoded(error)
        ? error.message
        : 'The run failed for a fault of ours; the log has the details. What it stored stands; run it again.';
      await writeResult(client, clock, request_id, 'failed', noCounts(), [], {
        code: code_of,
        message,
      });
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const request = await nextRequest(client);
        if (request) {
          await lease.hold();
          await carryOut(request);
          continue;
        }
      } catch (error) {
        const code = isCoded(error) ? error.code : 'RERUN_FAILED';
        // Another process has the lease, or ClickHouse is away: the next look may find it otherwise.
        if (code !== 'LEASE_HELD') log.warn({ code, detail: messageOf(error) }, 'runs again wait');
      }
      await pause(limits.rerun_poll_ms, undefined, { signal: stop.signal }).catch(() => {});
    }
    await lease.release().catch(() => {
      // It ends by itself.
    });
  }
  const running = run();

  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}
