/** Loads into a real ClickHouse server through a proxy that loses answers, delays requests and refuses some. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startIngest, type Ingest } from '../../ingest/service.ts';
import { addSource } from '../../ingest/sources.ts';
import { openEngine, type Engine } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { migrate } from '../../sql/migrate.ts';
import {
  canRunServer,
  startClickHouseServer,
  type ClickHouseServer,
} from '../support/clickhouse-server.ts';
import { compareStore } from './compare.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { countOf, pause, seededRandom } from './random.ts';
import { eventLine } from './service.ts';

// The short form is for every change: FAULT_INSERTS=10000 is the full one.
const inserts = countOf('FAULT_INSERTS', 300);
const share = 0.1;

describe.skipIf(!canRunServer())('a ClickHouse server whose answers get lost', () => {
  let data_dir: string;
  let server: ClickHouseServer;
  let direct: Engine;
  let through: Engine;
  let proxy: Proxy;
  let ingest: Ingest;
  let key: string;
  const random = seededRandom(20_260_303);

  beforeEach(async () => {
    data_dir = await mkdtemp(join(tmpdir(), 'access-audit-proxy-'));
    server = await startClickHouseServer(join(data_dir, 'server'));
    direct = await openEngine({ path: '', url: server.url });
    const client = await direct.client('test');
    await migrate(client, system_clock);
    key = (await addSource(client, system_clock, { source: 'exchange', changed_by: 'test' })).key;
    proxy = await startProxy(server.url, random);
    through = await openEngine({ path: '', url: proxy.url });
    ingest = await startIngest({
      engine: through,
      data_dir,
      host: '127.0.0.1',
      port: 0,
      clock: system_clock,
      log: pino({ level: process.env['FAULT_LOG'] ?? 'silent' }),
      limits: { segment_age_ms_max: 5, load_retry_ms_min: 5, load_retry_ms_max: 20 },
    });
  });
  afterEach(async () => {
    proxy.setShare(0);
    await ingest.close();
    await proxy.close();
    await through.close();
    await direct.close();
    await server.stop();
    await rm(data_dir, { recursive: true, force: true });
  });

  async function send(body: string, path = 'events', method = 'POST'): Promise<string> {
    for (;;) {
      const answer = await fetch(`${ingest.address}/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
        body,
      });
      const { receipt } = (await answer.json()) as { receipt: string };
      if (answer.status === 200) return receipt;
      expect(answer.status).toBe(503);
      await pause(5);
    }
  }

  it(`stores everything once through ${inserts} inserts, of which one in ten goes wrong`, async () => {
    const acknowledged = new Set<string>();
    let next = 0;
    let staff_version = 0;
    proxy.setShare(share);
    while (proxy.counts().inserts < inserts) {
      const from = next;
      next += 1 + Math.floor(random() * 30);
      const numbers = Array.from({ length: next - from }, (_, index) => from + index);
      // Some of what came before comes again, and the whole on two connections at once now and then.
      const again = from > 0 ? [Math.floor(random() * from)] : [];
      const body = [...numbers, ...again].map((number) => eventLine(number)).join('');
      await Promise.all(random() < 0.2 ? [send(body), send(body)] : [send(body)]);
      for (const number of numbers) acknowledged.add(`e${number}`);
      if (random() < 0.1) {
        staff_version += 1;
        await send(
          `{"staff_id":"5550000","organisation_code":"RZZ01","name":"version ${staff_version}"}\n`,
          'reference/staff',
          'PUT',
        );
      }
      await untilSpoolHolds(3);
    }
    proxy.setShare(0);
    await untilSpoolHolds(0);
    // What was given up and is still on its way arrives.
    await pause(600);
    const { spoilt, requests } = proxy.counts();
    process.stdout.write(`${requests} requests, spoilt: ${JSON.stringify(spoilt)}\n`);
    for (const [fate, count] of Object.entries(spoilt)) expect(count, fate).toBeGreaterThan(0);
    const client = await direct.client('compare');
    await compareStore(client, {
      event_ids: acknowledged,
      staff_names: [`version ${staff_version}`],
    });
  });

  async function untilSpoolHolds(segments: number): Promise<void> {
    for (;;) {
      const metrics = await fetch(`${ingest.address}/metrics`).then((answer) => answer.text());
      if (Number(/^ingest_spool_segments (\d+)/m.exec(metrics)?.[1]) <= segments) return;
      await pause(5);
    }
  }
});
