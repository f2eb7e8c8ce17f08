/** NDJSON over HTTP to durable, deduplicated and queryable, against the engine's own load of the same file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngine } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { migrate } from '../../sql/migrate.ts';
import { syntheticEvent } from './synthetic-event.ts';
import { startSystem, type Figure } from './system.ts';

const lines_per_file = 100_000;

/** Writes the events once, loads the files by the engine alone, then sends the same files to a system of its own. */
export async function benchBatches(options: {
  directory: string;
  events: number;
}): Promise<Figure[]> {
  mkdirSync(options.directory, { recursive: true });
  const files = writeEvents(options.directory, options.events);
  const reference = await engineAlone(join(options.directory, 'engine'), files, options.events);

  const system = await startSystem(join(options.directory, 'data'));
  try {
    const started = performance.now();
    for (const [index, file] of files.entries()) {
      // Only the last waits: a sender does not, and "keeping up" means that the backlog is small when it ends.
      const wait = index === files.length - 1 ? '?wait=loaded' : '';
      const answer = await fetch(`${system.url}/events${wait}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${system.key}`, 'content-type': 'application/x-ndjson' },
        body: await readFile(file),
      });
      if (!answer.ok) throw new Error(`POST /events answered ${answer.status}.`);
    }
    const measured = options.events / ((performance.now() - started) / 1000);
    return [
      {
        what: 'NDJSON over HTTP, until queryable',
        measured,
        against: "the engine's own load of the same files",
        reference,
        unit: 'events',
        note: 'goal ≥ 0.40',
      },
    ];
  } finally {
    await system.stop();
  }
}

function writeEvents(directory: string, events: number): string[] {
  const files: string[] = [];
  for (let from = 0; from < events; from += lines_per_file) {
    const file = join(directory, `events-${String(files.length).padStart(4, '0')}.ndjson`);
    const count = Math.min(lines_per_file, events - from);
    const lines = Array.from({ length: count }, (_, index) =>
      JSON.stringify(syntheticEvent(from + index)),
    );
    writeFileSync(file, `${lines.join('\n')}\n`);
    files.push(file);
  }
  return files;
}

/** Events a second of `INSERT … SELECT FROM file()` into a table of the same columns, without keys or checks. */
async function engineAlone(
  path: string,
  files: readonly string[],
  events: number,
): Promise<number> {
  const engine = await openEngine({ path });
  const client = await engine.client('bench');
  await migrate(client, system_clock);
  const names = Object.keys(syntheticEvent(0));
  const columns = names.map(
    (name) => [name, name === 'occurred_at' ? "DateTime64(3, 'UTC')" : 'String'] as const,
  );
  const started = performance.now();
  for (const file of files) await client.insertFile('access_events', columns, file);
  const seconds = (performance.now() - started) / 1000;
  await engine.close();
  return events / seconds;
}
