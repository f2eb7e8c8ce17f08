import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseHead, type LoadHead } from '../../../sql/seals/head.ts';
import { parseSigner, openNote, parseCheckpoint } from '../../../sql/seals/note.ts';
import { headHash } from '../../../sql/seals/head.ts';
import { rootOf } from '../../../sql/seals/merkle.ts';
import { event, run, type Running } from '../ingest/fixture.ts';
import { onEachEngine } from '../../support/engines.ts';

interface Row {
  head: string;
  checkpoint: string;
}

onEachEngine('seals of loads', (engine) => {
  let running: Running;
  beforeEach(async () => {
    running = await run(engine());
  });
  afterEach(() => running.close());

  const entries = () =>
    running.query<Row>(
      "SELECT head, checkpoint FROM seals WHERE log = 'events' ORDER BY entry_index",
    );

  it('have the root over the leaves of the stored rows, in the order of their positions', async () => {
    for (const count of [1, 2, 3, 7, 64, 130]) {
      await running.post(Array.from({ length: count }, (_, i) => event(`e-${count}-${i}`)));
    }
    const rows = await running.query<{ load_seq: number; hex: string; tree_head: string }>(
      `SELECT toUInt32(e.load_seq) AS load_seq, hex(e.leaf_v1) AS hex, s.tree_head AS tree_head
       FROM access_events AS e INNER JOIN segments AS s ON s.load_seq = e.load_seq
       ORDER BY e.load_seq, e.segment_position`,
    );
    const heads = (await entries()).map(({ head }) => parseHead(head));
    const loads = heads.filter((head) => head?.kind === 'load') as LoadHead[];
    expect(loads.map(({ tree_size }) => tree_size)).toEqual([1, 2, 3, 7, 64, 130]);
    for (const { load_seq, root } of loads) {
      const own = rows.filter((row) => row.load_seq === load_seq);
      const expected = rootOf(own.map(({ hex }) => Buffer.from(hex, 'hex'))).toString('hex');
      expect({ tree_size: own.length, root }).toEqual({ tree_size: own.length, root: expected });
      expect(own[0]?.tree_head).toBe(expected);
    }
  });

  it('are chained, and signed in a checkpoint over all heads, which the witness has', async () => {
    await running.post([event('a'), event('b'), event('b')]);
    await running.post([event('c'), event('a', { section: 'results' }), { event_id: 'x' }]);
    await running.put('areas', [{ area_code: 'NCL', name: 'North Central' }]);
    const rows = await entries();
    const heads = rows.map(({ head }) => parseHead(head));
    expect(heads.map((head) => head?.kind)).toEqual(['key', 'load', 'load', 'reference']);
    expect(heads[1]).toMatchObject({ stored: 2, duplicates: 1, conflicts: 0, rejects: 0 });
    expect(heads[2]).toMatchObject({ stored: 1, duplicates: 0, conflicts: 1, rejects: 1 });
    expect(heads[3]).toMatchObject({ dataset: 'areas', changed: 1, unchanged: 0 });
    const key = parseSigner(await readFile(join(running.data_dir, 'seal.key'), 'utf8')).verifier;
    rows.forEach(({ head, checkpoint }, index) => {
      const before = rows.slice(0, index + 1).map((row) => headHash(row.head));
      expect(parseHead(head)?.previous).toBe(before.at(-2)?.toString('hex') ?? '');
      const opened = openNote(checkpoint, [key]);
      expect(parseCheckpoint(opened?.text ?? '')).toEqual({
        origin: key.name,
        size: index + 1,
        root: rootOf(before),
      });
    });
    await running.restart();
    const witness = await readFile(join(running.data_dir, 'witness', 'checkpoint'), 'utf8');
    expect(witness).toBe(rows.at(-1)?.checkpoint);
  });
});
