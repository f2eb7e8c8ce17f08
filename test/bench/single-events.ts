/** Single-event POSTs over 64 connections, durable before each answer, against a bare Fastify route. */
import autocannon from 'autocannon';
import Fastify from 'fastify';
import { syntheticEvent } from './synthetic-event.ts';
import { startSystem, type Figure } from './system.ts';

const connections = 64;

/** Loads each for `seconds`, one after the other, from this process. */
export async function benchSingleEvents(options: {
  directory: string;
  seconds: number;
}): Promise<Figure[]> {
  const bare = Fastify();
  const properties = Object.fromEntries(
    Object.keys(syntheticEvent(0)).map((name) => [name, { type: 'string' }]),
  );
  const body = { type: 'object', required: ['event_id'], properties, additionalProperties: false };
  bare.post('/events', { schema: { body } }, async () => ({ accepted: 1 }));
  const bare_url = await bare.listen({ host: '127.0.0.1', port: 0 });
  const reference = await load(bare_url, '', options.seconds);
  await bare.close();

  const system = await startSystem(options.directory);
  try {
    const measured = await load(system.url, system.key, options.seconds);
    return [
      {
        what: `single POSTs, ${connections} connections`,
        measured: measured.requests.average,
        against: 'a bare Fastify route that validates and drops',
        reference: reference.requests.average,
        unit: 'requests',
        note: `goal ≥ 0.60; p99 ${measured.latency.p99} ms, goal ≤ 15 ms; ${measured.non2xx} refused`,
      },
    ];
  } finally {
    await system.stop();
  }
}

function load(url: string, key: string, seconds: number): Promise<autocannon.Result> {
  let index = 0;
  return autocannon({
    url: `${url}/events`,
    connections,
    duration: seconds,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    requests: [
      {
        setupRequest: (request) => ({
          ...request,
          body: JSON.stringify(syntheticEvent(1_000_000_000 + index++)),
        }),
      },
    ],
  });
}
