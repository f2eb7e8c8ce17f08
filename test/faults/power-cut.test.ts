/** Cuts the power at random moments: what no fsync covered is gone, and the rest has to hold everything acknowledged. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../sql/client.ts';
import { compareStore } from './compare.ts';
import { countOf, pause, seededRandom } from './random.ts';
import { createService, eventLine, type Service } from './service.ts';
import { buildShim, layOutDisk } from './shim.ts';

// The short form is for every change: FAULT_POWER_CUTS=50 is the full one.
const cuts = countOf('FAULT_POWER_CUTS', 4);
const shim = buildShim();

describe.skipIf(shim === undefined)('on a machine that loses its power', () => {
  let folder: string;
  let service: Service;
  const random = seededRandom(20_260_304);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'access-audit-power-'));
  });
  afterEach(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  it(`keeps what it acknowledged, once, through ${cuts} power cuts`, async () => {
    const data_dir = join(folder, 'data');
    const acknowledged = new Set<string>();
    const sent = new Set<string>();
    let next = 0;
    let staff_version = 0;
    let unsynced = 0;
    for (let cut = 0; cut < cuts; cut++) {
      const shadow = await mkdtemp(join(folder, 'shadow-'));
      service = await createService({
        data_dir,
        environment: { LD_PRELOAD: shim ?? '', SHIM_ROOT: data_dir, SHIM_SHADOW: shadow },
      });
      if (cut > 0) await layIn(data_dir, shadow);
      await service.start();
      await service.key();
      let is_over = false;
      const sendAll = async () => {
        while (!is_over) {
          const from = next;
          next += 1 + Math.floor(random() * 40);
          const numbers = Array.from({ length: next - from }, (_, index) => from + index);
          for (const number of numbers) sent.add(`e${number}`);
          const body = numbers.map((number) => eventLine(number)).join('');
          const answer = await service.send(body);
          if (answer?.status === 200) for (const number of numbers) acknowledged.add(`e${number}`);
        }
      };
      const putStaff = async () => {
        while (!is_over) {
          const line = `{"staff_id":"1","organisation_code":"RZZ01","name":"version ${staff_version + 1}"}\n`;
          const answer = await service.send(line, { method: 'PUT', path: 'reference/staff' });
          if (answer?.status === 200) staff_version += 1;
          await pause(30);
        }
      };
      const before = acknowledged.size;
      const sending = Promise.all([sendAll(), sendAll(), sendAll(), putStaff()]);
      while (acknowledged.size < before + 200) await pause(5);
      await pause(random() * 700);
      await service.process().kill('SIGKILL');
      is_over = true;
      await sending;
      const disk = join(folder, `disk-${cut}`);
      const lost = await layOutDisk({
        shadow,
        data_dir,
        to: disk,
        random,
        loose: join(data_dir, 'spool'),
      });
      unsynced += lost.bytes + lost.names;
      await rm(data_dir, { recursive: true });
      await rename(disk, data_dir);
      await rm(shadow, { recursive: true });
    }
    // The cuts came while something was being written; otherwise this would show nothing.
    expect(unsynced).toBeGreaterThan(0);
    service = await createService({ data_dir });
    await service.start();
    const receipt = await service.sendUntilAcknowledged(eventLine(next));
    acknowledged.add(`e${next}`);
    // Behind all that no process between two cuts had the time to load.
    await service.untilLoaded(receipt, 600_000);
    expect(await service.process().kill('SIGTERM')).toBe(0);
    const engine = await openEngine({ path: join(data_dir, 'clickhouse') });
    try {
      await compareStore(await engine.client('test'), {
        event_ids: acknowledged,
        unanswered: sent,
      });
    } finally {
      await engine.close();
    }
  });

  /** What lies on the disk at the start is safe: every file and directory is fsynced through the shim. */
  async function layIn(data_dir: string, shadow: string): Promise<void> {
    const { execFileSync } = await import('node:child_process');
    const script = `
      const { openSync, fsyncSync, closeSync, readdirSync } = require('node:fs');
      const { join } = require('node:path');
      const sync = (path) => { const file = openSync(path, 'r'); fsyncSync(file); closeSync(file); };
      const all = (path) => {
        for (const entry of readdirSync(path, { withFileTypes: true }))
          if (entry.isDirectory()) all(join(path, entry.name));
          else if (entry.isFile()) sync(join(path, entry.name));
        sync(path);
      };
      all(${JSON.stringify(data_dir)});`;
    execFileSync(process.execPath, ['-e', script], {
      env: { LD_PRELOAD: shim, SHIM_ROOT: data_dir, SHIM_SHADOW: shadow },
    });
  }
});
