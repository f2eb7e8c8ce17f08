/** `npm run fsck`: what is in the spool, what of it is damaged, and what of it ClickHouse has already. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import type { Command } from '../sql/control.ts';
import { CodedError, isCoded } from '../sql/errors.ts';
import { loadStatement } from '../sql/statement.ts';
import { inspectSpool, type SegmentReport, type SpoolReport } from './spool/fsck.ts';

const ledger_segments = loadStatement('ingest/queries/ledger_segments.sql');
const segments_asked_max = 5_000;

/** A segment, and whether it is loaded: then only its removal is left. Null where the ledger could not be read. */
type LocatedSegment = SegmentReport & {
  readonly load_seq: number | null;
  readonly is_loaded: boolean | null;
};

/**
 * The command on the spool of `data_dir`; it never changes a file. Exit status 1 when something is damaged, now or put
 * aside earlier, or of a newer version.
 *
 * @param ledger opens a client to ask which segments are loaded; where it fails the spool is told all the same
 * @throws CodedError from the command: USAGE
 */
export function fsckCommand(
  data_dir: string,
  clock: Clock,
  ledger: () => Promise<SqlClient>,
): Command {
  return async (args, to) => {
    const is_json = readArguments(args);
    let count = 0;
    const report = await inspectSpool(join(data_dir, 'spool'), () => {
      count += 1;
      if (count % 100 === 0) to.progress(`${count} segments`);
    });
    const { segments, ledger_problem } = await locate(report.segments, ledger);
    const is_sound =
      report.put_aside.length === 0 && segments.every(({ state }) => state === 'whole');
    const told = { is_sound, ledger_problem, ...report, segments };
    to.output(is_json ? JSON.stringify(told) : asText(told, clock.now()));
    return is_sound ? 0 : 1;
  };
}

function readArguments(args: readonly string[]): boolean {
  try {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } });
    return values.json ?? false;
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: npm run fsck -- [--json]`, {
      cause,
    });
  }
}

async function locate(
  segments: readonly SegmentReport[],
  ledger: () => Promise<SqlClient>,
): Promise<{ segments: LocatedSegment[]; ledger_problem: string }> {
  const loaded = new Map<string, number>();
  try {
    for (let at = 0; at < segments.length; at += segments_asked_max) {
      const segment_ids = segments
        .slice(at, at + segments_asked_max)
        .map(({ segment_id }) => segment_id);
      const client = await ledger();
      const rows = await client.rows<{ segment_id: string; load_seq: string }>(ledger_segments, {
        segment_ids,
      });
      for (const { segment_id, load_seq } of rows) loaded.set(segment_id, Number(load_seq));
    }
  } catch (error) {
    const ledger_problem = isCoded(error) ? error.code : 'INTERNAL';
    const unknown = { load_seq: null, is_loaded: null };
    return { segments: segments.map((segment) => ({ ...segment, ...unknown })), ledger_problem };
  }
  return {
    ledger_problem: '',
    segments: segments.map((segment) => ({
      ...segment,
      load_seq: loaded.get(segment.segment_id) ?? null,
      is_loaded: loaded.has(segment.segment_id),
    })),
  };
}

interface Told extends SpoolReport {
  readonly is_sound: boolean;
  readonly ledger_problem: string;
  readonly segments: readonly LocatedSegment[];
}

function asText(
  { is_sound, ledger_problem, segments, unfinished, put_aside }: Told,
  now: number,
): string {
  const out: string[] = [];
  for (const segment of segments) out.push(...segmentLines(segment, now));
  for (const { name, bytes } of unfinished)
    out.push(
      `${name}: ${count(bytes, 'byte')} of an upload that is not finished; a start removes it`,
    );
  for (const { name, bytes } of put_aside)
    out.push(`damaged/${name}: ${count(bytes, 'byte')} put aside earlier`);
  const total = (of: 'bytes' | 'events' | 'rejects') =>
    segments.reduce((sum, segment) => sum + segment[of], 0);
  const damaged = segments.filter(({ state }) => state === 'damaged').length;
  if (ledger_problem !== '')
    out.push(`The ledger could not be read (${ledger_problem}), so it is not said what is loaded.`);
  out.push(
    `${count(segments.length, 'segment')}, ${count(total('bytes'), 'byte')}, ${count(total('events'), 'event')}, ` +
      `${count(total('rejects'), 'reject')}; ${damaged} damaged, ${put_aside.length} put aside. ` +
      (is_sound ? 'Nothing is damaged.' : 'Something is damaged or cannot be read.'),
  );
  return out.join('\n');
}

function segmentLines(segment: LocatedSegment, now: number): string[] {
  const { name, state, dataset, bytes, batches, lines, events, rejects, receipts } = segment;
  if (state === 'newer')
    return [
      `${name}: format ${segment.format}, which this version does not know; ${count(bytes, 'byte')}`,
    ];
  const age =
    segment.created_at === null
      ? 'of unknown age'
      : `${Math.max(0, Math.round((now - segment.created_at) / 1000))} s old`;
  const what = segment.kind === 'events' ? count(events, 'event') : count(lines, 'row');
  const loaded =
    segment.is_loaded === null
      ? ''
      : segment.is_loaded
        ? `, loaded as ${segment.load_seq}`
        : ', not loaded';
  const head =
    `${name}: ${state}, ${dataset || 'dataset unknown'}, ${count(bytes, 'byte')}, ${age}, ` +
    `${count(batches, 'batch', 'batches')}, ${what}, ${count(rejects, 'reject')}, ${count(receipts, 'receipt')}${loaded}`;
  const damage = segment.damage.map(
    ({ offset, length, why }) => `  damage at ${offset}, ${count(length, 'byte')}: ${reasons[why]}`,
  );
  const tail =
    segment.tail_bytes > 0
      ? [`  ${count(segment.tail_bytes, 'byte')} at the end were never acknowledged`]
      : [];
  return [head, ...damage, ...tail];
}

const reasons = {
  header: 'the header does not fit its check sum',
  batch: 'a batch does not fit its check sum',
  upload: 'the file ends within a batch, and was whole when it got its name',
} as const;

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`;
}
