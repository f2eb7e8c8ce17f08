/** What the embedded engine is told, and asked, about its disk: how much to leave free, and how to read its tables anew. */
import { statfs } from 'node:fs/promises';
import type { Pooled } from './sql-client.ts';
import type { Reloaded, WatchedEngine } from './write-watch.ts';

const mebibyte = 1024 * 1024;

/**
 * What the engine leaves free on its disk, in bytes: a merge or an insert that finds less does not begin, and says so.
 * What has begun has this much left when something else fills the disk meanwhile. The spool leaves more free
 * (`disk_free_bytes_min`), so that what it holds can be loaded.
 */
export async function bytesKeptFree(path: string): Promise<number> {
  const { blocks, bsize } = await statfs(path);
  return Math.min(128 * mebibyte, Math.floor((blocks * bsize) / 64));
}

/** What the watch on writes asks of the embedded engine, by a connection of its own. */
export function watchedEngine(client: Pooled['client'], database: string): WatchedEngine {
  // Nothing is bound here: the library runs statements with parameters one after the other, over all connections, and
  // the check behind a small insert would wait for another service's long question.
  const read = async <T>(query: string): Promise<T[]> =>
    (await client.query({ query, format: 'JSONEachRow' })).json<T>();
  const { merges, tables, detached_tables, broken_parts } = statementsOn(quoted(database));
  const named = async (query: string, each: (name: string) => string): Promise<void> => {
    for (const { name } of await read<{ name: string }>(query))
      await client.command({ query: each(`${database}.${quoted(name)}`) });
  };

  return {
    async failedWrites() {
      const [row] = await read<{ failed: number }>(failed_writes);
      return row?.failed ?? 0;
    },
    async reload() {
      // What is being merged may hold a piece that was not written.
      await client.command({ query: 'SYSTEM STOP MERGES' });
      try {
        while ((await read(merges)).length > 0) await pause(20);
        await named(tables, (table) => `DETACH TABLE ${table} SYNC`);
      } finally {
        // An earlier attempt may have left some as well.
        await named(detached_tables, (table) => `ATTACH TABLE ${table}`);
        await client.command({ query: 'SYSTEM START MERGES' });
      }
      return removeReplacedParts();
    },
  };

  /** Parts put aside that are not needed: left there, they would take room, and outlive an erasure. */
  async function removeReplacedParts(): Promise<Reloaded> {
    const found = await read<{ table: string; name: string; is_replaced: number }>(broken_parts);
    const replaced = found.filter(({ is_replaced }) => is_replaced === 1);
    for (const { table, name } of replaced) {
      const query = `ALTER TABLE ${database}.${quoted(table)} DROP DETACHED PART '${quoted(name, part_name)}' SETTINGS allow_drop_detached = 1`;
      await client.command({ query });
    }
    return { replaced: replaced.length, lost: found.length - replaced.length };
  }
}

const failed_writes = `
SELECT toUInt32(value) AS failed FROM system.events
WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'`;

const statementsOn = (database: string) => ({
  merges: `SELECT 1 AS is_running FROM system.merges WHERE database = '${database}' LIMIT 1`,
  tables: `
SELECT name FROM system.tables
WHERE database = '${database}' AND endsWith(engine, 'MergeTree')`,
  detached_tables: `
SELECT table AS name FROM system.detached_tables
WHERE database = '${database}' AND NOT is_permanently`,
  // Parts that were not whole when a table was read. Replaced is one whose rows are in the parts that it was merged
  // from, and an insert that failed just now, whose rows never counted.
  broken_parts: `
SELECT detached.table AS table, detached.name AS name,
    toUInt8(countIf(live.name != '' AND live.min_block_number >= detached.min_block_number
                    AND live.max_block_number <= detached.max_block_number) > 0
            OR (any(detached.level) = 0 AND any(detached.modification_time) > now() - INTERVAL 10 MINUTE)) AS is_replaced
FROM system.detached_parts AS detached
LEFT JOIN (
    SELECT table, partition_id, name, min_block_number, max_block_number
    FROM system.parts WHERE database = '${database}' AND active
) AS live ON live.table = detached.table AND live.partition_id = detached.partition_id
WHERE detached.database = '${database}' AND detached.reason = 'broken-on-start'
GROUP BY detached.table, detached.name`,
});

const table_name = /^[a-z_][a-z0-9_]*$/;
const part_name = /^[A-Za-z0-9_-]+$/;

function quoted(name: string, form = table_name): string {
  if (!form.test(name)) throw new TypeError('A name that does not stand in a statement.');
  return name;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
