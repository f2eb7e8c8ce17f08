/** NDJSON and Arrow over HTTP to durable, deduplicated, sealed and queryable, against the engine's own load of the same events. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngine, type FileColumn } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { migrate } from '../../sql/migrate.ts';
import { parseStatement } from '../../sql/statement.ts';
import { syntheticEvent } from './synthetic-event.ts';
import { memoryOf, processorOf, startSystem, type Figure, type System } from './system.ts';

const lines_per_file = 50_000;
/** Requests under way at the same time, each of one file. */
const senders = 4;
/** How often a sender asks whether the last of its files can be queried. */
const poll_ms = 20;

/**
 * Stores `stored` events first, then loads the same files three times: by the engine alone, as NDJSON, as Arrow.
 *
 * A sender goes on when its file is durable, as senders do. The time counts until the last of all files is queryable, and
 * how long that was after the last answer says whether the loader kept up.
 */
export async function benchBatches(options: {
  directory: string;
  events: number;
  stored: number;
}): Promise<Figure[]> {
  const { directory, events } = options;
  mkdirSync(directory, { recursive: true });
  const files = writeEvents(directory, events);
  const reference = await engineAlone(join(directory, 'engine'), files, events);
  await writeArrow(join(directory, 'arrow'), files);
  const data_dir = join(directory, 'data');
  const system = await startSystem(data_dir);
  let is_running = true;
  try {
    await fill(system, files, options.stored);
    const figures: Figure[] = [];
    for (const form of [ndjson, arrow]) {
      const before = memoryOf(system.pid);
      const { per_second, tail_s, sender_cpu_s, system_cpu_s } = await measure(
        system,
        files,
        events,
        form,
      );
      const after = memoryOf(system.pid);
      figures.push({
        what: `${form.name} over HTTP, until queryable, on ${options.stored} stored`,
        measured: per_second,
        against: "the engine's own load of the same events as NDJSON",
        reference,
        unit: 'events',
        note: `goal ≥ ${form.goal}; ${tail_s.toFixed(1)} s behind at the end; memory ${before.resident_mib} MiB before, ${after.peak_mib} MiB at its peak; processor ${perEvent(system_cpu_s, events)} µs an event, and of the sender ${perEvent(sender_cpu_s, events)}`,
      });
    }
    await system.stop();
    is_running = false;
    const sent = filledTo(options.stored) + 2 * events;
    figures.push(await found(data_dir, sent));
    return figures;
  } finally {
    if (is_running) await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function perEvent(seconds: number, events: number): string {
  return ((seconds * 1e6) / events).toFixed(1);
}

interface Form {
  readonly name: string;
  readonly goal: string;
  readonly type: string;
  readonly path: (file: string) => string;
  /** Makes the ids of a file other ones, in place, so that it holds new events. */
  readonly renew: (bytes: Buffer, ids: readonly string[], tag: string) => void;
}

const ndjson: Form = {
  name: 'NDJSON',
  goal: '0.40',
  type: 'application/x-ndjson',
  path: (file) => file,
  renew: renewIds,
};
const arrow: Form = {
  name: 'Arrow',
  goal: '0.60',
  type: 'application/vnd.apache.arrow.stream',
  path: (file) => `${file}.arrow`,
  renew: renewIds,
};

/** The first eight letters of every id are replaced; the others are enough to tell them apart. */
function renewIds(bytes: Buffer, ids: readonly string[], tag: string): void {
  let at = 0;
  for (const id of ids) {
    at = bytes.indexOf(id.slice(8), at);
    if (at < 8) throw new Error('An id is not in its file.');
    bytes.write(tag, at - 8, 8, 'latin1');
    at += id.length - 8;
  }
}

let runs = 0;

async function measure(
  system: System,
  files: readonly string[],
  events: number,
  form: Form,
): Promise<{ per_second: number; tail_s: number; sender_cpu_s: number; system_cpu_s: number }> {
  runs += 1;
  const waiting = [...files.entries()];
  const receipts: { receipt: string; count: number }[] = [];
  const prepared = new Map<string, Buffer>();
  for (const [index, file] of files.entries()) {
    const bytes = await readFile(form.path(file));
    const from = index * lines_per_file;
    const count = Math.min(lines_per_file, events - from);
    const ids = Array.from({ length: count }, (_, i) => syntheticEvent(from + i)['event_id'] ?? '');
    form.renew(bytes, ids, `~${String(runs).padStart(7, '0')}`);
    prepared.set(file, bytes);
  }
  const cpu = process.cpuUsage();
  const system_cpu = processorOf(system.pid);
  const started = performance.now();
  await Promise.all(
    Array.from({ length: senders }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const bytes = prepared.get(next[1]) ?? Buffer.alloc(0);
        const answer = await post(system, bytes, form.type);
        const count = Math.min(lines_per_file, events - next[0] * lines_per_file);
        if (answer['accepted'] !== count) unexpected('POST /events', answer);
        receipts.push({ receipt: String(answer['receipt']), count });
      }
    }),
  );
  const last_answered = performance.now();
  // The newest first: once it is loaded the others are, or nearly so.
  for (const { receipt, count } of receipts.reverse()) await untilLoaded(system, receipt, count);
  const ended = performance.now();
  const used = process.cpuUsage(cpu);
  return {
    per_second: events / ((ended - started) / 1000),
    tail_s: (ended - last_answered) / 1000,
    sender_cpu_s: (used.user + used.system) / 1e6,
    system_cpu_s: processorOf(system.pid) - system_cpu,
  };
}

async function untilLoaded({ url, key }: System, receipt: string, count: number): Promise<void> {
  for (;;) {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(`${url}/receipts/${receipt}`, { headers });
    const state = (await answer.json()) as Record<string, unknown>;
    if (state['state'] === 'loaded' && state['stored'] === count) return;
    if (state['state'] !== 'spooled') unexpected('GET /receipts', state);
    await new Promise((resolve) => setTimeout(resolve, poll_ms));
  }
}

function unexpected(call: string, answer: unknown): never {
  throw new Error(`${call} answered ${JSON.stringify(answer).slice(0, 300)}`);
}

/** Brings the store to `stored` events over HTTP, and says as it goes what memory that takes. */
async function fill(system: System, files: readonly string[], stored: number): Promise<void> {
  for (let have = 0; have < stored;) {
    const some = files.slice(0, Math.ceil((stored - have) / lines_per_file));
    const count = Math.min(some.length * lines_per_file, filledTo(stored) - have);
    const { per_second } = await measure(system, some, count, ndjson);
    have += count;
    const { resident_mib, peak_mib } = memoryOf(system.pid);
    process.stderr.write(
      `${have} stored, the last ${count} at ${Math.round(per_second)} a second; ${resident_mib} MiB resident, ${peak_mib} at most\n`,
    );
  }
}

/** How many events a store has that was to be brought to `stored`: whole files of them. */
function filledTo(stored: number): number {
  return Math.ceil(stored / lines_per_file) * lines_per_file;
}

/** What the store has, asked of it when the system has stopped, against what was acknowledged. */
async function found(data_dir: string, sent: number): Promise<Figure> {
  const engine = await openEngine({ path: join(data_dir, 'clickhouse') });
  const client = await engine.client('bench');
  const [row] = await client.rows<{ events: string; ids: string }>(
    parseStatement(
      'bench/found',
      'SELECT count() AS events, uniqExact(cityHash64(source, event_id)) AS ids FROM committed_events',
    ),
    {},
    { limits: 'analysis' },
  );
  await engine.close();
  return {
    what: 'found in the store',
    measured: Number(row?.events),
    against: 'accepted over HTTP',
    reference: sent,
    unit: 'events in all',
    note: `goal 1.00; ${row?.ids} different ids`,
  };
}

async function post(
  { url, key }: System,
  body: Buffer,
  type: string,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': type },
    body: new Uint8Array(body.buffer, body.byteOffset, body.length) as Uint8Array<ArrayBuffer>,
  });
  return (await answer.json()) as Record<string, unknown>;
}

function writeEvents(directory: string, events: number): string[] {
  const files: string[] = [];
  for (let from = 0; from < events; from += lines_per_file) {
    const file = join(directory, `events-${String(files.length).padStart(4, '0')}.ndjson`);
    const count = Math.min(lines_per_file, events - from);
    const lines = Array.from({ length: count }, (_, index) =>
      JSON.stringify(syntheticEvent(from + index)),
    );
    writeFileSync(file, `${lines.join('\n')}\n`);
    files.push(file);
  }
  return files;
}

const names = Object.keys(syntheticEvent(0));

/** Events a second of `INSERT … SELECT FROM file()` into a table of the same columns, without keys or checks. */
async function engineAlone(
  path: string,
  files: readonly string[],
  events: number,
): Promise<number> {
  const engine = await openEngine({ path });
  const client = await engine.client('bench');
  await migrate(client, system_clock);
  const columns = names.map((name): FileColumn => [
    name,
    name === 'occurred_at' ? "DateTime64(3, 'UTC')" : 'String',
  ]);
  const pattern = join(path, '../events-*.ndjson');
  const started = performance.now();
  // All of them in one statement: that is the quickest that the engine knows.
  await client.insertFile('access_events', columns, files.length > 1 ? pattern : (files[0] ?? ''));
  const seconds = (performance.now() - started) / 1000;
  await engine.close();
  return events / seconds;
}

/** Writes each file as an Arrow stream too: repeating values by dictionary, nothing compressed. */
async function writeArrow(path: string, files: readonly string[]): Promise<void> {
  const engine = await openEngine({ path });
  const client = await engine.client('bench');
  const words = new Set(
    'action outcome trigger staff_id_system role_code organisation_code application section purpose'.split(
      ' ',
    ),
  );
  const structure = names
    .map((name) => `${name} ${words.has(name) ? 'LowCardinality(String)' : 'String'}`)
    .join(', ');
  for (const file of files) {
    const { text } = parseStatement(
      'bench/write_arrow',
      `INSERT INTO FUNCTION file({to:String}, 'ArrowStream') SELECT * FROM file({from:String}, 'JSONEachRow', {structure:String})`,
    );
    // Not of the fixed set of settings, since nothing but this bench writes Arrow.
    const settings = `SETTINGS output_format_arrow_compression_method = 'none', output_format_arrow_low_cardinality_as_dictionary = 1, max_threads = 1`;
    await client.command(
      { name: 'bench/write_arrow', text: `${text} ${settings}` },
      { to: `${file}.arrow`, from: file, structure },
    );
  }
  await engine.close();
}
