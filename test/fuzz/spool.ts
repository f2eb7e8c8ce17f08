/** Fuzzes the inspection of a segment: whatever a file holds, every batch that is found is whole, and no byte is two things. */
import { encodeBatch, encodeHeader, newHeader } from '../../ingest/spool/format.ts';
import { inspectSegment } from '../../ingest/spool/inspect.ts';
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
  run(bytes) {
    const { batches, damaged, tail_from, header_end } = inspectSegment(bytes);
    const spans = [...batches, ...damaged].sort((one, other) => one.from - other.from);
    let at = batches.length + damaged.length > 0 ? Math.min(spans[0]?.from ?? 0, header_end) : 0;
    for (const { from, to } of spans) {
      demand(from >= at && to > from && to <= bytes.length, 'spans follow each other');
      at = to;
    }
    demand(tail_from >= at && tail_from <= bytes.length, 'the tail is last');
    for (const { from, to, trailer } of batches)
      demand(trailer.bytes < to - from, 'a batch holds what its trailer says');
  },
};
