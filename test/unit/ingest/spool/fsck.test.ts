import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fsckCommand } from '../../../../ingest/fsck-command.ts';
import { default_limits } from '../../../../ingest/limits.ts';
import { openSpool, type Spool } from '../../../../ingest/spool/spool.ts';
import { fixedClock } from '../../../../sql/clock.ts';
import { CodedError } from '../../../../sql/errors.ts';

const clock = fixedClock(10_000);
let data_dir: string;

beforeEach(async () => {
  data_dir = await mkdtemp(join(tmpdir(), 'access-audit-fsck-'));
});
afterEach(() => rm(data_dir, { recursive: true, force: true }));

const open = (): Promise<Spool> =>
  openSpool({
    folder: join(data_dir, 'spool'),
    limits: default_limits,
    clock: fixedClock(4_000),
    log: pino({ level: 'silent' }),
    fault: () => {},
  });

const event_line = (event_id: string) =>
  `"record":"event","source":"s","event_id":${JSON.stringify(event_id)}}`;
const batch = (receipt: string, lines: readonly string[], rejects = 0) => ({
  receipt,
  source: 's',
  rejects,
  lines,
});

async function fsck(...args: string[]): Promise<{ status: number; output: string }> {
  let output = '';
  const command = fsckCommand(data_dir, clock, () =>
    Promise.reject(new CodedError('ENGINE_UNREACHABLE', 'Away.')),
  );
  const status = await command(args, { progress: () => {}, output: (text) => (output += text) });
  return { status, output };
}

async function segmentPath(): Promise<string> {
  const folder = join(data_dir, 'spool');
  const name = (await readdir(folder)).find((each) => each.endsWith('.ndjson')) ?? '';
  return join(folder, name);
}

it('says of each segment what is in it, and leaves every byte as it is', async () => {
  const spool = await open();
  await spool.append(batch('r1', [event_line('a'), event_line('"record":"event"')]), 0);
  await spool.append(batch('r2', ['"record":"reject","source":"s"}', event_line('c')], 1), 0);
  await spool.close();
  const before = await readFile(await segmentPath());
  const { status, output } = await fsck('--json');
  expect(status).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    is_sound: true,
    ledger_problem: 'ENGINE_UNREACHABLE',
    segments: [
      {
        kind: 'events',
        dataset: 'access_events',
        created_at: 4_000,
        bytes: before.length,
        batches: 2,
        lines: 4,
        events: 3,
        rejects: 1,
        receipts: 2,
        damage: [],
        tail_bytes: 0,
        state: 'whole',
        is_loaded: null,
      },
    ],
    unfinished: [],
    put_aside: [],
  });
  expect(await readFile(await segmentPath())).toEqual(before);
  expect((await fsck()).output).toContain('6 s old, 2 batches, 3 events, 1 reject, 2 receipts');
});

it('names damage by offset, length and reason, and ends with status 1', async () => {
  const spool = await open();
  for (const id of ['a', 'b', 'c']) await spool.append(batch(`r${id}`, [event_line(id)]), 0);
  await spool.close();
  const path = await segmentPath();
  const bytes = await readFile(path);
  const at = bytes.indexOf('"event_id":"b"');
  bytes[at + 12] = 'x'.charCodeAt(0);
  await writeFile(path, bytes);
  const { status, output } = await fsck('--json');
  expect(status).toBe(1);
  const [segment] = (JSON.parse(output) as { segments: { damage: unknown[] }[] }).segments;
  const from = bytes.lastIndexOf(10, at) + 1;
  const to = bytes.indexOf(10, bytes.indexOf('{"record":"batch"', at)) + 1;
  expect(segment).toMatchObject({
    state: 'damaged',
    batches: 2,
    events: 2,
    damage: [{ offset: from, length: to - from, why: 'batch' }],
  });
  // The next start puts it aside under a name that says where it stood, and that is said from then on.
  await (await open()).close();
  const after = await fsck('--json');
  expect(after.status).toBe(1);
  expect(JSON.parse(after.output)).toMatchObject({
    segments: [{ state: 'whole', batches: 2 }],
    put_aside: [{ bytes: to - from }],
  });
  expect(after.output).toContain(`.${from}-${to}.batch.`);
});

it('tells a write that was cut short, and an upload that is not finished, from damage', async () => {
  const spool = await open();
  await spool.append(batch('r', [event_line('a')]), 0);
  const reference = {
    dataset: 'areas',
    source: 's',
    receipt: 'u',
    received_at: 1,
    mode: 'full',
    as_of: null,
  } as const;
  const upload = await spool.beginReference(reference);
  await upload.append(batch('u', ['"record":"row","area_code":"X"}']));
  await spool.close();
  const path = await segmentPath();
  const bytes = await readFile(path);
  await writeFile(path, Buffer.concat([bytes, Buffer.from('{"segment_position":2,"record":"ev')]));
  const { status, output } = await fsck('--json');
  expect(status).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    segments: [{ state: 'whole', batches: 1, tail_bytes: 34 }],
    unfinished: [{ name: expect.stringMatching(/\.part$/) as string }],
  });
});

it('is content with a directory that has no spool yet, and refuses what it does not know', async () => {
  expect(await fsck()).toMatchObject({ status: 0 });
  await expect(fsck('--repair')).rejects.toMatchObject({ code: 'USAGE' });
});
