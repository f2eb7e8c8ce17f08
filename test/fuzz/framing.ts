/** Fuzzes the framing of syslog streams: however a stream is cut, the messages are the same, and none is too long. */
import { createFraming, type Frame } from '../../ingest/syslog/framing.ts';
import { asSyslog, auditMessage, counted } from '../support/audit-message.ts';
import { createRandom } from './mutate.ts';
import { demand, type FuzzTarget } from './target.ts';

const message_bytes_max = 4_096;
const kept_bytes = 64;
const short = counted('<85>1 - - - - - - <a/>');
const random = createRandom(7);

export const framing: FuzzTarget = {
  name: 'framing',
  seeds: [
    Buffer.concat([short, counted(asSyslog(auditMessage())), short]),
    Buffer.from('<85>1 - - - - - - <a/>\n<85>1 - - - - - - <b/>\r\n'),
    Buffer.concat([Buffer.from('<85>1 a\n'), short, Buffer.from('\n<1>1 b\n')]),
    Buffer.concat([short, Buffer.from('junk 0'), short, short]),
    Buffer.concat([counted(`<1>1 ${'x'.repeat(9_000)}`), short]),
    Buffer.from(`<1>1 ${'x'.repeat(9_000)}\n<1>1 ok\n`),
    Buffer.concat([Buffer.from('999999999 <'), Buffer.alloc(200_000, 120)]),
    Buffer.concat([short, Buffer.alloc(200_000, 49)]),
    Buffer.alloc(200_000, 10),
  ],
  run(bytes) {
    const whole = framesOf(bytes, () => bytes.length);
    const step = 1 + random(40);
    const cut = framesOf(bytes, () => (bytes.length > 20_000 ? 4_096 : 1 + random(step)));
    demand(shown(whole) === shown(cut), 'the cuts of the stream change nothing');
    for (const frame of whole) {
      const bound = frame.problem ? message_bytes_max : message_bytes_max + 1;
      demand(frame.bytes.length <= bound, 'no message is longer than the bound');
    }
  },
};

function framesOf(bytes: Buffer, next: () => number): Frame[] {
  const cutter = createFraming(message_bytes_max, kept_bytes);
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const to = at + Math.max(next(), 1);
    frames.push(...cutter.push(bytes.subarray(at, to)));
    at = to;
  }
  return [...frames, ...cutter.end()];
}

function shown(frames: readonly Frame[]): string {
  return frames
    .map(({ problem = '', bytes }) => `${problem} ${bytes.toString('latin1')}`)
    .join('\n');
}
