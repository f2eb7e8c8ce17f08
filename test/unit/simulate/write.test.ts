// Holds the output directory to its rule: written only where nothing was before.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutputError, prepareOutput, writeChunks } from '../../simulate/write.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'simulate-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe('the output directory', () => {
  it('is made, and refused once it holds something', async () => {
    const out = join(directory, 'a', 'b');
    await prepareOutput(out);
    await prepareOutput(out);
    await writeFile(join(out, 'kept.txt'), 'mine');
    await expect(prepareOutput(out)).rejects.toThrow(OutputError);
    await expect(prepareOutput(join(out, 'kept.txt'))).rejects.toThrow('cannot write to');
    expect(await readFile(join(out, 'kept.txt'), 'utf8')).toBe('mine');
  });

  it('receives each piece at the end of its file, and the count of lines is told', async () => {
    const pieces = [
      { file: 'reference/areas.ndjson', text: 'a\n', rows: 1, day: 0 },
      { file: 'events/0001.ndjson', text: 'b\n', rows: 1, day: 1 },
      { file: 'reference/areas.ndjson', text: 'c\nd\n', rows: 2, day: 1 },
      { file: 'events/0002.ndjson', text: 'e\n', rows: 1, day: 1 },
    ];
    expect(await writeChunks(directory, pieces)).toEqual({ areas: 3, events: 2 });
    expect(await readFile(join(directory, 'reference/areas.ndjson'), 'utf8')).toBe('a\nc\nd\n');
  });
});
