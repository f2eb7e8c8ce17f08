/** Kills detection at random moments of its runs, and holds what came of it against runs that nobody killed. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkInvariants } from '../../analytics/invariants.ts';
import { openEngine } from '../../sql/client.ts';
import { parseStatement } from '../../sql/statement.ts';
import { runCommand, startProcess } from '../support/process.ts';
import { writeExchange } from '../support/write-exchange.ts';
import { countOf, pause, seededRandom } from './random.ts';
import { createService, type Service } from './service.ts';

// The short form is for every change: FAULT_DETECT_KILLS=100 is the full one.
const kills = countOf('FAULT_DETECT_KILLS', 4);
/** Kills after each delivery: the second meets a run that goes on where the first was killed. */
const kills_each = 2;
/** When a run is killed, as a part of the time that nobody's kill makes it take: from reading what is due to the queue. */
const killed_after = { least: 0.05, most: 0.5 };

let exchange: string;
const services: Service[] = [];

beforeEach(async () => {
  exchange = await mkdtemp(join(tmpdir(), 'access-audit-exchange-'));
  await writeExchange({ staff: 80, days: 21, seed: 5, ends_on: '2026-05-31', out: exchange });
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
  await rm(exchange, { recursive: true, force: true });
});

it(`raises the same alerts once each, and leaves no day out, through ${kills} kills`, async () => {
  const parts = Math.ceil(kills / kills_each);
  const deliveries = await dealt(parts);

  const [calm, disturbed] = [await emptyService(), await emptyService()];
  for (const lines of deliveries) await deliver(calm, lines);
  const started = performance.now();
  await detect(calm);
  const usual_ms = performance.now() - started;

  const random = seededRandom(20_260_303);
  let killed = 0;
  for (const lines of deliveries) {
    await deliver(disturbed, lines);
    for (let time = 0; time < kills_each && killed < kills; time++) {
      const run = startProcess(disturbed.environment, ['detect']);
      const { least, most } = killed_after;
      await Promise.race([run.ended, pause(usual_ms * (least + random() * (most - least)))]);
      // A run that was done before is no kill; the next delivery gives the next one work.
      if (run.child.exitCode !== null) break;
      await run.kill('SIGKILL');
      killed += 1;
    }
  }
  expect(killed).toBeGreaterThan(kills / 2);
  await detect(disturbed);

  const [expected, judged] = [await whatIsJudged(calm), await whatIsJudged(disturbed)];
  expect(expected.alerts.length).toBeGreaterThan(50);
  expect(judged).toEqual(expected);
});

/** A service that has the exchange's reference data and no event. */
async function emptyService(): Promise<Service> {
  const service = await createService({ environment: { SERVICES: 'ingest' } });
  services.push(service);
  await service.start();
  const directory = await mkdtemp(join(exchange, 'reference-'));
  await cp(join(exchange, 'reference'), join(directory, 'reference'), { recursive: true });
  const loaded = await runCommand(service.environment, ['load', directory]);
  expect(loaded.status, loaded.errors).toBe(0);
  expect(await service.process().kill('SIGTERM')).toBe(0);
  return service;
}

/** The events of the exchange in so many parts, each from all of its days: so that every one makes every day due. */
async function dealt(parts: number): Promise<string[][]> {
  const deliveries = Array.from({ length: parts }, (): string[] => []);
  let nth = 0;
  for (const name of await readdir(join(exchange, 'events'))) {
    const text = await readFile(join(exchange, 'events', name), 'utf8');
    for (const line of text.split('\n')) {
      if (line !== '') deliveries[nth++ % parts]?.push(line);
    }
  }
  return deliveries;
}

async function deliver(service: Service, lines: readonly string[]): Promise<void> {
  await service.start();
  const receipt = await service.sendUntilAcknowledged(`${lines.join('\n')}\n`);
  await service.untilLoaded(receipt, 600_000);
  expect(await service.process().kill('SIGTERM')).toBe(0);
}

async function detect(service: Service): Promise<void> {
  const run = await runCommand(service.environment, ['detect']);
  expect(run.status, run.errors).toBe(0);
}

async function whatIsJudged(service: Service) {
  const engine = await openEngine({ path: join(service.data_dir, 'clickhouse') });
  try {
    const client = await engine.client('test');
    expect(await checkInvariants(client)).toEqual([]);
    const rows = <T>(text: string) =>
      client.rows<T>(parseStatement('judged', text), undefined, { limits: 'analysis' });
    const twice = await rows(
      'SELECT alert_id, version FROM alert_versions GROUP BY alert_id, version HAVING count() > 1',
    );
    expect(twice, 'versions of an alert that stand twice').toEqual([]);
    return {
      alerts: await rows<{ alert_id: string }>(
        `SELECT alert_id, detector_id, staff_id, organisation_code, patient_id, day, event_ids, score, reason
         FROM alerts WHERE status = 'open' ORDER BY alert_id`,
      ),
      queue: await rows(
        'SELECT item_id, rank, alert_ids, expected_yield FROM queue_items ORDER BY rank',
      ),
      days: await rows(
        'SELECT day, count() AS accesses, sum(user_events) AS events FROM access_links GROUP BY day ORDER BY day',
      ),
    };
  } finally {
    await engine.close();
  }
}
