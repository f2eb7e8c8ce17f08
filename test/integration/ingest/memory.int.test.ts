import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../../support/engines.ts';
import { event, run, type Running } from './fixture.ts';

// The full form is INGEST_BODY_MB=500. Resident memory is that of sender, service and engine together.
const megabytes = Number(process.env['INGEST_BODY_MB'] ?? 100);
const rise_max_mb = 150;

function* lines(prefix: string, bytes: number): Generator<string> {
  for (let sent = 0, number = 0; sent < bytes;) {
    let text = '';
    for (; text.length < 64 * 1024; number += 1) {
      text += `${JSON.stringify(event(`${prefix}${number}`, { session_id: `s${number >> 4}`, section: 'results' }))}\n`;
    }
    sent += text.length;
    yield text;
  }
}

async function stream(
  running: Running,
  prefix: string,
  bytes: number,
): Promise<{ accepted: number; receipt: string }> {
  const sent = request(`${running.ingest.address}/events?wait=loaded`, {
    method: 'POST',
    headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/x-ndjson' },
  });
  const answered = new Promise<string>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
  });
  await pipeline(Readable.from(lines(prefix, bytes)), sent);
  return JSON.parse(await answered) as { accepted: number; receipt: string };
}

describe('memory', () => {
  const engine = useEngine('embedded');

  it(
    `takes a body of ${megabytes} MB within ${rise_max_mb} MB, the load into ClickHouse included`,
    { timeout: 300_000 },
    async () => {
      const running = await run(engine());
      // The first loads fill the engine's pools and the heap, which they keep.
      await stream(running, 'warm', 60_000_000);
      let peak = 0;
      const before = process.memoryUsage.rss();
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
      const { accepted, receipt } = await stream(running, 'body', megabytes * 1_000_000);
      await expect
        .poll(async () => (await running.get(`receipts/${receipt}`)).json['stored'], {
          timeout: 120_000,
          interval: 200,
        })
        .toBe(accepted);
      clearInterval(watch);
      expect(Math.round((peak - before) / 1e6)).toBeLessThan(rise_max_mb);
      await running.close();
    },
  );
});
