/** Flips bits and tears records in segments, closed and open, and looks at what a start and a load make of it. */
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { default_limits } from '../../ingest/limits.ts';
import { addEvent, newEventColumns, takeBlock } from '../../ingest/columns/event-columns.ts';
import { decodeHeaderBlock, inspectBlocks } from '../../ingest/spool/block-format.ts';
import type { Batch } from '../../ingest/spool/format.ts';
import { inspectSegment } from '../../ingest/spool/inspect.ts';
import { inspectSpool } from '../../ingest/spool/fsck.ts';
import { openSpool, type Spool } from '../../ingest/spool/spool.ts';
import { fixedClock } from '../../sql/clock.ts';
import { event, run } from '../integration/ingest/fixture.ts';
import { useEngine } from '../support/engines.ts';
import { countOf, seededRandom } from './random.ts';

// The short form is for every change: FAULT_FLIPS=1000 is the full one.
const flips = countOf('FAULT_FLIPS', 150);
const random = seededRandom(20_260_302);
const below = (bound: number) => Math.floor(random() * bound);

type Damaging = (bytes: Buffer, at: number) => Buffer;

const damages: Record<string, Damaging> = {
  'one flipped bit': (bytes, at) => {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << below(8));
    return damaged;
  },
  'a zeroed stretch': (bytes, at) =>
    Buffer.from(bytes).fill(0, at, Math.min(at + 1 + below(600), bytes.length)),
  'a missing stretch': (bytes, at) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(600))]),
  'a stretch of another place': (bytes, at) => {
    const damaged = Buffer.from(bytes);
    const from = below(bytes.length);
    damaged.set(bytes.subarray(from, Math.min(from + 64, bytes.length - at)), at);
    return damaged;
  },
};

const openAt = (folder: string): Promise<Spool> =>
  openSpool({
    folder,
    limits: { ...default_limits, segment_bytes_max: 3_000, block_segment_bytes_max: 8_000 },
    clock: fixedClock(1_000),
    log: pino({ level: 'silent' }),
    fault: () => {},
  });

const forms = ['lines', 'blocks'] as const;
const cases = forms.flatMap((form) =>
  Object.entries(damages).map(([name, damage]) => [name, form, damage] as const),
);

it.each(cases)(
  `finds, counts and puts aside %s in a segment of %s, and keeps every neighbour, ${flips} times`,
  async (_name, form, damage) => {
    const batch = (number: number): Batch => {
      const lines = below(4);
      if (form === 'blocks') return blockBatch(`r${number}`, 1 + lines);
      return lineBatch(number, lines);
    };
    const lineBatch = (number: number, lines: number): Batch => ({
      receipt: `r${number}`,
      source: 's',
      rejects: 0,
      lines: Array.from(
        { length: lines },
        (_, line) => `"record":"event","event_id":"e${number}.${line}","reason":"${'ü"'.length}"}`,
      ),
    });
    let tried = 0;
    while (tried < flips) {
      const folder = await mkdtemp(join(tmpdir(), 'access-audit-damage-'));
      try {
        const spool = await openAt(folder);
        await Promise.all(
          Array.from({ length: 40 }, async (_, number) => spool.append(batch(number), 0)),
        );
        for (let number = 40; number < 100; number++) await spool.append(batch(number), 0);
        await spool.close();
        const names = (await readdir(folder)).filter(isSegment).sort();
        const expected = new Map<string, { kept: string[]; is_hit: boolean; length: number }>();
        for (const name of names) {
          const bytes = await readFile(join(folder, name));
          const at = below(bytes.length);
          const damaged = damage(bytes, at);
          await writeFile(join(folder, name), damaged);
          tried += 1;
          expected.set(name, {
            kept: piecesOf(name, bytes).filter((piece) =>
              damaged.includes(Buffer.from(piece, 'latin1')),
            ),
            is_hit: !damaged.equals(bytes),
            // A file that was cut where a batch ends looks like one that was never longer.
            length: damaged.length,
          });
        }
        const told = await inspectSpool(folder);
        const again = await openAt(folder);
        let hits = 0;
        for (const [name, { kept, is_hit, length }] of expected) {
          const bytes = await readFile(join(folder, name)).catch(() => Buffer.alloc(0));
          expect(piecesOf(name, bytes), name).toEqual(kept);
          if (!is_hit) continue;
          const report = told.segments.find((each) => each.name === name);
          const whole_bytes = kept.reduce((sum, piece) => sum + piece.length, 0);
          if (length === whole_bytes + headerLength(name, bytes)) continue;
          hits += 1;
          expect((report?.damage.length ?? 0) + (report?.tail_bytes ?? 0), name).toBeGreaterThan(0);
        }
        const { damaged_bytes, cut_bytes } = again.status().recovery;
        expect(damaged_bytes + cut_bytes > 0).toBe(hits > 0);
        const put_aside = await readdir(join(folder, 'damaged'));
        const said = told.segments.reduce((sum, { damage: ranges }) => sum + ranges.length, 0);
        expect(put_aside.length).toBe(said);
        await again.close();
        // A second start finds everything in order.
        const last = await openAt(folder);
        expect(last.status().recovery).toMatchObject({ damaged_bytes: 0, cut_bytes: 0 });
        await last.close();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
  },
);

it.each(forms)(
  'never takes a flipped bit for a write that was cut short, wherever it is in a segment of %s',
  async (form) => {
    const folder = await mkdtemp(join(tmpdir(), 'access-audit-damage-'));
    try {
      const spool = await openAt(folder);
      for (const receipt of ['r1', 'r2']) {
        const lines = ['"record":"event"}'];
        const batch =
          form === 'blocks' ? blockBatch(receipt, 1) : { receipt, source: 's', rejects: 0, lines };
        await spool.append(batch, 0);
      }
      await spool.close();
      const name = (await readdir(folder)).find(isSegment) ?? '';
      const bytes = await readFile(join(folder, name));
      const inspect = (of: Buffer) =>
        form === 'blocks' ? inspectBlocks(of, segmentOf(name)) : inspectSegment(of);
      const [first, second] = inspect(bytes).batches;
      const wrong: string[] = [];
      for (let at = 0; at < bytes.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
          const { batches, damaged, tail_from } = inspect(flipped);
          const kept = [first, second].filter((each) => each && (at < each.from || at >= each.to));
          const is_right =
            damaged.length > 0 &&
            tail_from === bytes.length &&
            batches.length === kept.length &&
            batches.every(({ from }, index) => from === kept[index]?.from);
          if (!is_right) wrong.push(`bit ${bit} of byte ${at}`);
        }
      }
      expect(wrong).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

it(`puts a reference file aside as a whole, wherever its bit is flipped, ${flips} times`, async () => {
  for (let tried = 0; tried < flips; tried++) {
    const folder = await mkdtemp(join(tmpdir(), 'access-audit-damage-'));
    try {
      const spool = await openAt(folder);
      const upload = await spool.beginReference({
        dataset: 'areas',
        source: 's',
        receipt: 'u',
        received_at: 1,
        mode: 'full',
        as_of: null,
      });
      for (let line = 1; line < 4; line++) {
        const lines = [`"record":"row","line":${line},"area_code":"A${line}","name":"n"}`];
        await upload.append({ receipt: 'u', source: 's', rejects: 0, lines });
      }
      await upload.commit();
      await spool.close();
      const name = (await readdir(folder)).find((each) => each.endsWith('.ndjson')) ?? '';
      const bytes = await readFile(join(folder, name));
      const at = below(bytes.length);
      const flipped = damages['one flipped bit']?.(bytes, at) ?? bytes;
      await writeFile(join(folder, name), flipped);
      const again = await openAt(folder);
      expect(again.status(), `byte ${at}`).toMatchObject({ segments: 0 });
      expect(again.status().recovery.damaged_bytes).toBeGreaterThan(0);
      expect(await readFile(join(folder, 'damaged', name))).toEqual(flipped);
      await again.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
});

describe('a segment that waits for ClickHouse', () => {
  const engine = useEngine('embedded');

  it.each(['load.staged', 'load.events'])(
    'stores no event that changed on the disk meanwhile, closed or open, and all the others (failing at %s)',
    async (failing) => {
      let is_away = true;
      let attempts = 0;
      const running = await run(engine(), {
        // Long enough between two attempts that the bytes change while none reads them.
        limits: {
          recheck_after_ms: 0,
          segment_bytes_max: 6_000,
          load_retry_ms_min: 2_000,
          load_retry_ms_max: 2_000,
        },
        fault: (step) => {
          if (!is_away || step !== failing) return;
          attempts += 1;
          throw new Error('Injected: ClickHouse is away.');
        },
      });
      const sent = Array.from({ length: 120 }, (_, index) =>
        event(`w${index}`, { reason: `as sent ${index}` }),
      );
      for (const each of sent) await running.post([each], { query: '' });
      const folder = join(running.data_dir, 'spool');
      const names = (await readdir(folder)).filter((each) => each.endsWith('.ndjson')).sort();
      expect(names.length).toBeGreaterThan(5);
      // What an attempt has stored already was whole when it was.
      const stored_before = new Set(
        (await running.query<{ event_id: string }>('SELECT event_id FROM access_events')).map(
          ({ event_id }) => event_id,
        ),
      );
      const attempts_before = attempts;
      await expect.poll(() => attempts, { timeout: 20_000 }).toBeGreaterThan(attempts_before);
      const touched: string[] = [];
      for (const name of names) {
        const path = join(folder, name);
        const bytes = await readFile(path);
        // The sentence of one event reads otherwise: whole JSON, and not what was sent.
        const at = bytes.indexOf('as sent', below(bytes.length - 900));
        const id = /"event_id":"(w\d+)"/.exec(bytes.toString('latin1', bytes.lastIndexOf(10, at)));
        if (at < 0 || !id?.[1]) continue;
        const file = await open(path, 'r+');
        await file.write(Buffer.from('at sent'), 0, 7, at);
        await file.close();
        touched.push(id[1]);
      }
      expect(touched.length).toBeGreaterThan(5);
      is_away = false;
      const rest = sent.filter(
        ({ event_id }) =>
          !touched.includes(String(event_id)) || stored_before.has(String(event_id)),
      );
      const stored = () =>
        running.query<{ event_id: string; reason: string }>(
          'SELECT event_id, reason FROM access_events ORDER BY event_id',
        );
      await expect
        .poll(async () => (await stored()).length, { timeout: 30_000 })
        .toBeGreaterThanOrEqual(rest.length);
      await expect
        .poll(async () => (await inspectSpool(folder)).segments.length, { timeout: 30_000 })
        .toBe(0);
      expect((await stored()).map(({ event_id, reason }) => [event_id, reason])).toEqual(
        rest
          .map((each) => [String(each['event_id']), String(each['reason'])])
          .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      );
      expect((await inspectSpool(folder)).put_aside).toHaveLength(touched.length);
      const metrics = await fetch(`${running.ingest.address}/metrics`).then((got) => got.text());
      expect(metrics).toMatch(/ingest_spool_damaged_bytes [1-9]/);
      await running.close();
    },
  );
});

const isSegment = (name: string) => /\.(ndjson|native)$/.test(name);
const segmentOf = (name: string) => name.replace(/\.(ndjson|native)$/, '');

function blockBatch(receipt: string, rows: number): Batch {
  const columns = newEventColumns('urn:local');
  for (let row = 0; row < rows; row++) {
    const fields = { staff_id: '1', staff_id_system: 'urn:local', organisation_code: 'RZZ01' };
    const told = { event_id: `${receipt}.${row}`, occurred_at: 5, action: 'view' as const };
    addEvent(columns, { ...told, ...fields, reason: 'ü' }, row, 1_000);
  }
  return { receipt, source: 's', rejects: 0, block: takeBlock(columns, 's', receipt) };
}

/** The bytes of each whole batch, one character a byte. */
function piecesOf(name: string, bytes: Buffer): string[] {
  const { batches } = name.endsWith('.native')
    ? inspectBlocks(bytes, segmentOf(name))
    : inspectSegment(bytes);
  return batches.map(({ from, to }) => bytes.toString('latin1', from, to));
}

function headerLength(name: string, bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  if (name.endsWith('.native')) return decodeHeaderBlock(bytes)?.end ?? 0;
  return bytes.indexOf(10) + 1;
}
