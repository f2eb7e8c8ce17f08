import { Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadCommand, loadDirectory } from '../../../ingest/load-command.ts';
import { runSource } from '../../../ingest/source-command.ts';
import { addSource, ensureLocalSource, listSources } from '../../../ingest/sources.ts';
import { system_clock } from '../../../sql/clock.ts';
import { parseStatement } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';
import { event, onceAt, run, type Running } from './fixture.ts';

onEachEngine('loading a directory', (engine) => {
  let running: Running;
  let dir: string;
  beforeEach(async () => {
    running = await run(engine());
    dir = join(running.data_dir, 'exchange');
    await mkdir(join(dir, 'reference'), { recursive: true });
    await mkdir(join(dir, 'events'));
  });
  afterEach(() => running.close());

  const ndjson = (...events: object[]) =>
    events.map((each) => `${JSON.stringify(each)}\n`).join('');

  const csv = (row: object) => `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`;

  async function load() {
    const lines: string[] = [];
    const output: string[] = [];
    const status = await loadCommand(
      [dir, '--url', running.ingest.address, '--key', running.key],
      { data_dir: running.data_dir, ingest_port: 1 },
      { progress: (line) => void lines.push(line), output: (text) => void output.push(text) },
    );
    return { status, totals: JSON.parse(output.join('')) as unknown, lines: lines.join('\n') };
  }

  it('sends every form, names what it ignores, and stores nothing the second time, which it says', async () => {
    await writeFile(join(dir, 'reference/areas.ndjson'), ndjson({ area_code: 'a', name: 'A' }));
    await writeFile(
      join(dir, 'reference/organisations.csv.gz'),
      gzipSync('organisation_code,name,type,area_code\nRZZ01,One,acute,a\n'),
    );
    await writeFile(
      join(dir, 'reference/patients.arrow'),
      tableToIPC(new Table({ patient_id: vectorFromArray(['9990000018'], new Utf8()) }), 'stream'),
    );
    await writeFile(join(dir, 'reference/wards.ndjson'), '');
    await writeFile(join(dir, 'events/1.ndjson'), ndjson(event('a'), event('b')));
    await writeFile(join(dir, 'events/2.ndjson.gz'), gzipSync(ndjson(event('c'), event('a'))));
    await writeFile(join(dir, 'events/3.json'), JSON.stringify([event('d')]));
    await writeFile(join(dir, 'events/4.csv.zst'), zstdCompressSync(csv(event('e'))));
    await writeFile(join(dir, 'events/5.parquet'), '');
    await writeFile(join(dir, 'truth.ndjson'), '');
    const first = await load();
    expect(first).toMatchObject({
      status: 0,
      totals: { sent: 6, stored: 5, duplicates: 1, conflicts: 0, rejected: 0 },
    });
    for (const name of [
      'truth.ndjson',
      'reference/wards.ndjson',
      'events/5.parquet (not .ndjson',
    ]) {
      expect(first.lines).toContain(`ignored: ${name}`);
    }
    expect(await running.query('SELECT organisation_code, type FROM organisations')).toEqual([
      { organisation_code: 'RZZ01', type: 'acute' },
    ]);
    expect(await running.query('SELECT patient_id FROM patients')).toHaveLength(1);
    const second = await load();
    expect(second).toMatchObject({ status: 0, totals: { sent: 6, stored: 0, duplicates: 6 } });
    expect(second.lines).toContain('Nothing new was stored');
  });

  it('exits with 1 when anything was refused, and says which line', async () => {
    await writeFile(join(dir, 'events/1.ndjson'), ndjson(event('a'), event('b', { foo: 1 })));
    expect(await load()).toMatchObject({
      status: 1,
      totals: { sent: 2, stored: 1, rejected: 1 },
      lines: expect.stringContaining('events/1.ndjson: number 2 was refused: EVENT_FIELD_UNKNOWN'),
    });
  });

  it('tells of what instant an extract is, and refuses what is none', async () => {
    await writeFile(join(dir, 'reference/areas.ndjson'), ndjson({ area_code: 'a', name: 'A' }));
    await writeFile(join(dir, 'reference/patients.ndjson'), ndjson({ patient_id: '9990000018' }));
    await writeFile(
      join(dir, 'reference/as_of.json'),
      JSON.stringify({ patients: '2026-01-01T00:00:00Z' }),
    );
    expect((await load()).status).toBe(0);
    const loads = await engine().client.rows(
      parseStatement(
        'as_of',
        'SELECT toString(dataset) AS dataset, toUnixTimestamp64Milli(as_of) AS at FROM reference_loads ORDER BY dataset',
      ),
    );
    expect(loads).toEqual([
      { dataset: 'areas', at: null },
      { dataset: 'patients', at: Date.UTC(2026, 0, 1) },
    ]);
    for (const text of [
      '{',
      '[]',
      '{"wards":"2026-01-01T00:00:00Z"}',
      '{"toString":"2026-01-01T00:00:00Z"}',
      '{"patients":"last year"}',
    ]) {
      await writeFile(join(dir, 'reference/as_of.json'), text);
      await expect(load()).rejects.toMatchObject({ code: 'LOAD_AS_OF_INVALID' });
    }
  });

  it('sends a large file in bounded bodies that end with a line', async () => {
    const events = Array.from({ length: 30_000 }, (_, index) =>
      event(`e${index}`, { reason: 'é'.repeat(80) }),
    );
    await writeFile(join(dir, 'events/1.ndjson'), ndjson(...events).trimEnd());
    expect(await load()).toMatchObject({ status: 0, totals: { sent: 30_000, stored: 30_000 } });
    const [row] = await running.query<{ receipts: number }>(
      'SELECT toUInt32(uniqExact(receipt)) AS receipts FROM receipts',
    );
    expect(row?.receipts).toBeGreaterThan(1);
  });

  it('waits for a spool that is full, and for a disk that comes back', async () => {
    await running.restart(onceAt('spool.sync'));
    await writeFile(join(dir, 'events/1.ndjson'), ndjson(event('a')));
    const loaded = await load();
    expect(loaded).toMatchObject({ status: 0, totals: { stored: 1 } });
    expect(loaded.lines).toContain('SPOOL_FAILED');
  });

  it('says what to do when nothing listens, without a directory, and without a key', async () => {
    await writeFile(join(dir, 'events/1.ndjson'), ndjson(event('a')));
    const quiet = { progress: () => {}, output: () => {} };
    const defaults = { data_dir: running.data_dir, ingest_port: 1 };
    await expect(
      loadDirectory({ dir, url: 'http://127.0.0.1:1', key: 'k', progress: () => {} }),
    ).rejects.toMatchObject({
      code: 'LOAD_UNREACHABLE',
      message: expect.stringContaining('npm start'),
    });
    await expect(loadCommand([`${dir}/none`, '--key', 'k'], defaults, quiet)).rejects.toMatchObject(
      { code: 'LOAD_DIRECTORY_MISSING' },
    );
    await expect(loadCommand([dir], defaults, quiet)).rejects.toMatchObject({
      code: 'LOAD_KEY_MISSING',
    });
    await expect(loadCommand([], defaults, quiet)).rejects.toMatchObject({ code: 'LOAD_USAGE' });
    await expect(
      loadDirectory({ dir, url: running.ingest.address, key: 'wrong', progress: () => {} }),
    ).rejects.toMatchObject({
      code: 'LOAD_REFUSED',
      message: expect.stringContaining('KEY_UNKNOWN'),
    });
  });

  it('makes the source local on a fresh directory only, with its key for its owner alone', async () => {
    const { client } = engine();
    const options = { client, clock: system_clock, data_dir: running.data_dir, host: '127.0.0.1' };
    const path = join(running.data_dir, 'local.key');
    await ensureLocalSource(options);
    // The test's own source is there already, so this is not a fresh directory.
    await expect(stat(path)).rejects.toThrow();
    await engine().truncate();
    await ensureLocalSource(options);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const key = await readFile(path, 'utf8');
    await ensureLocalSource(options);
    expect(await readFile(path, 'utf8')).toBe(key);
    expect((await running.post([event('a')], { key: key.trim() })).status).toBe(200);
    await addSource(client, system_clock, {
      source: 'second',
      changed_by: 'test',
      data_dir: running.data_dir,
    });
    expect(await listSources(client)).toMatchObject([
      { source: 'local', is_ended: true, is_loopback_only: true },
      { source: 'second' },
    ]);
    await expect(stat(path)).rejects.toThrow();
    await ensureLocalSource(options);
    await expect(stat(path)).rejects.toThrow();
  });

  it('ends the source local when ingest binds elsewhere', async () => {
    await engine().truncate();
    const options = { client: engine().client, clock: system_clock, data_dir: running.data_dir };
    await ensureLocalSource({ ...options, host: '127.0.0.1' });
    await ensureLocalSource({ ...options, host: '0.0.0.0' });
    expect(await listSources(engine().client)).toMatchObject([{ source: 'local', is_ended: true }]);
  });

  it('adds, lists and ends sources by command, and shows a key once', async () => {
    const source = (...args: string[]) => runSource(engine().client, system_clock, args);
    const added = await source(
      'add',
      'trust',
      '--organisations',
      'RZZ01,RZZ02',
      '--staff-id-system',
      'urn:x',
    );
    const key = added.split('\n').at(-1) ?? '';
    expect(key).toMatch(/^aak_[A-Za-z0-9_-]{43}$/);
    const other = await running.post([event('a', { organisation_code: 'RZZ03' })], { key });
    expect(other.json).toMatchObject({ rejected: [{ code: 'EVENT_ORGANISATION_NOT_ALLOWED' }] });
    await running.post([event('b')], { key });
    expect(await running.query('SELECT staff_id_system FROM access_events')).toEqual([
      { staff_id_system: 'urn:x' },
    ]);
    expect(await source('list')).toContain('trust: may send; for RZZ01, RZZ02; staff ids of urn:x');
    expect(await source('list')).not.toContain(key);
    await source('end', 'trust');
    expect(await source('list')).toContain('trust: ended');
    await expect(source('add', 'trust')).rejects.toMatchObject({ code: 'SOURCE_EXISTS' });
    await expect(source('add', 'Trust 1')).rejects.toMatchObject({ code: 'SOURCE_NAME_INVALID' });
    await expect(source('end', 'nobody')).rejects.toMatchObject({ code: 'SOURCE_UNKNOWN' });
    await expect(source('remove', 'trust')).rejects.toMatchObject({ code: 'SOURCE_USAGE' });
  });
});
