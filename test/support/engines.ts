/** Runs a suite on both engines: embedded, and a real ClickHouse server made from the same library. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { openEngine, type Engine, type SqlClient } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { migrate } from '../../sql/migrate.ts';
import { parseStatement } from '../../sql/statement.ts';
import { canRunServer, startClickHouseServer, type ClickHouseServer } from './clickhouse-server.ts';

/** What a suite gets: a migrated, empty database, and a directory of its own. */
export interface TestEngine {
  readonly kind: Engine['kind'];
  readonly engine: Engine;
  readonly client: SqlClient;
  readonly data_dir: string;
  /** Empties every table, for the next test. */
  truncate(): Promise<void>;
}

/**
 * Runs `suite` once for each engine. The embedded engine takes one directory a process, so a file has one suite
 * of this kind, and Vitest runs each file in a process of its own.
 */
export function onEachEngine(
  title: string,
  suite: (engine: () => TestEngine, kind: Engine['kind']) => void,
): void {
  describe(`${title}, embedded`, () => {
    suite(useEngine('embedded'), 'embedded');
  });
  describe.skipIf(!canRunServer())(`${title}, on a server`, () => {
    suite(useEngine('server'), 'server');
  });
}

/** One engine for the enclosing `describe`, opened before its first test and closed after its last. */
export function useEngine(kind: Engine['kind']): () => TestEngine {
  let opened: TestEngine | undefined;
  let server: ClickHouseServer | undefined;
  beforeAll(async () => {
    const data_dir = await mkdtemp(join(tmpdir(), 'access-audit-test-'));
    // The tables are there, as they are in every project that runs migrated.ts first; the links among them are relative.
    await cp(inject('migrated'), join(data_dir, kind === 'server' ? 'server' : 'clickhouse'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    if (kind === 'server') server = await startClickHouseServer(join(data_dir, 'server'));
    const engine = await openEngine({ path: join(data_dir, 'clickhouse'), url: server?.url });
    const client = await engine.client('test');
    await migrate(client, system_clock);
    opened = { kind, engine, client, data_dir, truncate: () => truncateAll(client) };
  }, 60_000);
  afterAll(async () => {
    await opened?.engine.close();
    await server?.stop();
    if (opened) await rm(opened.data_dir, { recursive: true, force: true });
  }, 60_000);
  return () => {
    if (!opened) throw new Error('The engine is open only while tests run.');
    return opened;
  };
}

async function truncateAll(client: SqlClient): Promise<void> {
  const tables = await client.rows<{ name: string }>(
    parseStatement(
      'test tables',
      `SELECT name FROM system.tables
       WHERE database = 'audit' AND engine LIKE '%MergeTree' AND name != 'schema_migrations' AND total_rows > 0`,
    ),
  );
  for (const { name } of tables) {
    await client.command({ name: 'test truncate', text: `TRUNCATE TABLE ${name}` });
  }
}
