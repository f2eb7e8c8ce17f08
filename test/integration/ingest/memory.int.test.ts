import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../../support/engines.ts';
import { event, run, type Running } from './fixture.ts';

// Resident memory is that of sender, service and engine together; a larger form is INGEST_BODY_MB=1000.
//
// The first 300 MB fill the engine's pools and the heap, some 300 MB that are kept; after that it is chance when garbage is
// collected, worth some 100 MB. So what comes first comes in small bodies, and the body is larger than the bound: one that
// were held in memory could not pass.
const megabytes = Number(process.env['INGEST_BODY_MB'] ?? 300);
const warm_bodies = 6;
const warm_body_bytes = 50_000_000;
const rise_max_mb = 240;

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
      for (let nth = 0; nth < warm_bodies; nth++)
        await stream(running, `warm${nth}-`, warm_body_bytes);
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
