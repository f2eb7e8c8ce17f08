/** Steps the wall clock of the process back and forth while events are sent. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../sql/client.ts';
import { parseStatement } from '../../sql/statement.ts';
import { compareStore } from './compare.ts';
import { countOf, pause, seededRandom } from './random.ts';
import { createService, eventLine, type Service } from './service.ts';
import { buildShim, setClock } from './shim.ts';

// The short form is for every change: FAULT_CLOCK_STEPS=100 is the full one.
const steps = countOf('FAULT_CLOCK_STEPS', 12);
const shim = buildShim();
const hour = 3_600_000;

describe.skipIf(shim === undefined)('on a machine whose clock is stepped', () => {
  let folder: string;
  let service: Service;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'access-audit-clock-'));
  });
  afterEach(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  it(`loads everything once, and gives every number once, through ${steps} steps`, async () => {
    const random = seededRandom(20_260_306);
    const clock = join(folder, 'clock');
    await setClock(clock, 0);
    service = await createService({ environment: { LD_PRELOAD: shim ?? '', SHIM_CLOCK: clock } });
    await service.start();
    const acknowledged = new Set<string>();
    let next = 0;
    let last_receipt = '';
    let earliest = 0;
    let latest = 0;
    const began = Date.now();
    for (let step = 0; step < steps; step++) {
      // Hours and days forwards and backwards, a second, and back to where it was; the events are older than any.
      const off = [0, hour, -hour, 40 * 24 * hour, -40 * 24 * hour, 1_000, -1_000, 11 * 60_000];
      const offset = off[Math.floor(random() * off.length)] ?? 0;
      earliest = Math.min(earliest, offset);
      latest = Math.max(latest, offset);
      await setClock(clock, offset);
      for (let batch = 0; batch < 4; batch++) {
        const numbers = Array.from({ length: 20 }, (_, index) => next + index);
        next += numbers.length;
        // Sent twice over: what came at another time of the clock is a duplicate all the same.
        const body = [...numbers, ...(next > 40 ? [next - 40] : [])].map((number) =>
          eventLine(number),
        );
        last_receipt = await service.sendUntilAcknowledged(body.join(''));
        for (const number of numbers) acknowledged.add(`e${number}`);
        await pause(random() * 60);
      }
      // Loaded at this time of the clock, whatever the lease of the time before says.
      await service.untilLoaded(last_receipt, 30_000);
      const ready = await fetch(`${service.url}/health/ready`);
      expect(ready.status, `${offset} ms off: ${await ready.text()}`).toBe(200);
      if (step % 5 === 4) {
        await service.process().kill(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
        await service.start();
      }
    }
    expect(await service.process().kill('SIGTERM')).toBe(0);
    const ended = Date.now();
    const engine = await openEngine({ path: join(service.data_dir, 'clickhouse') });
    try {
      const client = await engine.client('test');
      await compareStore(client, { event_ids: acknowledged });
      const [received] = await client.rows<{ first: string; last: string }>(
        parseStatement(
          'received',
          'SELECT toUnixTimestamp64Milli(min(received_at)) AS first, toUnixTimestamp64Milli(max(received_at)) AS last FROM access_events',
        ),
      );
      // The time of receipt is that of the clock, as it was; nothing else is made of it.
      expect(Number(received?.first)).toBeGreaterThanOrEqual(began + earliest);
      expect(Number(received?.last)).toBeLessThanOrEqual(ended + latest);
      const [order] = await client.rows<{ wrong: number }>(
        parseStatement(
          'order',
          'SELECT toUInt32(uniqExact(load_seq) != max(load_seq) - min(load_seq) + 1) AS wrong FROM (SELECT load_seq FROM segments UNION ALL SELECT load_seq FROM reference_loads)',
        ),
      );
      expect(order, 'numbers of loads that are not one after the other').toEqual({ wrong: 0 });
    } finally {
      await engine.close();
    }
  });
});
