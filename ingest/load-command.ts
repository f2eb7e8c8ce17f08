/** `npm run load`: sends a directory of reference data and events over HTTP, and returns when all of it is loaded. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { parseArgs } from 'node:util';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { CommandOutput } from '../sql/control.ts';
import { CodedError } from '../sql/errors.ts';
import { planDirectory, type FileToSend } from './load/directory.ts';
import { createSender, type Sender } from './load/send.ts';
import type { IntakeAnswer } from './intake.ts';
import { local_key_file } from './sources.ts';

/** What became of the events of a directory; `rejected` counts refused rows of reference data too. */
export interface LoadTotals {
  sent: number;
  stored: number;
  duplicates: number;
  conflicts: number;
  rejected: number;
}

interface Tally {
  readonly events: LoadTotals;
  readonly rows: LoadTotals;
}

/** A body is bounded, so that a lost connection costs no more than this. */
const body_bytes_max = 4 * 1024 * 1024;
const progress_every_ms = 1_000;
const refusals_shown_max = 5;

/**
 * Carries out `load DIR [--url U] [--key K]`, and returns the exit status: 1 if anything was refused.
 *
 * @throws CodedError LOAD_USAGE, LOAD_KEY_MISSING, and those of `loadDirectory`
 */
export async function loadCommand(
  args: readonly string[],
  defaults: { readonly data_dir: string; readonly ingest_port: number },
  to: CommandOutput,
): Promise<number> {
  const { dir, url, key } = readArguments(args, defaults);
  const totals = await loadDirectory({ dir, url, key, progress: (line) => to.progress(line) });
  to.output(JSON.stringify(totals));
  return totals.rejected > 0 ? 1 : 0;
}

/**
 * Sends `reference/<dataset>.{ndjson,csv,arrow}[.gz]` and then `events/*.{ndjson,json,arrow,csv,xml}[.gz|.zst]`, and returns when every receipt
 * is loaded. Sending the same directory again stores nothing, and says so. `reference/as_of.json` says of what instant an
 * extract is.
 *
 * @throws CodedError LOAD_DIRECTORY_MISSING, LOAD_DIRECTORY_EMPTY, LOAD_AS_OF_INVALID, LOAD_UNREACHABLE, LOAD_REFUSED
 */
export async function loadDirectory(options: {
  readonly dir: string;
  readonly url: string;
  readonly key: string;
  readonly progress: (line: string) => void;
}): Promise<LoadTotals> {
  const { dir, progress } = options;
  const plan = await planDirectory(dir);
  for (const { name, why } of plan.ignored) progress(`ignored: ${name} (${why})`);
  const send = createSender(options, progress);
  const tally: Tally = { events: noTotals(), rows: noTotals() };
  const receipts: { receipt: string; totals: LoadTotals }[] = [];
  const steady = throttled(progress);
  for (const file of plan.files) {
    const totals = file.kind === 'events' ? tally.events : tally.rows;
    const before = totals.sent;
    for await (const answer of sendFile(file, send)) {
      showRefusals(file, answer, totals.sent - before, progress);
      totals.sent += answer.accepted + answer.rejected_count;
      totals.rejected += answer.rejected_count;
      receipts.push({ receipt: answer.receipt, totals });
      steady(`${file.name}: ${count(totals.sent - before)} sent`);
    }
    progress(`${file.name}: ${count(totals.sent - before)} sent`);
  }
  await settle(receipts, send, steady);
  const { events, rows } = tally;
  progress(
    `reference data: ${count(rows.sent)} rows, ${count(rows.stored)} new or changed, ${count(rows.duplicates)} as before`,
  );
  if (events.conflicts > 0)
    progress(
      `${count(events.conflicts)} ids were stored before with other content: see ingest_rejects`,
    );
  else if (events.stored + rows.stored + events.rejected + rows.rejected === 0)
    progress('Nothing new was stored: all of it was there already.');
  return { ...events, rejected: events.rejected + rows.rejected };
}

async function* sendFile(file: FileToSend, send: Sender): AsyncGenerator<IntakeAnswer> {
  const headers = { 'content-type': file.content_type };
  if (file.kind === 'reference') {
    // One request, since it becomes one load; a large one is streamed from the file.
    const query = file.as_of === undefined ? '' : `?as_of=${encodeURIComponent(file.as_of)}`;
    const path = `reference/${file.dataset}${query}`;
    yield await send({ method: 'PUT', path, headers: asItIs(file), body: () => whole(file) });
  } else if (file.content_type === 'text/csv' || file.content_type.includes('arrow')) {
    // Each has a beginning that all of it needs, so it is not cut in pieces. Sending it again stores nothing twice.
    const asked = { method: 'POST', path: 'events', headers: asItIs(file) } as const;
    yield await send({ ...asked, body: () => whole(file) });
  } else if (file.content_type === 'application/xml') {
    yield await send({ method: 'POST', path: 'audit-messages', headers, body: () => plain(file) });
  } else if (file.content_type === 'application/json') {
    yield await send({ method: 'POST', path: 'events', headers, body: () => plain(file) });
  } else {
    for await (const body of lineBodies(plain(file))) {
      yield await send({ method: 'POST', path: 'events', headers, body: () => body });
    }
  }
}

/** The bytes of a stream in bodies that end with a line, each of one line or up to the bound. */
async function* lineBodies(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    gathered.push(chunk);
    length += chunk.length;
    if (length < body_bytes_max) continue;
    const bytes = Buffer.concat(gathered);
    const end = bytes.lastIndexOf(10) + 1;
    if (end > 0) yield bytes.subarray(0, end);
    gathered = [bytes.subarray(end)];
    length = bytes.length - end;
  }
  if (length > 0) yield Buffer.concat(gathered);
}

function asItIs({ content_type, encoding }: FileToSend): Record<string, string> {
  return { 'content-type': content_type, ...(encoding && { 'content-encoding': encoding }) };
}

function whole(file: FileToSend): Readable {
  return createReadStream(file.path, { highWaterMark: 1 << 20 });
}

function plain(file: FileToSend): Readable {
  if (file.encoding === '') return whole(file);
  const decompress = file.encoding === 'gzip' ? createGunzip() : createZstdDecompress();
  return pipeline(whole(file), decompress, () => {});
}

/** Waits for every receipt, oldest first: they are loaded in that order. */
async function settle(
  receipts: readonly { receipt: string; totals: LoadTotals }[],
  send: Sender,
  progress: (line: string) => void,
): Promise<void> {
  for (const [index, { receipt, totals }] of receipts.entries()) {
    for (let pause_ms = 20; ; pause_ms = Math.min(pause_ms * 2, 500)) {
      const state = await send<{ state: string } & LoadTotals>({
        method: 'GET',
        path: `receipts/${receipt}`,
      });
      if (state.state === 'loaded') {
        for (const name of ['stored', 'duplicates', 'conflicts'] as const)
          totals[name] += state[name];
        break;
      }
      progress(
        `waiting for ClickHouse: ${count(index)} of ${count(receipts.length)} requests loaded`,
      );
      await new Promise((resolve) => setTimeout(resolve, pause_ms));
    }
  }
}

function showRefusals(
  file: FileToSend,
  answer: IntakeAnswer,
  offset: number,
  progress: (line: string) => void,
): void {
  for (const { index, code, message } of answer.rejected.slice(0, refusals_shown_max)) {
    progress(`${file.name}: number ${offset + index + 1} was refused: ${code}. ${message}`);
  }
  const more = answer.rejected_count - refusals_shown_max;
  if (more > 0) progress(`${file.name}: and ${count(more)} more`);
}

function readArguments(
  args: readonly string[],
  defaults: { data_dir: string; ingest_port: number },
) {
  const usage = (cause?: unknown) =>
    new CodedError('LOAD_USAGE', 'Use: npm run load -- DIR [--url URL] [--key KEY]', { cause });
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { url: { type: 'string' }, key: { type: 'string' } },
    });
  } catch (cause) {
    throw usage(cause);
  }
  const [dir, ...more] = parsed.positionals;
  if (dir === undefined || more.length > 0) throw usage();
  const url = parsed.values.url ?? `http://127.0.0.1:${defaults.ingest_port}`;
  if (!URL.canParse(url))
    throw new CodedError('LOAD_USAGE', 'The --url is not a URL such as http://127.0.0.1:3001.');
  return { dir, url, key: parsed.values.key ?? localKey(defaults.data_dir) };
}

function localKey(data_dir: string): string {
  const path = join(data_dir, local_key_file);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  throw new CodedError(
    'LOAD_KEY_MISSING',
    `There is no ${path}, so the key has to be given: --key KEY. A new source has one: npm run source -- add NAME`,
  );
}

function throttled(progress: (line: string) => void): (line: string) => void {
  let shown_at = performance.now();
  return (line) => {
    if (performance.now() - shown_at < progress_every_ms) return;
    shown_at = performance.now();
    progress(line);
  };
}

function noTotals(): LoadTotals {
  return { sent: 0, stored: 0, duplicates: 0, conflicts: 0, rejected: 0 };
}

function count(number: number): string {
  return number.toLocaleString('en-GB');
}
