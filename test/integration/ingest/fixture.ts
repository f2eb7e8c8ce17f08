/** Ingest as its tests run it: on one engine, with a source, and short ways to send and to look. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { startIngest, type Ingest } from '../../../ingest/service.ts';
import { addSource, type NewSource } from '../../../ingest/sources.ts';
import type { IngestLimits } from '../../../ingest/limits.ts';
import type { FaultPoint } from '../../../ingest/spool/segment-file.ts';
import type { SyslogSettings } from '../../../ingest/syslog/settings.ts';
import { system_clock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import type { TestEngine } from '../../support/engines.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export interface Running {
  readonly ingest: Ingest;
  readonly key: string;
  readonly data_dir: string;
  /** Sends text as NDJSON, or objects as NDJSON lines, and waits until they are loaded. */
  post(body: string | readonly object[], options?: Sending): Promise<Answer>;
  put(dataset: string, body: string | readonly object[], options?: Sending): Promise<Answer>;
  get(path: string, key?: string): Promise<Answer>;
  query<T>(text: string): Promise<T[]>;
  /** Closes ingest, and starts it anew on the same directory. */
  restart(fault?: FaultPoint): Promise<void>;
  close(): Promise<void>;
}

export interface Sending {
  readonly type?: string;
  readonly query?: string;
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
  readonly bytes?: Uint8Array;
}

/** Starts ingest in a directory of its own, with the source `exchange`. */
export async function run(
  engine: TestEngine,
  options: {
    limits?: Partial<IngestLimits>;
    fault?: FaultPoint;
    source?: Partial<NewSource>;
    log?: Logger;
    syslog?: SyslogSettings;
  } = {},
): Promise<Running> {
  const data_dir = await mkdtemp(join(engine.data_dir, 'ingest-'));
  const { key } = await addSource(engine.client, system_clock, {
    source: 'exchange',
    changed_by: 'test',
    ...options.source,
  });
  const start = (fault?: FaultPoint) =>
    startIngest({
      engine: engine.engine,
      data_dir,
      host: '127.0.0.1',
      port: 0,
      clock: system_clock,
      log: options.log ?? pino({ level: 'silent' }),
      limits: {
        segment_age_ms_max: 20,
        load_retry_ms_min: 10,
        load_retry_ms_max: 50,
        close_load_ms_max: 5_000,
        ...options.limits,
      },
      ...(fault && { fault }),
      ...(options.syslog && { syslog: options.syslog }),
    });
  let ingest = await start(options.fault);

  async function send(
    method: string,
    path: string,
    body: string | readonly object[],
    sending: Sending,
  ): Promise<Answer> {
    const text =
      typeof body === 'string' ? body : body.map((each) => `${JSON.stringify(each)}\n`).join('');
    const { key: given = key } = sending;
    const response = await fetch(`${ingest.address}/${path}${sending.query ?? '?wait=loaded'}`, {
      method,
      headers: {
        'content-type': sending.type ?? 'application/x-ndjson',
        ...(given !== null && { authorization: `Bearer ${given}` }),
        ...sending.headers,
      },
      body: (sending.bytes as BodyInit | undefined) ?? text,
    });
    return answerOf(response);
  }

  return {
    get ingest() {
      return ingest;
    },
    key,
    data_dir,
    post: (body, sending = {}) => send('POST', 'events', body, sending),
    put: (dataset, body, sending = {}) => send('PUT', `reference/${dataset}`, body, sending),
    async get(path, given = key) {
      return answerOf(
        await fetch(`${ingest.address}/${path}`, { headers: { authorization: `Bearer ${given}` } }),
      );
    },
    query: (text) => engine.client.rows(parseStatement('test', text)),
    async restart(fault) {
      await ingest.close();
      ingest = await start(fault);
    },
    async close() {
      await ingest.close();
      await engine.truncate();
      await rm(data_dir, { recursive: true, force: true });
    },
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text.startsWith('{') ? JSON.parse(text) : {},
  };
}

/** A valid event, for a synthetic patient. */
export function event(
  event_id: string,
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    event_id,
    occurred_at: '2026-03-01T10:00:00.123Z',
    action: 'view',
    staff_id: '555000000001',
    organisation_code: 'RZZ01',
    patient_id: '9990000018',
    ...fields,
  };
}

/** A fault that is thrown once, at the `nth` time that the step is reached. */
export function onceAt(step: string, nth = 1): FaultPoint & { readonly hits: () => number } {
  let hits = 0;
  return Object.assign(
    (reached: string) => {
      if (reached !== step) return;
      hits += 1;
      if (hits === nth) throw new Error(`Injected at ${step}.`);
    },
    { hits: () => hits },
  );
}
