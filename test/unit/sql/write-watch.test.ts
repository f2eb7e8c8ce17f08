import { afterEach, expect, it } from 'vitest';
import {
  startWriteWatch,
  type WriteWatch,
  type WriteWatchEvent,
} from '../../../sql/write-watch.ts';

// What the engine itself does on a full disk is in test/faults/disk-full.test.ts; here, who is told in which order.
let watch: WriteWatch | undefined;
afterEach(() => watch?.close());

function start() {
  const disk = { failed: 0, reloads: 0, isReloadable: true, done: Promise.resolve() };
  const told: WriteWatchEvent['code'][] = [];
  watch = startWriteWatch(
    {
      failedWrites: async () => disk.failed,
      async reload() {
        await disk.done;
        if (!disk.isReloadable) throw new Error('No room for that.');
        disk.reloads += 1;
        return { replaced: 1, lost: 0 };
      },
    },
    ({ code }) => void told.push(code),
  );
  return { disk, told, watch };
}

it('returns what a statement did whose writes all reached the disk', async () => {
  const { disk, told, watch: watching } = start();
  await expect(watching.guarded(async () => 'stored')).resolves.toBe('stored');
  expect({ reloads: disk.reloads, told }).toEqual({ reloads: 0, told: [] });
});

it('tells every statement that was under way when a write failed, and those behind it nothing', async () => {
  const { disk, told, watch: watching } = start();
  let end = () => {};
  const slow = watching.guarded(() => new Promise<void>((resolve) => (end = resolve)));
  const failing = watching.guarded(async () => void (disk.failed += 3));
  await expect(failing).rejects.toMatchObject({ code: 'ENGINE_WRITE_FAILED' });
  expect(disk.reloads).toBe(1);
  expect(watching.problem()).toBe('');
  // The count does not move any more, and part of what it wrote may be what was lost.
  end();
  await expect(slow).rejects.toMatchObject({ code: 'ENGINE_WRITE_FAILED' });
  // It ended after the tables were read, so they are read again.
  expect(disk.reloads).toBe(2);
  await expect(watching.guarded(async () => 'stored')).resolves.toBe('stored');
  expect(told).toEqual([
    'ENGINE_WRITE_FAILED',
    'ENGINE_MENDED',
    'ENGINE_WRITE_FAILED',
    'ENGINE_MENDED',
  ]);
});

it('lets statements wait while tables are read anew', async () => {
  const { disk, watch: watching } = start();
  let finish = () => {};
  disk.done = new Promise((resolve) => (finish = resolve));
  const failing = watching.guarded(async () => void (disk.failed += 1));
  failing.catch(() => {});
  await expect.poll(() => watching.problem()).toMatch(/^The disk did not take all/);
  const waiting = watching.admitted();
  expect(waiting).toBeInstanceOf(Promise);
  finish();
  await waiting;
  expect({ problem: watching.problem(), reloads: disk.reloads }).toEqual({
    problem: '',
    reloads: 1,
  });
});

it('sends nothing to tables that could not be read anew, and reads them as soon as that works', async () => {
  const { disk, told, watch: watching } = start();
  disk.isReloadable = false;
  const failing = watching.guarded(async () => void (disk.failed += 1));
  await expect(failing).rejects.toMatchObject({ code: 'ENGINE_MENDING' });
  await expect(watching.admitted()).rejects.toMatchObject({ code: 'ENGINE_MENDING' });
  expect(watching.problem()).not.toBe('');
  disk.isReloadable = true;
  // Without anybody's statement.
  await expect.poll(() => watching.problem(), { timeout: 20_000 }).toBe('');
  expect(told.slice(0, 2)).toEqual(['ENGINE_WRITE_FAILED', 'ENGINE_MENDING']);
  expect(told.at(-1)).toBe('ENGINE_MENDED');
});
