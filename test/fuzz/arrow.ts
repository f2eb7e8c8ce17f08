/** Fuzzes Arrow streams: flatbuffers, buffers and dictionaries that lead astray. */
import {
  Bool,
  DateDay,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  List,
  Table,
  tableToIPC,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { RequestRefused } from '../../ingest/codes.ts';
import { decompressLz4 } from '../../ingest/formats/arrow/lz4.ts';
import { createIntake } from '../../ingest/intake.ts';
import { default_limits } from '../../ingest/limits.ts';
import { receiveArrow } from '../../ingest/receive-arrow.ts';
import { rowChecker } from '../../ingest/reference/check-row.ts';
import { fieldsOf, type DatasetName } from '../../ingest/reference/datasets.ts';
import { receiveRowArrow } from '../../ingest/reference/receive-reference-arrow.ts';
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

const patients = new Table({
  ...vectors({ patient_id: ['9990000018', '9990000026', 'x'] }),
  surname: vectorFromArray(['One', 'One', null], words()),
  date_of_birth: vectorFromArray([new Date(0), null, new Date(-86_400_000)], new DateDay()),
  latitude: vectorFromArray([51.5, null, 91], new Float64()),
  longitude: vectorFromArray([-0.5, 1, null], new Float32()),
  flags: vectorFromArray([['watchlist'], [], null], new List(new Field('item', new Utf8()))),
});
const objections = new Table({
  ...vectors({ patient_id: ['9990000018'], organisation_code: ['RZZ01'] }),
  upheld: vectorFromArray([true], new Bool()),
});
const rosters = new Table({
  ...vectors({ staff_id: ['1', '2'], organisation_code: ['RZZ01', 'RZZ01'] }),
  starts_at: vectorFromArray([0, 1], new TimestampMillisecond('UTC')),
  ends_at: vectorFromArray([2, null], new TimestampMillisecond('UTC')),
});

/** The same bytes are offered to datasets that have all kinds of field between them. */
export const arrow_reference: FuzzTarget = {
  name: 'arrow-reference',
  seeds: [patients, objections, rosters].map((each) => Buffer.from(tableToIPC(each, 'stream'))),
  async run(bytes) {
    for (const dataset of ['patients', 'patient_objections', 'rosters'] as const)
      await receiveReference(bytes, dataset);
  },
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

async function receiveReference(bytes: Buffer, dataset: DatasetName): Promise<void> {
  const batches: Batch[] = [];
  const append = async (batch: Batch) => void batches.push(batch);
  const intake = createIntake({
    receipt: 'r_fuzz',
    source: 'fuzz',
    clock: fixedClock(now),
    dataset,
    limits,
    append,
    append_rejects: append,
  });
  const context = { default_staff_id_system: 'urn:test', organisation_codes: new Set<string>() };
  const check = rowChecker(dataset);
  const bounds = { ...limits, arrow_batch_bytes_max: 1 << 20, arrow_metadata_bytes_max: 1 << 16 };
  try {
    const to = { intake, check, context, limits: bounds };
    await receiveRowArrow(inTwo(bytes), fieldsOf(dataset), to);
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
