/** Kills the whole process at random moments while events are sent, and counts afterwards. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkInvariants } from '../../analytics/invariants.ts';
import { openEngine } from '../../sql/client.ts';
import { parseStatement } from '../../sql/statement.ts';
import { runCommand, startProcess, type StartedProcess } from '../support/process.ts';

// The short form is for every change: FAULT_KILLS=20 is the full one.
const kills = Number(process.env['FAULT_KILLS'] ?? 3);
const events = Number(process.env['FAULT_EVENTS'] ?? (kills > 3 ? kills * 10_000 : 20_000));
const batch_size = 50;
const senders = 8;

let data_dir: string;
let environment: Record<string, string>;
let url: string;
let running: StartedProcess;

beforeEach(async () => {
  data_dir = await mkdtemp(join(tmpdir(), 'access-audit-kill-'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  environment = {
    DATA_DIR: data_dir,
    INGEST_PORT: String(port),
    PORT: String(await freePort()),
    // The dashboard takes no part in this, and its build would take longer than the test.
    SERVICES: 'ingest,analytics',
    LOG_LEVEL: 'warn',
  };
});

afterEach(async () => {
  await running.kill('SIGKILL');
  await rm(data_dir, { recursive: true, force: true });
});

it(`stores every acknowledged event once, through ${kills} kills`, async () => {
  running = await start();
  const key = (await readFile(join(data_dir, 'local.key'), 'utf8')).trim();
  const acknowledged = new Set<string>();
  const receipts: string[] = [];
  let next = 0;
  let is_done = false;

  async function sendAll(): Promise<void> {
    while (next < events) {
      const from = next;
      next += batch_size;
      const ids = Array.from({ length: batch_size }, (_, index) => `e${from + index}`);
      receipts.push(await sendUntilAcknowledged(key, ids.map(eventLine).join('')));
      for (const id of ids) acknowledged.add(id);
    }
  }
  // Staff who change all the time, in segments between those of the events: numbers of loads must not be mixed up.
  let staff_version = 0;
  async function putStaff(): Promise<void> {
    while (acknowledged.size < events && !is_done) {
      const version = staff_version + 1;
      receipts.push(
        await sendUntilAcknowledged(key, staffLines(version), 'PUT', 'reference/staff'),
      );
      staff_version = version;
      await pause(20);
    }
  }
  async function killAll(): Promise<number> {
    let killed = 0;
    while (killed < kills && !is_done) {
      // The kills are spread over the whole of the sending, each at a moment of its own.
      const due = (events / (kills + 1)) * (killed + 1);
      while (acknowledged.size < due && !is_done) await pause(2);
      await pause(random() * 120);
      await running.kill('SIGKILL');
      killed += 1;
      running = await start();
    }
    return killed;
  }
  const killing = killAll();
  await Promise.all([...Array.from({ length: senders }, sendAll), putStaff()]);
  is_done = acknowledged.size < events;
  expect(await killing).toBe(kills);

  expect(acknowledged.size).toBe(events);
  for (const receipt of receipts) await untilLoaded(key, receipt);
  // Whatever analytics was doing when it was killed, the roll-ups end equal to their source.
  const detect = await runCommand(environment, ['detect']);
  expect(detect.status, detect.errors).toBe(0);
  const status = await running.kill('SIGTERM');
  expect(status).toBe(0);
  await compare(acknowledged, staff_version);
});

/** Opens the store itself, without any service, and compares it with what was acknowledged. */
async function compare(acknowledged: ReadonlySet<string>, staff_version: number): Promise<void> {
  const engine = await openEngine({ path: join(data_dir, 'clickhouse') });
  try {
    const client = await engine.client('test');
    const one = async (text: string) =>
      (await client.rows<Record<string, unknown>>(parseStatement('test', text)))[0];
    expect(
      await one(
        'SELECT toUInt32(count()) AS stored, toUInt32(uniqExact(source, event_id)) AS ids FROM access_events',
      ),
    ).toEqual({ stored: acknowledged.size, ids: acknowledged.size });
    // No row stands under the number of a load that the ledger does not have.
    expect(
      await one(
        'SELECT toUInt32(count()) AS stored, toUInt32(uniqExact(source, event_id)) AS ids FROM committed_events',
      ),
    ).toEqual({ stored: acknowledged.size, ids: acknowledged.size });
    expect(
      await one(
        'SELECT toUInt32(count()) AS staff, groupUniqArray(name) AS names FROM staff WHERE isNull(ended_at)',
      ),
    ).toEqual({ staff: staff_count, names: [`version ${staff_version}`] });
    // Every change of staff is counted by the load that stored it, so that its days are marked.
    expect(
      await one(`SELECT toUInt32(count()) AS wrong FROM (
          SELECT load_seq, uniqExact(staff_id) AS rows FROM staff_versions GROUP BY load_seq) AS stored
        LEFT JOIN (SELECT load_seq, changed FROM reference_loads) AS ledger USING (load_seq) WHERE rows > changed`),
    ).toEqual({ wrong: 0 });
    expect(
      await one(`SELECT toUInt32(count()) AS wrong FROM (
          SELECT load_seq FROM segments UNION ALL SELECT load_seq FROM reference_loads)
        GROUP BY load_seq HAVING count() > 1`),
    ).toBeUndefined();
    // The ledger adds up to the store: no load was counted twice, and none left rows without its line.
    expect(
      await one(`SELECT toUInt32(sum(stored)) AS stored, toUInt32(count()) AS loads, toUInt32(uniqExact(load_seq)) AS numbers,
          toUInt32(uniqExact(segment_id)) AS segments FROM segments`),
    ).toMatchObject({ stored: acknowledged.size });
    expect(
      await one(`SELECT toUInt32(count()) AS wrong FROM (
          SELECT load_seq, segment_id, count() AS rows FROM access_events GROUP BY load_seq, segment_id) AS events
        FULL OUTER JOIN (SELECT load_seq, segment_id, stored FROM segments WHERE stored > 0) AS ledger
          USING (load_seq, segment_id) WHERE rows != stored`),
    ).toEqual({ wrong: 0 });
    expect(
      await one(
        'SELECT toUInt32(count()) AS wrong FROM (SELECT load_seq FROM segments GROUP BY load_seq HAVING count() > 1)',
      ),
    ).toEqual({ wrong: 0 });
    expect(
      await one(`SELECT (SELECT toUInt32(sum(events)) FROM accesses) AS accesses,
        (SELECT toUInt32(sum(events)) FROM staff_days) AS staff_days`),
    ).toEqual({ accesses: acknowledged.size, staff_days: acknowledged.size });
    expect(await checkInvariants(client)).toEqual([]);
  } finally {
    await engine.close();
  }
}

async function start(): Promise<StartedProcess> {
  const started = startProcess(environment);
  const ended = { is: false };
  void started.ended.then(() => (ended.is = true));
  for (let attempt = 0; attempt < 1_200; attempt++) {
    if (ended.is)
      throw new Error(`The process ended at its start:\n${started.output()}\n${started.errors()}`);
    if (
      await fetch(`${url}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return started;
    await pause(25);
  }
  throw new Error(
    `The process did not answer within 30 s:\n${started.output()}\n${started.errors()}`,
  );
}

async function sendUntilAcknowledged(
  key: string,
  body: string,
  method = 'POST',
  path = 'events',
): Promise<string> {
  for (;;) {
    const answer = await fetch(`${url}/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
      body,
    })
      .then(async (response) => ({
        status: response.status,
        json: (await response.json()) as { receipt: string; rejected_count: number },
      }))
      .catch(() => undefined);
    if (answer?.status === 200) {
      expect(answer.json.rejected_count).toBe(0);
      return answer.json.receipt;
    }
    if (answer && answer.status !== 503) throw new Error(`Refused with ${answer.status}.`);
    await pause(20);
  }
}

async function untilLoaded(key: string, receipt: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const response = await fetch(`${url}/receipts/${receipt}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    // A receipt that was given is known for ever, whatever happened since.
    expect(response.status).toBe(200);
    if (((await response.json()) as { state: string }).state === 'loaded') return;
    await pause(100);
  }
  throw new Error('A receipt was not loaded within 60 s.');
}

const staff_count = 50;
function staffLines(version: number): string {
  return Array.from({ length: staff_count }, (_, index) => ({
    staff_id: `5550000${index}`,
    organisation_code: 'RZZ01',
    name: `version ${version}`,
  }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

function eventLine(event_id: string): string {
  const number = Number(event_id.slice(1));
  const day = String(1 + (number % 28)).padStart(2, '0');
  return `${JSON.stringify({
    event_id,
    occurred_at: `2026-${number % 2 ? '02' : '03'}-${day}T10:00:00Z`,
    action: 'view',
    staff_id: `5550000${number % 1000}`,
    organisation_code: 'RZZ01',
    patient_id: '9990000018',
  })}\n`;
}

// Seeded, so that a failure can be looked at again: the moments differ only by what the machine does.
let state = 20_260_301;
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
