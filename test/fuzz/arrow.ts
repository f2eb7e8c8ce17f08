/** Fuzzes Arrow streams: flatbuffers, buffers and dictionaries that lead astray. */
import {
  Dictionary,
  Field,
  Int32,
  List,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { RequestRefused } from '../../ingest/codes.ts';
import { decompressLz4 } from '../../ingest/formats/arrow/lz4.ts';
import { createIntake } from '../../ingest/intake.ts';
import { default_limits } from '../../ingest/limits.ts';
import { receiveArrow } from '../../ingest/receive-arrow.ts';
import { recordsOf, type Batch } from '../../ingest/spool/format.ts';
import { fixedClock } from '../../sql/clock.ts';
import { demand, type FuzzTarget } from './target.ts';

const now = Date.UTC(2026, 5, 1);
const limits = { ...default_limits, raw_bytes_max: 1_024, rejects_per_request_max: 2_000 };

const texts = {
  event_id: ['a', 'b', 'c'],
  occurred_at: ['2026-03-01T09:30:00Z', '2026-03-01T09:30:00.123Z', 'x'],
  staff_id: ['1', '2', '3'],
  patient_id: ['9990000018', '9990000018', ''],
};
const words = () => new Dictionary(new Utf8(), new Int32());
const vectors = (columns: Record<string, string[]>) =>
  Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, vectorFromArray(values, new Utf8())]),
  );
const table = new Table(
  vectors({
    ...texts,
    action: ['view', 'search', 'view'],
    organisation_code: ['RZZ01', 'RZZ02', 'RZZ01'],
  }),
);
const encoded = new Table({
  ...vectors(texts),
  action: vectorFromArray(['view', 'search', null], words()),
  organisation_code: vectorFromArray(['RZZ01', 'RZZ02', 'RZZ01'], words()),
  supplier_codes: vectorFromArray(
    [['RZZ01', 'RZZ02'], [], null],
    new List(new Field('item', new Utf8())),
  ),
});
const seeds = [tableToIPC(table, 'stream'), tableToIPC(encoded, 'stream')].map((each) =>
  Buffer.from(each),
);

export const arrow_stream: FuzzTarget = {
  name: 'arrow-stream',
  seeds: [...seeds, Buffer.concat(seeds), Buffer.alloc(64, 0xff), Buffer.alloc(0)],
  run: receive,
};

/** Frames of "a", of 5 000 times "abc", and of some JSON, as lz4js wrote them. */
const frames = [
  'BCJNGEBw3wEAAIBhAAAAAA==',
  `BCJNGEBw30cAAAA/YWJjAwD${'/'.repeat(77)}t1BiY2FiYwAAAAA=`,
  'BCJNGEBw3ykAAADHeyJhIjpbMSwyLDMsBgD6AV0sImIiOiJ0aGUgc2FtZSAJAFBhbWUifQAAAAA=',
].map((text) => Buffer.from(text, 'base64'));

export const lz4_frame: FuzzTarget = {
  name: 'lz4-frame',
  seeds: frames,
  run(bytes) {
    const plain = decompressLz4(bytes, 15_000);
    demand(plain === undefined || plain.length === 15_000, 'a frame is as long as it has to be');
  },
};

async function receive(bytes: Buffer): Promise<void> {
  const batches: Batch[] = [];
  const intake = createIntake({
    receipt: 'r_fuzz',
    source: 'fuzz',
    clock: fixedClock(now),
    dataset: 'access_events',
    limits,
    append: async (batch) => void batches.push(batch),
    columns: { default_staff_id_system: 'urn:test' },
  });
  const context = {
    received_at: now,
    future_ms_max: 600_000,
    default_staff_id_system: 'urn:test',
    organisation_codes: new Set<string>(),
  };
  try {
    await receiveArrow(inTwo(bytes), intake, context, {
      batch_bytes_max: 1 << 20,
      metadata_bytes_max: 1 << 16,
    });
  } catch (error) {
    if (error instanceof RequestRefused) return;
    throw error;
  }
  const answer = await intake.finish();
  const kept = batches.reduce((sum, batch) => sum + recordsOf(batch), 0);
  demand(kept === answer.accepted + answer.rejected_count, 'each row is kept or refused');
}

async function* inTwo(bytes: Buffer): AsyncGenerator<Buffer> {
  const middle = bytes.length >> 1;
  yield bytes.subarray(0, middle);
  yield bytes.subarray(middle);
}
