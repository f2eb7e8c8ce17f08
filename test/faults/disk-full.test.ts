/** Fills the disk under the spool and under the engine, again and again: never a false 200, and everything afterwards. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../sql/client.ts';
import { compareStore } from './compare.ts';
import { countOf, pause, seededRandom, until } from './random.ts';
import { createService, eventLine, type Service } from './service.ts';
import { buildShim } from './shim.ts';

// The short form is for every change: FAULT_DISKS_FULL=20 is the full one.
const times = countOf('FAULT_DISKS_FULL', 3);
const random = seededRandom(20_260_305);
const shim = buildShim();

interface Disk {
  readonly data_dir: string;
  readonly environment: Record<string, string>;
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
}

const kinds: [string, boolean, (folder: string) => Promise<Disk>][] = [
  ['a small file system', canMount(), smallFileSystem],
  ['a disk that refuses every write', shim !== undefined, refusingDisk],
  ['a disk that takes names and no bytes', shim !== undefined, byteless],
];

describe.each(kinds)('on %s', (_name, is_possible, make) => {
  let folder: string;
  let disk: Disk;
  let service: Service;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'access-audit-full-'));
    if (is_possible) disk = await make(folder);
  });
  afterEach(async () => {
    if (!is_possible) return;
    await service.process().kill('SIGKILL');
    await disk.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!is_possible)(
    `acknowledges nothing that it does not have, ${times} times full`,
    async () => {
      service = await createService({
        data_dir: disk.data_dir,
        environment: { ...disk.environment, LOG_LEVEL: 'fatal' },
      });
      await service.start();
      await service.key();
      const acknowledged = new Set<string>();
      const sent = new Set<string>();
      let next = 0;
      let refused = 0;
      const sendSome = async (): Promise<boolean> => {
        const numbers = Array.from({ length: 200 }, (_, index) => next + index);
        next += numbers.length;
        for (const number of numbers) sent.add(`e${number}`);
        const body = numbers
          .map((number) => eventLine(number, { search_terms: 'x'.repeat(200) }))
          .join('');
        const answer = await service.send(body);
        if (answer?.status === 200) {
          for (const number of numbers) acknowledged.add(`e${number}`);
          return true;
        }
        expect(answer?.status, 'what a sender is told').toBe(503);
        expect(Number(answer?.retry_after)).toBeGreaterThan(0);
        expect(answer?.json.code).toMatch(/^SPOOL_(FAILED|FULL)$/);
        refused += 1;
        return false;
      };
      for (let time = 0; time < times; time++) {
        await until('room', sendSome);
        let is_full = false;
        const filling = pause(random() * 200).then(async () => {
          await disk.fill();
          is_full = true;
        });
        const refused_before = refused;
        await until('a refusal', async () => {
          await sendSome();
          return is_full && refused > refused_before;
        });
        await filling;
        for (let attempt = 0; attempt < 5; attempt++) await sendSome();
        // Now and then it is killed while the disk is full, and started again when there is room.
        const is_killed = time % 3 === 2;
        if (is_killed) await service.process().kill('SIGKILL');
        await disk.free();
        if (is_killed) await service.start();
        let told = '';
        await until(
          () => `that the service says it is ready, which says ${told}`,
          async () => {
            await sendSome();
            const ready = await fetch(`${service.url}/health/ready`);
            told = await ready.text();
            return ready.status === 200;
          },
        );
      }
      expect(refused).toBeGreaterThanOrEqual(times);
      const receipt = await service.sendUntilAcknowledged(eventLine(next));
      acknowledged.add(`e${next}`);
      await service.untilLoaded(receipt);
      expect(await service.process().kill('SIGTERM')).toBe(0);
      const engine = await openEngine({ path: join(disk.data_dir, 'clickhouse') });
      try {
        await compareStore(await engine.client('test'), {
          event_ids: acknowledged,
          unanswered: sent,
        });
      } finally {
        await engine.close();
      }
    },
  );
});

/** A file system of its own, which everything that the service keeps has to fit on. */
async function smallFileSystem(folder: string): Promise<Disk> {
  const data_dir = join(folder, 'small');
  await mkdir(data_dir);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', data_dir]);
  const ballast = join(data_dir, 'ballast');
  return {
    data_dir,
    environment: {},
    async fill() {
      // Twice, since what is being merged or loaded gives room back meanwhile.
      for (let pass = 0; pass < 4; pass++) {
        const { bavail, bsize } = await statfs(data_dir);
        await writeFile(ballast, Buffer.alloc(Math.max(bavail * bsize, 1)), { flag: 'a' }).catch(
          () => {},
        );
      }
    },
    free: () => rm(ballast, { force: true }),
    async remove() {
      execFileSync('umount', ['-l', data_dir]);
    },
  };
}

async function refusingDisk(folder: string): Promise<Disk> {
  const data_dir = join(folder, 'data');
  await mkdir(data_dir);
  const full = join(folder, 'full');
  return {
    data_dir,
    environment: { LD_PRELOAD: shim ?? '', SHIM_ROOT: data_dir, SHIM_FULL: full },
    fill: () => writeFile(full, ''),
    free: () => rm(full, { force: true }),
    remove: async () => {},
  };
}

/** As most disks are full: the engine makes its files, and loses what it writes into them without a word. */
async function byteless(folder: string): Promise<Disk> {
  const disk = await refusingDisk(folder);
  return { ...disk, environment: { ...disk.environment, SHIM_FULL_TAKES_NAMES: '1' } };
}

/** Whether this process may mount a file system. Without, that form is skipped, and counted so. */
function canMount(): boolean {
  const at = join(tmpdir(), `access-audit-mount-${process.pid}`);
  try {
    execFileSync('mkdir', ['-p', at]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' });
    execFileSync('umount', [at]);
    return true;
  } catch {
    process.stderr.write('No file system may be mounted here: a small one is not filled.\n');
    return false;
  }
}
