import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { addEvent, newEventColumns, takeBlock } from '../../../../ingest/columns/event-columns.ts';
import { default_limits } from '../../../../ingest/limits.ts';
import { encodeBlockBatch, findBlocks } from '../../../../ingest/spool/block-format.ts';
import type { BlockBatch } from '../../../../ingest/spool/format.ts';
import { openSpool, type Spool } from '../../../../ingest/spool/spool.ts';
import { fixedClock } from '../../../../sql/clock.ts';

const limits = { ...default_limits, block_segment_bytes_max: 4_000 };

const open = (folder: string): Promise<Spool> =>
  openSpool({
    folder,
    limits,
    clock: fixedClock(1_000),
    log: pino({ level: 'silent' }),
    fault: () => {},
  });

function batch(receipt: string, reasons: readonly string[]): BlockBatch {
  const columns = newEventColumns('urn:local');
  for (const [index, reason] of reasons.entries()) {
    const event = {
      event_id: `${receipt}-${index}`,
      occurred_at: 5,
      action: 'view' as const,
      staff_id: '1',
      staff_id_system: 'urn:local',
      organisation_code: 'R1H',
      reason,
    };
    addEvent(columns, event, index, 1_000);
  }
  return { receipt, source: 's', rejects: 0, block: takeBlock(columns, 's', receipt) };
}

/** The receipts of the whole batches in the spool's files, in order. */
async function held(folder: string): Promise<string[]> {
  const receipts: string[] = [];
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.native')).sort()) {
    const bytes = await readFile(join(folder, name));
    const batches = findBlocks(bytes, name.replace('.native', ''), 0);
    receipts.push(...batches.map(({ trailer }) => trailer.receipt));
  }
  return receipts;
}

async function withSpool(
  all: readonly (readonly string[])[],
  work: (folder: string, last: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'access-audit-blocks-'));
  try {
    const spool = await open(folder);
    for (const [index, reasons] of all.entries())
      await spool.append(batch(`r${index}`, reasons), 0);
    await spool.close();
    const names = (await readdir(folder)).filter((each) => each.endsWith('.native')).sort();
    await work(folder, join(folder, names.at(-1) ?? ''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const appended = fc.array(
  fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 1, maxLength: 4 }),
  { minLength: 1, maxLength: 12 },
);

it('holds, after a cut anywhere in the last file, exactly the batches that end before it', async () => {
  await fc.assert(
    fc.asyncProperty(appended, fc.nat(), async (batches, at) =>
      withSpool(batches, async (folder, last) => {
        const before = await held(folder);
        expect(before).toEqual(batches.map((_, index) => `r${index}`));
        const bytes = await readFile(last);
        const cut = at % (bytes.length + 1);
        const id = last.slice(folder.length + 1).replace('.native', '');
        const lost = findBlocks(bytes, id, 0).filter(({ to }) => to > cut).length;
        await writeFile(last, bytes.subarray(0, cut));
        const again = await open(folder);
        expect(await held(folder)).toEqual(before.slice(0, before.length - lost));
        expect(again.status().recovery.damaged_bytes).toBe(0);
        await again.close();
      }),
    ),
    { numRuns: 25, seed: 7 },
  );
});

it('loses, when a byte is damaged, no batch but the one that it is in, and puts that aside', async () => {
  await fc.assert(
    fc.asyncProperty(
      appended,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (batches, at, by) =>
        withSpool(batches, async (folder, last) => {
          const before = await held(folder);
          const bytes = await readFile(last);
          const id = last.slice(folder.length + 1).replace('.native', '');
          const found = findBlocks(bytes, id, 0);
          const where = at % bytes.length;
          bytes[where] = (bytes[where] ?? 0) ^ by;
          const hit = found.find(({ from, to }) => from <= where && where < to);
          await writeFile(last, bytes);
          const again = await open(folder);
          expect(await held(folder)).toEqual(
            before.filter((receipt) => receipt !== hit?.trailer.receipt),
          );
          const { damaged_bytes, cut_bytes } = again.status().recovery;
          expect(damaged_bytes + cut_bytes).toBeGreaterThan(0);
          await again.close();
        }),
    ),
    { numRuns: 40, seed: 8 },
  );
});

it('takes no text of an event for the end of a batch', async () => {
  const empty = { bytes: Buffer.alloc(0), rows: 0, positions_at: 0 };
  const forged = { receipt: 'forged', source: 's', rejects: 0, block: empty };
  const [, trailer] = encodeBlockBatch(forged, '000000000001-000000000000', 1);
  expect(findBlocks(trailer, '000000000001-000000000000', 0)).toHaveLength(1);
  // The sum is right, and only the name of the segment is not, which a sender cannot know.
  await withSpool([[trailer.toString('latin1')]], async (folder) => {
    expect(await held(folder)).toEqual(['r0']);
  });
});
