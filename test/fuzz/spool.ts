/** Fuzzes the inspection of segments: whatever a file holds, every batch that is found is whole, and no byte is two things. */
import { addEvent, newEventColumns, takeBlock } from '../../ingest/columns/event-columns.ts';
import {
  encodeBlockBatch,
  encodeHeaderBlock,
  inspectBlocks,
} from '../../ingest/spool/block-format.ts';
import { encodeBatch, encodeHeader, newHeader } from '../../ingest/spool/format.ts';
import { inspectSegment, type Inspected } from '../../ingest/spool/inspect.ts';
import { demand, type FuzzTarget } from './target.ts';

const header = encodeHeader(newHeader(1, 0));
const batch = (position: number, count: number) =>
  Buffer.concat(
    encodeBatch(
      {
        receipt: `r_${position}`,
        source: 'fuzz',
        rejects: 0,
        lines: Array.from({ length: count }, (_value, index) => `"record":"event","n":${index}}`),
      },
      position,
    ),
  );
const segment = Buffer.concat([header, batch(0, 3), batch(3, 1), batch(4, 0), batch(4, 10)]);

export const spool: FuzzTarget = {
  name: 'spool',
  seeds: [
    segment,
    header,
    Buffer.concat([segment, segment]),
    Buffer.concat([header, batch(0, 20_000)]),
    Buffer.concat([header, Buffer.from('{"record":"batch",'.repeat(100_000))]),
    Buffer.concat([header, Buffer.from(`${'{"record":"batch",'.repeat(100_000)}\n`)]),
    Buffer.concat([header, Buffer.from('{"record":"batch",\n'.repeat(50_000))]),
  ],
  run: (bytes) => check(bytes, inspectSegment(bytes)),
};

const block_header = newHeader(1, 0);
const { segment_id } = block_header;

function blockBatch(position: number, count: number): Buffer {
  const columns = newEventColumns('urn:local');
  for (let row = 0; row < count; row++) {
    const event = {
      event_id: `e${row}`,
      occurred_at: 5,
      action: 'view' as const,
      staff_id: '1',
      staff_id_system: 'urn:local',
      organisation_code: 'RZZ01',
      reason: 'text with ,"crc32":1} in it\n',
    };
    addEvent(columns, event, row, 1_000);
  }
  const block = takeBlock(columns, 'fuzz', `r_${position}`);
  const batch_of_blocks = { receipt: `r_${position}`, source: 'fuzz', rejects: 0, block };
  return Buffer.concat(encodeBlockBatch(batch_of_blocks, segment_id, position));
}

const header_block = encodeHeaderBlock(block_header);
const blocks = Buffer.concat([header_block, blockBatch(1, 3), blockBatch(4, 1), blockBatch(5, 20)]);
const mark = blockBatch(1, 1).subarray(-400);

export const spool_blocks: FuzzTarget = {
  name: 'spool-blocks',
  seeds: [
    blocks,
    header_block,
    Buffer.concat([blocks, blocks]),
    Buffer.concat([header_block, blockBatch(1, 5_000)]),
    Buffer.concat([header_block, ...Array.from({ length: 5_000 }, () => mark)]),
    Buffer.concat([header_block, Buffer.from(`"segment_id":"${segment_id}",`.repeat(50_000))]),
    Buffer.concat([header_block, Buffer.from(`,"crc32":1}${'x'.repeat(8)}`.repeat(50_000))]),
  ],
  run: (bytes) => check(bytes, inspectBlocks(bytes, segment_id)),
};

function check(bytes: Buffer, { batches, damaged, tail_from, header_end }: Inspected): void {
  const spans = [...batches, ...damaged].sort((one, other) => one.from - other.from);
  let at = batches.length + damaged.length > 0 ? Math.min(spans[0]?.from ?? 0, header_end) : 0;
  for (const { from, to } of spans) {
    demand(from >= at && to > from && to <= bytes.length, 'spans follow each other');
    at = to;
  }
  demand(tail_from >= at && tail_from <= bytes.length, 'the tail is last');
  for (const { from, to, trailer } of batches)
    demand(trailer.bytes < to - from, 'a batch holds what its trailer says');
}
