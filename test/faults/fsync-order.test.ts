/** Shows by a trace of system calls what is on disk when a sender is told so, and when a segment is let go. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countOf, pause, until } from './random.ts';
import { createService, eventLine, type Service } from './service.ts';
import { readTrace, straceCommand, type TracedCall } from './trace.ts';

// Enough small loads that the engine merges their parts by itself.
const loads = countOf('FAULT_TRACED_LOADS', 14);

describe.skipIf(!canTrace())('with every file call of the process traced', () => {
  let calls: TracedCall[];
  const syncs = new Map<string, TracedCall[]>();
  let service: Service;
  let folder: string;
  /** The table of each directory of parts that has to survive a power cut. */
  let tables: ReadonlyMap<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'access-audit-trace-'));
    const out = join(folder, 'trace');
    service = await createService({ through: straceCommand(out) });
    await service.start();
    for (let load = 0; load < loads; load++) {
      await service.send(eventLine(load * 2) + eventLine(load * 2 + 1, { unknown_field: 'x' }));
      const staff = `{"staff_id":"1","organisation_code":"RZZ01","name":"version ${load}"}\n`;
      const put = { method: 'PUT', path: 'reference/staff' };
      const receipt = await service.sendUntilAcknowledged(staff, put);
      await service.untilLoaded(receipt);
    }
    // A merge follows by itself; the trace says when it was done.
    const traced = () => readFile(out, 'utf8');
    await until('a merge', async () => (await traced()).includes('/tmp_merge_2026'));
    await pause(500);
    expect(await service.process().kill('SIGTERM')).toBe(0);
    await until('the end of the trace', async () => (await traced()).includes('+++ exited'));
    calls = readTrace(await traced());
    for (const call of calls) {
      if (!/^f(data)?sync$/.test(call.name) || call.failed) continue;
      syncs.set(call.path, [...(syncs.get(call.path) ?? []), call]);
    }
    tables = durableTables(service.data_dir);
  }, 240_000);
  afterAll(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const inSpool = (path: string) => dirname(path) === join(service.data_dir, 'spool');
  const isSegment = (path: string) => inSpool(path) && /^\d{12}-/.test(basename(path));

  it('has a segment and its directory on disk before the 200 leaves', () => {
    const answers = calls.filter(
      ({ name, path, text }) =>
        /^(write|writev|sendto|sendmsg)$/.test(name) &&
        path.startsWith('TCP') &&
        text.includes('HTTP/1.1 200'),
    );
    expect(answers.length).toBeGreaterThanOrEqual(loads * 2);
    let segments = 0;
    for (const answer of answers) {
      // One request at a time is sent, so whatever was written before the answer has to be safe by then.
      for (const write of calls.filter(
        (call) => isWrite(call) && isSegment(call.path) && call.ended < answer.began,
      )) {
        expect(isSyncedBetween(write.path, write.ended, answer.began), write.text).toBe(true);
      }
      for (const named of calls.filter(
        (call) => namesFile(call) && isSegment(nameOf(call)) && call.ended < answer.began,
      )) {
        segments += 1;
        const spool = dirname(nameOf(named));
        expect(isSyncedBetween(spool, named.ended, answer.began), named.text).toBe(true);
      }
    }
    expect(segments).toBeGreaterThanOrEqual(loads * 2);
  });

  it('has the spool itself, and the directory that it is in, on disk before the first 200', () => {
    const first = calls.find(
      ({ path, text }) => path.startsWith('TCP') && text.includes(' 200 OK'),
    );
    for (const folder_of of [
      join(service.data_dir, 'spool'),
      join(service.data_dir, 'spool', 'damaged'),
    ]) {
      const made = calls.find(
        ({ name, path, failed }) => name.startsWith('mkdir') && path === folder_of && !failed,
      );
      expect(made, folder_of).toBeDefined();
      expect(
        isSyncedBetween(dirname(folder_of), made?.ended ?? 0, first?.began ?? 0),
        folder_of,
      ).toBe(true);
    }
  });

  it('has every part of every table, and the name of the part, on disk before a segment is removed', () => {
    const removals = calls.filter(
      ({ name, path, failed }) => name.startsWith('unlink') && isSegment(path) && !failed,
    );
    expect(removals.length).toBeGreaterThanOrEqual(loads * 2);
    const checked = new Set<string>();
    for (const part of renamedParts('tmp_insert_')) {
      const removal = removals.find(({ began }) => began > part.ended);
      if (!removal) continue;
      expectOnDisk(part, removal.began);
      expect(
        isSyncedBetween(dirname(part.to), part.ended, removal.began),
        `the name of ${part.to}`,
      ).toBe(true);
      checked.add(tables.get(dirname(part.to)) ?? '');
    }
    for (const table of durable) expect([...checked]).toContain(table);
  });

  it('makes a removal itself last, so that no segment comes back after its turn', () => {
    for (const removal of calls.filter(
      ({ name, path }) => name.startsWith('unlink') && isSegment(path),
    )) {
      expect(isSyncedBetween(dirname(removal.path), removal.ended, Infinity), removal.text).toBe(
        true,
      );
    }
  });

  it('has a merged part on disk before the parts that it replaces go', () => {
    const merged = renamedParts('tmp_merge_');
    expect(merged.map((part) => tables.get(dirname(part.to)))).toContain('access_events');
    for (const part of merged) {
      // [partition, first block, last block, level]: what it replaces is within its blocks.
      const [, partition = '', first = '0', last = '0'] =
        /^(.*)_(\d+)_(\d+)_\d+$/.exec(basename(part.to)) ?? [];
      const gone = calls.find(({ name, path, began }) => {
        const [, of = '', from = '', to = ''] =
          /^(.*)_(\d+)_(\d+)_\d+$/.exec(basename(dirname(path))) ?? [];
        return (
          name.startsWith('unlink') &&
          began > part.ended &&
          dirname(dirname(path)) === dirname(part.to) &&
          of === partition &&
          Number(from) >= Number(first) &&
          Number(to) <= Number(last) &&
          dirname(path) !== part.to
        );
      });
      expectOnDisk(part, gone?.began ?? Infinity);
    }
  });

  /** Renames by which parts of durable tables got their names. */
  function renamedParts(prefix: string): TracedCall[] {
    return calls.filter(
      ({ name, path, to, failed }) =>
        name.startsWith('rename') &&
        !failed &&
        basename(path).startsWith(prefix) &&
        tables.has(dirname(to)),
    );
  }

  /** Every byte of a part, and its directory under its name, is fsynced before the moment. */
  function expectOnDisk(part: TracedCall, before: number): void {
    const within = (path: string) =>
      path.startsWith(`${part.path}/`) || path.startsWith(`${part.to}/`);
    const since =
      calls.findLast(
        ({ name, path, ended }) =>
          name.startsWith('mkdir') && path === part.path && ended < part.began,
      )?.ended ?? 0;
    const writes = calls.filter(
      (call) => isWrite(call) && within(call.path) && call.ended > since && call.ended < before,
    );
    expect(writes.length, part.to).toBeGreaterThan(3);
    for (const write of writes) {
      const renamed = write.path.replace(part.path, part.to);
      const is_safe =
        isSyncedBetween(write.path, write.ended, before) ||
        isSyncedBetween(renamed, write.ended, before);
      expect(is_safe, `${write.text} before ${before}`).toBe(true);
    }
    expect(isSyncedBetween(part.to, part.ended, before), part.to).toBe(true);
  }

  function isSyncedBetween(path: string, after: number, before: number): boolean {
    return (syncs.get(path) ?? []).some(({ began, ended }) => began > after && ended < before);
  }
});

function isWrite({ name, path, failed }: TracedCall): boolean {
  return (
    /^(write|writev|pwrite64|pwritev2?|ftruncate|copy_file_range)$/.test(name) &&
    path.startsWith('/') &&
    !failed
  );
}

/** Whether a call gives a file its name. */
function namesFile({ name, text, failed }: TracedCall): boolean {
  return !failed && (name.startsWith('rename') || (name === 'openat' && text.includes('O_CREAT')));
}

function nameOf(call: TracedCall): string {
  return call.name.startsWith('rename') ? call.to : call.path;
}

/** The tables whose rows a segment becomes, and those that say so. */
const durable = [
  'access_events',
  'event_keys',
  'ingest_rejects',
  'load_intents',
  'receipts',
  'reference_loads',
  'seals',
  'segments',
  'staff_versions',
];

/** Directories of the tables whose rows a segment becomes, by what the engine wrote down of them. */
function durableTables(data_dir: string): Map<string, string> {
  const store = join(data_dir, 'clickhouse', 'store');
  const found = new Map<string, string>();
  for (const path of globSync('*/*/*.sql', { cwd: store })) {
    const text = readFileSync(join(store, path), 'utf8');
    const uuid = /UUID '([0-9a-f-]{36})'/.exec(text)?.[1];
    if (uuid !== undefined && durable.includes(basename(path, '.sql')))
      found.set(join(store, uuid.slice(0, 3), uuid), basename(path, '.sql'));
  }
  return found;
}

/** Whether this machine has strace and lets it trace. Without, the suite is skipped, and says so. */
function canTrace(): boolean {
  try {
    execFileSync('strace', ['-D', '-f', '-y', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(
      'No strace here, or it may not trace: the order of fsyncs is not shown.\n',
    );
    return false;
  }
}
