import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { default_limits } from '../../../../ingest/limits.ts';
import { findBatches } from '../../../../ingest/spool/inspect.ts';
import { openSpool, type Spool } from '../../../../ingest/spool/spool.ts';
import { fixedClock } from '../../../../sql/clock.ts';

const limits = { ...default_limits, segment_bytes_max: 2_000 };

const open = (folder: string, fault = (_step: string) => {}): Promise<Spool> =>
  openSpool({ folder, limits, clock: fixedClock(1_000), log: pino({ level: 'silent' }), fault });

const batch = (receipt: string, lines: readonly string[]) => ({
  receipt,
  source: 's',
  rejects: 0,
  lines: lines.map((line) => `"record":"event","event_id":${JSON.stringify(line)}}`),
});

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'access-audit-spool-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The event ids of every whole batch in the spool's files, in order. */
async function held(folder: string): Promise<string[]> {
  const ids: string[] = [];
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.ndjson')).sort()) {
    const bytes = await readFile(join(folder, name));
    for (const { from, to } of findBatches(bytes, 0)) {
      const lines = bytes.toString('utf8', from, to).split('\n').slice(0, -2);
      ids.push(...lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id));
    }
  }
  return ids;
}

const appended = fc.array(
  fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 4 }),
  { minLength: 1, maxLength: 25 },
);

it('holds, after a cut anywhere in the last file, exactly the batches that end before it', async () => {
  await fc.assert(
    fc.asyncProperty(appended, fc.nat(), async (batches, at) =>
      withFolder(async (folder) => {
        const spool = await open(folder);
        for (const [index, lines] of batches.entries())
          await spool.append(batch(`r${index}`, lines), 0);
        await spool.close();
        const name =
          (await readdir(folder))
            .filter((each) => each.endsWith('.ndjson'))
            .sort()
            .at(-1) ?? '';
        const bytes = await readFile(join(folder, name));
        const before = await held(folder);
        expect(before).toEqual(batches.flat());
        const cut = at % (bytes.length + 1);
        const lost = findBatches(bytes, 0).filter(({ to }) => to > cut);
        const lost_lines = lost.reduce((sum, { trailer }) => sum + trailer.lines, 0);
        await writeFile(join(folder, name), bytes.subarray(0, cut));
        const again = await open(folder);
        expect(await held(folder)).toEqual(before.slice(0, before.length - lost_lines));
        expect(again.status().recovery.damaged_bytes).toBe(0);
        await again.close();
      }),
    ),
    { numRuns: 60, seed: 7 },
  );
});

it('loses, when a byte is damaged, no batch but the one that it is in, and puts that aside', async () => {
  await fc.assert(
    fc.asyncProperty(
      appended,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (batches, at, flip) =>
        withFolder(async (folder) => {
          const spool = await open(folder);
          for (const [index, lines] of batches.entries())
            await spool.append(batch(`r${index}`, lines), 0);
          await spool.close();
          const names = (await readdir(folder)).filter((each) => each.endsWith('.ndjson')).sort();
          const name = names[at % names.length] ?? '';
          const bytes = await readFile(join(folder, name));
          const position = at % bytes.length;
          const hit = findBatches(bytes, 0).find(
            ({ from, to }) => from <= position && position < to,
          );
          const hit_lines = hit
            ? bytes.toString('utf8', hit.from, hit.to).split('\n').slice(0, -2)
            : [];
          const before = await held(folder);
          bytes[position] = (bytes[position] ?? 0) ^ flip;
          await writeFile(join(folder, name), bytes);
          const again = await open(folder);
          const after = await held(folder);
          expect(after.length).toBe(before.length - hit_lines.length);
          // What is left is what was there, in its order.
          let next = 0;
          for (const id of after) {
            while (next < before.length && before[next] !== id) next += 1;
            expect(next).toBeLessThan(before.length);
            next += 1;
          }
          await again.close();
          expect(await held(folder)).toEqual(after);
        }),
    ),
    { numRuns: 80, seed: 7 },
  );
});

it('never holds less than it acknowledged when writes and fsyncs fail at random', async () => {
  await fc.assert(
    fc.asyncProperty(appended, fc.array(fc.nat(40), { maxLength: 8 }), async (batches, failing) =>
      withFolder(async (folder) => {
        let step = 0;
        const spool = await open(folder, () => {
          step += 1;
          if (failing.includes(step)) throw new Error('EIO');
        });
        const acknowledged: string[] = [];
        for (const [index, lines] of batches.entries()) {
          await spool.append(batch(`r${index}`, lines), 0).then(
            () => acknowledged.push(...lines),
            (error: { code: string }) => expect(error.code).toBe('SPOOL_FAILED'),
          );
        }
        await spool.close();
        const again = await open(folder);
        expect(await held(folder)).toEqual(acknowledged);
        await again.close();
      }),
    ),
    { numRuns: 60, seed: 7 },
  );
});

it('stops the start on a segment of a newer format, and leaves it as it is', async () => {
  await withFolder(async (folder) => {
    const spool = await open(folder);
    await spool.append(batch('r', ['a']), 0);
    await spool.close();
    const name = (await readdir(folder)).find((each) => each.endsWith('.ndjson')) ?? '';
    const { crc32 } = await import('node:zlib');
    const text = await readFile(join(folder, name), 'utf8');
    const [header = '', ...rest] = text.split('\n');
    const newer = header.replace(/"format":\d/, '"format":999').replace(/,"crc32".*/, '');
    const written = [`${newer},"crc32":${crc32(newer)}}`, ...rest].join('\n');
    await writeFile(join(folder, name), written);
    await expect(open(folder)).rejects.toMatchObject({ code: 'SPOOL_VERSION_NEWER' });
    expect(await readFile(join(folder, name), 'utf8')).toBe(written);
  });
});

it('drops a reference file that was not finished, and puts a damaged one aside as a whole', async () => {
  await withFolder(async (folder) => {
    const reference = {
      dataset: 'areas',
      source: 's',
      receipt: 'r',
      received_at: 1,
      mode: 'full',
      as_of: null,
    } as const;
    const spool = await open(folder);
    const finished = await spool.beginReference(reference);
    await finished.append(batch('r', ['a']));
    await finished.append(batch('r', ['b']));
    await finished.commit();
    const unfinished = await spool.beginReference({ ...reference, receipt: 'u' });
    await unfinished.append(batch('u', ['c']));
    await spool.close();
    const again = await open(folder);
    expect(again.status().recovery).toMatchObject({
      segments: 1,
      unfinished_uploads: 1,
      damaged_bytes: 0,
    });
    await again.close();
    const name = (await readdir(folder)).find((each) => each.endsWith('.ndjson')) ?? '';
    await appendFile(join(folder, name), 'x');
    const last = await open(folder);
    expect(last.status()).toMatchObject({ segments: 0 });
    expect(await readdir(join(folder, 'damaged'))).toEqual([name]);
    await last.close();
  });
});

it('shares one fsync among requests that come together', async () => {
  await withFolder(async (folder) => {
    let syncs = 0;
    const spool = await open(folder, (step) => {
      if (step === 'spool.sync') syncs += 1;
    });
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => spool.append(batch(`r${index}`, ['x']), 0)),
    );
    expect(syncs).toBeLessThan(4);
    await spool.close();
  });
});

it('takes nothing that would leave ClickHouse no room to store what waits, and says how much is left', async () => {
  await withFolder(async (folder) => {
    // More than any disk has left.
    const kept = { ...limits, disk_free_bytes_min: Infinity, disk_free_part_min: 1 };
    const log = pino({ level: 'silent' });
    const clock = fixedClock(1_000);
    const full = await openSpool({ folder, limits: kept, clock, log, fault: () => {} });
    const sentence = /^The disk has \d+ MiB left, and the last \d+ MiB are for ClickHouse/;
    await expect(full.append(batch('r', ['e']), 0)).rejects.toMatchObject({
      code: 'SPOOL_FULL',
      message: expect.stringMatching(sentence) as string,
    });
    expect(await full.problem()).toMatch(sentence);
    await full.close();
    expect(await held(folder)).toEqual([]);
    const roomy = await open(folder);
    expect(await roomy.problem()).toBe('');
    await roomy.append(batch('r', ['e']), 0);
    await roomy.close();
    expect(await held(folder)).toEqual(['e']);
  });
});
