/** Stands before a ClickHouse server, and lets some of its answers, or some of what it is asked, go wrong. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { pause } from './random.ts';

/** What may happen to a request, by the word for it. */
export const fates = {
  /** The server answers, and the answer does not arrive. */
  lost_answer: 'done, and not told',
  cut_answer: 'done, and told by half',
  /** The client is cut off while the server works on. */
  orphaned: 'under way, and nobody waits',
  /** The request arrives after its sender has given it up. */
  late: 'given up, and done all the same',
  never_sent: 'not done, and not told',
  server_error: 'not done, and refused',
  slow: 'done, and told late',
} as const;

export type Fate = keyof typeof fates;

export interface Proxy {
  readonly url: string;
  /** Requests that were passed on or kept back, and of those the inserts. */
  counts(): { requests: number; inserts: number; spoilt: Record<Fate, number> };
  /** The share of inserts that go wrong, from 0 to 1; of other requests a fifth of it. */
  setShare(share: number): void;
  close(): Promise<void>;
}

/** Starts a proxy for the server at `target`; `random` decides what goes wrong. */
export async function startProxy(target: string, random: () => number): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const names = Object.keys(fates) as Fate[];
  const spoilt = Object.fromEntries(names.map((name) => [name, 0])) as Record<Fate, number>;
  let share = 0;
  let requests = 0;
  let turn = 0;
  let inserts = 0;
  let under_way = 0;

  async function forward(from: IncomingMessage, body: Buffer) {
    under_way += 1;
    try {
      return await new Promise<{ head: IncomingMessage; answer: Buffer }>((resolve, reject) => {
        const headers = { ...from.headers, 'content-length': String(body.length) };
        delete (headers as Record<string, unknown>)['transfer-encoding'];
        const { method, url: path } = from;
        const sent = request({ hostname, port, method, path, headers }, (head) => {
          readAll(head).then((answer) => resolve({ head, answer }), reject);
        });
        sent.once('error', reject);
        sent.end(body);
      });
    } finally {
      under_way -= 1;
    }
  }

  async function handle(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const body = await readAll(from);
    requests += 1;
    const asked = `${decodeURIComponent((from.url ?? '').replaceAll('+', ' '))}${body.toString('latin1', 0, 2_000)}`;
    const is_insert = /\bINSERT INTO\b/.test(asked);
    if (is_insert) inserts += 1;
    // An attempt at a load asks three times as often as it inserts; it has to come to an end now and then.
    const fate =
      random() < (is_insert ? share : share / 5) ? names[turn++ % names.length] : undefined;
    if (fate) spoilt[fate] += 1;
    if (fate === 'never_sent') return void to.destroy();
    if (fate === 'server_error') return void to.writeHead(500).end('Code: 999. Spoilt on the way.');
    if (fate === 'orphaned' || fate === 'late') {
      if (fate === 'orphaned') forward(from, body).catch(() => {});
      else void pause(20 + random() * 400).then(() => forward(from, body).catch(() => {}));
      to.destroy();
      return;
    }
    const { head, answer } = await forward(from, body);
    if (fate === 'lost_answer') return void to.destroy();
    if (fate === 'slow') await pause(random() * 300);
    const headers = { ...head.headers };
    delete headers['transfer-encoding'];
    to.writeHead(head.statusCode ?? 502, { ...headers, 'content-length': answer.length });
    if (fate === 'cut_answer') {
      to.write(answer.subarray(0, Math.floor(answer.length / 2)), () => to.destroy());
      to.flushHeaders();
    } else to.end(answer);
  }

  const server = createServer((from, to) => {
    handle(from, to).catch(() => to.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts: () => ({ requests, inserts, spoilt: { ...spoilt } }),
    setShare(to) {
      share = to;
    },
    async close() {
      while (under_way > 0) await pause(10);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
