/** Kills the whole process at random moments, or restarts it in order, while events are sent, and counts afterwards. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkInvariants } from '../../analytics/invariants.ts';
import { openEngine } from '../../sql/client.ts';
import { runCommand } from '../support/process.ts';
import { compareStore } from './compare.ts';
import { startLoad } from './load.ts';
import { countOf, pause, seededRandom } from './random.ts';
import { createService, type Service } from './service.ts';

// The short form is for every change: FAULT_KILLS=100 and FAULT_RESTARTS=100 are the full one.
const kills = countOf('FAULT_KILLS', 4);
const restarts = countOf('FAULT_RESTARTS', 4);

/** What the checks at the end may take, and each end and start in front of them, on a machine that does other things. */
const timeout = (times: number) => 1_800_000 + times * 60_000;

let service: Service;

beforeEach(async () => {
  service = await createService({ environment: { SERVICES: 'ingest,analytics' } });
});
afterEach(() => service.close());

it(
  `stores every acknowledged event once, and rolls it up once, through ${kills} kills`,
  { timeout: timeout(kills) },
  async () => {
    const random = seededRandom(20_260_301);
    await through(kills, async () => {
      await pause(random() * 300);
      await service.process().kill('SIGKILL');
    });
  },
);

it(
  `stores every acknowledged event once through ${restarts} restarts under load`,
  { timeout: timeout(restarts) },
  async () => {
    await through(restarts, async () => {
      // Stopped in order, and taken over by the next process while its senders go on.
      const stopped = service.process();
      const status = await stopped.kill('SIGTERM');
      const { signalCode: signal } = stopped.child;
      expect({ status, signal, errors: stopped.errors() }).toMatchObject({ status: 0 });
    });
  },
);

async function through(times: number, end: () => Promise<void>): Promise<void> {
  await service.start();
  const load = startLoad(service, seededRandom(20_260_302));
  for (let time = 0; time < times; time++) {
    await load.reached(load.acknowledged.size + 300);
    await end();
    await service.start();
  }
  await load.reached(load.acknowledged.size + 300);
  await load.stop();
  for (let at = 0; at < load.receipts.length; at += 32) {
    const some = load.receipts.slice(at, at + 32);
    await Promise.all(some.map((receipt) => service.untilLoaded(receipt, 600_000)));
  }
  // Whatever analytics was doing when it ended, the roll-ups end equal to their source.
  const detect = await runCommand(service.environment, ['detect']);
  expect(detect.status, detect.errors).toBe(0);
  const fsck = await runCommand(service.environment, ['fsck', '--json']);
  expect(JSON.parse(fsck.output), fsck.errors).toMatchObject({ is_sound: true, segments: [] });
  const verified = await runCommand(service.environment, ['verify']);
  expect(verified.status, `${verified.output}\n${verified.errors}`).toBe(0);
  expect(await service.process().kill('SIGTERM')).toBe(0);
  const engine = await openEngine({ path: join(service.data_dir, 'clickhouse') });
  try {
    const client = await engine.client('test');
    await compareStore(client, {
      event_ids: load.acknowledged,
      staff_names: [`version ${load.staffVersion()}`],
    });
    expect(await checkInvariants(client)).toEqual([]);
  } finally {
    await engine.close();
    await rm(join(service.data_dir, 'clickhouse'), { recursive: true, force: true });
  }
}
