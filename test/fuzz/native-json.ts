/** Fuzzes native events: NDJSON and arrays, through decompression's other side to the spool's doorstep. */
import { RequestRefused } from '../../ingest/codes.ts';
import { createIntake } from '../../ingest/intake.ts';
import { default_limits } from '../../ingest/limits.ts';
import { receiveEventArray, receiveEventLines } from '../../ingest/receive-events.ts';
import type { Batch } from '../../ingest/spool/format.ts';
import { fixedClock } from '../../sql/clock.ts';
import { demand, type FuzzTarget } from './target.ts';

const event = {
  event_id: 'e-1',
  occurred_at: '2026-03-01T10:00:00.123Z',
  action: 'view',
  staff_id: '555000000001',
  organisation_code: 'RZZ01',
  patient_id: '9990000018',
  supplier_codes: ['RZZ02'],
  reason: 'a "reason" with \\ and \u{1f600}',
};
const line = JSON.stringify(event);
const deep = '['.repeat(1_000_000);
const now = Date.UTC(2026, 5, 1);
const limits = { ...default_limits, line_bytes_max: 64 * 1024, raw_bytes_max: 1_024 };

const seeds = [
  `${line}\n${line}\r\n\n${line}`,
  `[${line},${line}]`,
  `\ufeff${line}`,
  JSON.stringify({ ...event, action: 'search', search_terms: 'x', search_results: ['9990000018'] }),
  JSON.stringify({ ...event, outcome: null, ['__proto__']: 1 }),
  deep,
  `[${line},${deep}${']'.repeat(1_000_000)},${line}]`,
  `{"a":`.repeat(500_000),
  `[${`${line},`.repeat(20_000)}${line}]`,
  `${'x'.repeat(3_000_000)}\n${line}`,
  `"${'\\'.repeat(2_000_000)}`,
].map((text) => Buffer.from(text));

export const native_lines: FuzzTarget = {
  name: 'native-lines',
  seeds,
  run: (bytes) => receive(bytes, false),
};

export const native_array: FuzzTarget = {
  name: 'native-array',
  seeds,
  run: (bytes) => receive(bytes, true),
};

async function receive(bytes: Buffer, is_array: boolean): Promise<void> {
  const batches: Batch[] = [];
  const intake = createIntake({
    receipt: 'r_fuzz',
    source: 'fuzz',
    clock: fixedClock(now),
    dataset: 'access_events',
    limits,
    append: async (batch) => void batches.push(batch),
  });
  const context = {
    received_at: now,
    future_ms_max: 600_000,
    default_staff_id_system: 'urn:test',
    organisation_codes: new Set<string>(),
  };
  try {
    if (is_array) await receiveEventArray(bytes, intake, context);
    else await receiveEventLines(inTwo(bytes), intake, context, limits);
  } catch (error) {
    if (error instanceof RequestRefused) return;
    throw error;
  }
  const answer = await intake.finish();
  const lines = batches.flatMap((batch) => ('lines' in batch ? batch.lines : []));
  demand(lines.length === answer.accepted + answer.rejected_count, 'each line is kept or refused');
  // As the spool writes it: one JSON object a line.
  for (const each of lines.slice(0, 100)) JSON.parse(`{"segment_position":0,${each}`);
  demand(!lines.some((each) => each.includes('\n')), 'a record is one line');
}

async function* inTwo(bytes: Buffer): AsyncGenerator<Buffer> {
  const middle = bytes.length >> 1;
  yield bytes.subarray(0, middle);
  yield bytes.subarray(middle);
}
