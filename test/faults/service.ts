/** The service as a sender meets it through faults: started and started again on one directory, sent to until it says yes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startProcess, type StartedProcess } from '../support/process.ts';
import { pause } from './random.ts';

export interface Answer {
  readonly status: number;
  readonly retry_after: string | null;
  readonly json: {
    readonly receipt: string;
    readonly rejected_count: number;
    readonly code?: string;
  };
}

export interface Service {
  readonly data_dir: string;
  readonly environment: Record<string, string>;
  readonly url: string;
  /** The process that runs now, or ran last. */
  process(): StartedProcess;
  /** Starts the process, and returns once it answers. */
  start(): Promise<void>;
  /** The key of the source `local`. */
  key(): Promise<string>;
  /** One attempt; undefined when the connection fails. */
  send(body: string | Buffer, to?: Sending): Promise<Answer | undefined>;
  /** Sends until it is acknowledged, and returns the receipt. */
  sendUntilAcknowledged(body: string, to?: Sending): Promise<string>;
  untilLoaded(receipt: string, ms?: number): Promise<void>;
  /** Ends the process, whatever it is at, and removes the directory. */
  close(): Promise<void>;
}

export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly type?: string;
}

/** A service on a directory of its own, or on `data_dir`; it is not started yet. */
export async function createService(
  options: {
    data_dir?: string;
    environment?: Record<string, string>;
    through?: readonly string[];
  } = {},
): Promise<Service> {
  const data_dir = options.data_dir ?? (await mkdtemp(join(tmpdir(), 'access-audit-faults-')));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    DATA_DIR: data_dir,
    INGEST_PORT: String(port),
    PORT: String(await freePort()),
    // The dashboard takes no part in this, and its build would take longer than the tests.
    SERVICES: 'ingest',
    LOG_LEVEL: 'warn',
    ...options.environment,
  };
  let running: StartedProcess | undefined;
  let known_key: string | undefined;

  const service: Service = {
    data_dir,
    environment,
    url,
    process() {
      if (!running) throw new Error('It was not started.');
      return running;
    },
    async start() {
      const { through = [] } = options;
      const started = startProcess(environment, [], through);
      running = started;
      let has_ended = false;
      void started.ended.then(() => (has_ended = true));
      for (let attempt = 0; attempt < 2_400; attempt++) {
        const said = () => `${started.output()}\n${started.errors()}`;
        if (has_ended) throw new Error(`The process ended at its start:\n${said()}`);
        const is_up = await fetch(`${url}/health/live`).then(
          ({ ok }) => ok,
          () => false,
        );
        if (is_up) return;
        await pause(25);
      }
      throw new Error(`The process did not answer within 60 s:\n${started.errors()}`);
    },
    async key() {
      known_key ??= (await readFile(join(data_dir, 'local.key'), 'utf8')).trim();
      return known_key;
    },
    async send(body, { method = 'POST', path = 'events', type = 'application/x-ndjson' } = {}) {
      const headers = { authorization: `Bearer ${await service.key()}`, 'content-type': type };
      try {
        const response = await fetch(`${url}/${path}`, { method, headers, body: body as BodyInit });
        const { status } = response;
        const retry_after = response.headers.get('retry-after');
        return { status, retry_after, json: (await response.json()) as Answer['json'] };
      } catch {
        return undefined;
      }
    },
    async sendUntilAcknowledged(body, to) {
      for (;;) {
        const answer = await service.send(body, to);
        if (answer?.status === 200) {
          expect(answer.json.rejected_count).toBe(0);
          return answer.json.receipt;
        }
        if (answer && answer.status !== 503)
          throw new Error(`Refused with ${answer.status} ${answer.json.code ?? ''}.`);
        await pause(20);
      }
    },
    async untilLoaded(receipt, ms = 120_000) {
      const headers = { authorization: `Bearer ${await service.key()}` };
      const until = performance.now() + ms;
      while (performance.now() < until) {
        const response = await fetch(`${url}/receipts/${receipt}`, { headers });
        const said = (await response.json()) as { state?: string; code?: string };
        // A receipt that was given is known for ever, whatever happened since; only the database may be away.
        if (response.status < 500)
          expect({ status: response.status, said }).toMatchObject({ status: 200 });
        if (said.state === 'loaded') return;
        await pause(50);
      }
      throw new Error(`A receipt was not loaded within ${ms / 1000} s.`);
    },
    async close() {
      await running?.kill('SIGKILL');
      await rm(data_dir, { recursive: true, force: true });
    },
  };
  return service;
}

/** The line of an event that is told by its number. */
export function eventLine(number: number, fields: Record<string, unknown> = {}): string {
  const day = String(1 + (number % 28)).padStart(2, '0');
  return `${JSON.stringify({
    event_id: `e${number}`,
    occurred_at: `2026-${number % 2 ? '02' : '03'}-${day}T10:00:00Z`,
    action: 'view',
    staff_id: `5550000${number % 1000}`,
    organisation_code: 'RZZ01',
    patient_id: '9990000018',
    reason: `number ${number}`,
    ...fields,
  })}\n`;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
