/** Sends the same batch on two connections at once, and hangs up in the middle of bodies, at random points. */
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../sql/client.ts';
import { compareStore } from './compare.ts';
import { countOf, pause, seededRandom } from './random.ts';
import { createService, eventLine, type Service } from './service.ts';

// The short form is for every change: FAULT_CONNECTIONS=1000 is the full one.
const times = countOf('FAULT_CONNECTIONS', 60);

let service: Service;
beforeEach(async () => {
  service = await createService();
  await service.start();
});
afterEach(() => service.close());

it(`stores a batch once that comes on two connections at once, ${times} times`, async () => {
  const random = seededRandom(20_260_307);
  const acknowledged = new Set<string>();
  let next = 0;
  for (let time = 0; time < times; time++) {
    const numbers = Array.from(
      { length: 1 + Math.floor(random() * 80) },
      (_, index) => next + index,
    );
    next += numbers.length;
    const lines = numbers.map((number) => eventLine(number));
    const body = lines.join('');
    const array = { type: 'application/json' };
    const answers = await Promise.all([
      service.send(body),
      // The second is the same, or comes as another format, so that it goes into another segment at the same time.
      time % 2
        ? service.send(body)
        : service.send(`[${lines.map((line) => line.trim()).join(',')}]`, array),
    ]);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 200, json: { rejected_count: 0 } });
    for (const number of numbers) acknowledged.add(`e${number}`);
    if (time === times - 1)
      for (const answer of answers) await service.untilLoaded(answer?.json.receipt ?? '');
  }
  await compare(acknowledged, new Set());
});

it(`gives no receipt to ${times} senders that hang up, and stores once what they send again`, async () => {
  const random = seededRandom(20_260_308);
  const acknowledged = new Set<string>();
  const sent = new Set<string>();
  let next = 0;
  let answered = 0;
  for (let time = 0; time < times; time++) {
    const numbers = Array.from(
      { length: 1 + Math.floor(random() * 300) },
      (_, index) => next + index,
    );
    next += numbers.length;
    for (const number of numbers) sent.add(`e${number}`);
    const body = Buffer.from(numbers.map((number) => eventLine(number)).join(''));
    const cut = Math.floor(random() * body.length);
    if (await hangUp(body, cut, random() < 0.5, random() * 20)) answered += 1;
    // Two of three send again; of the third what was complete may be stored.
    if (time % 3 === 0) continue;
    await service.sendUntilAcknowledged(body.toString());
    for (const number of numbers) acknowledged.add(`e${number}`);
  }
  expect(answered).toBe(0);
  const receipt = await service.sendUntilAcknowledged(eventLine(next));
  acknowledged.add(`e${next}`);
  await service.untilLoaded(receipt);
  await compare(acknowledged, sent);
});

/** Sends the first `cut` bytes of a body that is announced as longer, and ends the connection; whether a 200 came. */
async function hangUp(
  body: Buffer,
  cut: number,
  is_chunked: boolean,
  wait_ms: number,
): Promise<boolean> {
  const headers = {
    authorization: `Bearer ${await service.key()}`,
    'content-type': 'application/x-ndjson',
    ...(is_chunked ? {} : { 'content-length': String(body.length) }),
  };
  let is_acknowledged = false;
  await new Promise<void>((resolve) => {
    const sent = request(`${service.url}/events`, { method: 'POST', headers }, (answer) => {
      is_acknowledged = answer.statusCode === 200;
      answer.resume();
    });
    sent.once('error', () => resolve());
    sent.once('close', () => resolve());
    sent.write(body.subarray(0, cut), () => {
      void pause(wait_ms).then(() => sent.destroy());
    });
  });
  return is_acknowledged;
}

async function compare(
  event_ids: ReadonlySet<string>,
  unanswered: ReadonlySet<string>,
): Promise<void> {
  expect(await service.process().kill('SIGTERM')).toBe(0);
  const engine = await openEngine({ path: join(service.data_dir, 'clickhouse') });
  try {
    await compareStore(await engine.client('test'), { event_ids, unanswered });
  } finally {
    await engine.close();
  }
}
