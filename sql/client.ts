/** The one place that opens ClickHouse: an engine a process, embedded or a server, and a client for each service. */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { system_clock, type Clock } from './clock.ts';
import { bytesKeptFree, watchedEngine } from './embedded-disk.ts';
import { CodedError } from './errors.ts';
import { settingsClause } from './limits.ts';
import { createQueryLog, type QueryLog } from './query-log.ts';
import { createSqlClient, engineClosed, type Pooled, type SqlClient } from './sql-client.ts';
import { startWriteWatch, type WriteWatchEvent } from './write-watch.ts';

// The types of a client are met wherever one is passed on; those who open one and those who use one import from here.
export type { Bind, Binds, CallOptions, FileColumn, FileFormat, SqlClient } from './sql-client.ts';

/** One ClickHouse, open. */
export interface Engine {
  readonly kind: 'embedded' | 'server';
  readonly query_log: QueryLog;
  /** A client of its own for `service`; `connections` queries of it run at the same time. */
  client(service: string, connections?: number): Promise<SqlClient>;
  /**
   * Fsyncs every file and directory of the embedded engine, after tables were made or changed: the engine does not do
   * that for the directories above a table. A server keeps its own disk.
   */
  sync(): Promise<void>;
  /**
   * Refuses what is asked from now on, and lets go of the engine. On the embedded one, what is still under way is
   * cancelled soon, since nobody waits for it any more; the process may end when this has returned, and not before.
   */
  close(): Promise<void>;
}

export interface EngineOptions {
  /** A ClickHouse server; without it the engine is embedded. */
  readonly url?: string | undefined;
  /** Where the embedded engine keeps its data. Belongs to one process at a time. */
  readonly path: string;
  readonly memory_bytes_max?: number;
  readonly clock?: Clock;
  /** Is told when the disk did not take what the embedded engine wrote, and what became of it. */
  readonly tell?: (event: WriteWatchEvent) => void;
}

const database = 'audit';

/**
 * Opens ClickHouse.
 *
 * @throws CodedError ENGINE_UNREACHABLE when the server does not answer, ENGINE_UNAVAILABLE when this machine has no
 * embedded engine
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const backend = options.url === undefined ? await embedded(options) : await server(options.url);
  const query_log = createQueryLog();
  const clock = options.clock ?? system_clock;
  const clients = new Set<SqlClient>();
  const opening = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  const closeClients = () => Promise.all([...clients].map((client) => client.close()));
  async function close(): Promise<void> {
    // Those that are being opened are closed behind the others: let go under them, the engine takes the process with it.
    const first = closeClients();
    await Promise.allSettled(opening);
    await backend.close(Promise.all([first, closeClients()]));
  }
  async function connect(service: string, connections: number): Promise<SqlClient> {
    const pool = await Promise.all(Array.from({ length: connections }, () => backend.connect()));
    const client = createSqlClient(service, pool, query_log, clock);
    clients.add(client);
    return client;
  }
  return {
    kind: backend.kind,
    query_log,
    async client(service, connections = 1) {
      if (closing) throw engineClosed();
      const made = connect(service, connections);
      opening.add(made);
      return made.finally(() => opening.delete(made));
    },
    sync: () => backend.sync(),
    close: () => (closing ??= close()),
  };
}

interface Backend {
  readonly kind: Engine['kind'];
  connect(): Promise<Pooled>;
  sync(): Promise<void>;
  /** @param clients_closed resolves once nothing runs for any client */
  close(clients_closed: Promise<unknown>): Promise<void>;
}

async function embedded(options: EngineOptions): Promise<Backend> {
  // Imported only here and only now: loading the engine in a worker thread, a build's among them, crashes at exit.
  const [chdb, { createChdbConnection }] = await Promise.all([
    import('chdb'),
    import('chdb/connection'),
  ]).catch((cause: unknown) => {
    throw new CodedError(
      'ENGINE_UNAVAILABLE',
      'The embedded engine has no build for this machine. Set CLICKHOUSE_URL to a ClickHouse server.',
      { cause },
    );
  });
  const mebibyte = 1024 * 1024;
  await mkdir(options.path, { recursive: true });
  // The first session governs all later connections; the caches alone default to 5 GiB each.
  const root = new chdb.Session(options.path, {
    connectionArgs: [
      `--max_server_memory_usage=${options.memory_bytes_max ?? 3072 * mebibyte}`,
      `--mark_cache_size=${128 * mebibyte}`,
      `--uncompressed_cache_size=${16 * mebibyte}`,
      `--index_mark_cache_size=${32 * mebibyte}`,
      '--background_pool_size=2',
      '--background_merges_mutations_concurrency_ratio=1',
      `--storage_configuration.disks.default.keep_free_space_bytes=${await bytesKeptFree(options.path)}`,
      `--config-file=${join(import.meta.dirname, 'engine.xml')}`,
    ],
  });
  const own = createClient({ connection: createChdbConnection({ path: options.path }) as never });
  process.once('exit', endAtOnce);
  const watch = startWriteWatch(watchedEngine(own, database), options.tell ?? (() => {}));
  const table_paths = new Map<string, string>();
  return {
    kind: 'embedded',
    async connect() {
      const connection = createChdbConnection({ path: options.path });
      const client = createClient({ connection: connection as never });
      await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic` });
      await client.command({ query: `USE ${database}` });
      return {
        client,
        session: {},
        under_way: 0,
        watch,
        async openSession() {},
        async closeSession() {},
        async insertBytes(table, columns, bytes) {
          await connection.chdb.rawInsert({
            table: qualified(table),
            values: bytes,
            format: 'JSONEachRow',
            ...(columns && { columns }),
            settings: { async_insert: 0, date_time_input_format: 'best_effort' },
          });
        },
        async insertFile(table, columns, path, format) {
          const names = columns.map(([name]) => name).join(', ');
          await client.command({
            query: `INSERT INTO ${qualified(table)} (${names}) SELECT ${names} FROM file({path:String}, {format:String}, {structure:String}) ${settingsClause('load', 'insert')}`,
            query_params: {
              path,
              format,
              structure: columns.map(([name, type]) => `${name} ${type}`).join(', '),
            },
          });
        },
        async syncTables(tables) {
          const unknown = tables.filter((table) => !table_paths.has(table));
          if (unknown.length > 0) {
            const found = await client.query({ query: table_paths_query, format: 'JSONEachRow' });
            for (const { name, path } of await found.json<{ name: string; path: string }>())
              table_paths.set(name, path);
          }
          // A table in memory has no directory.
          const paths = tables.map((table) => table_paths.get(table) ?? '');
          await Promise.all(paths.filter((path) => path !== '').map(fsync));
        },
      };
    },
    sync: () => syncTree(options.path),
    async close(clients_closed) {
      await watch.close();
      await cancelUntil(clients_closed, own);
      await own.close();
      root.close();
      // The library puts off letting go of a connection on which it has something under way.
      await chdb.drainPending();
      process.off('exit', endAtOnce);
    },
  };
}

/** What a statement may still take once nobody waits for it, and how soon those behind it are looked for. */
const cancel_after_ms = 1_000;
const cancel_again_ms = 250;

/** Waits for `ended`, and soon cancels whatever the engine is at: an answer that nobody waits for may take minutes. */
async function cancelUntil(ended: Promise<unknown>, own: Pooled['client']): Promise<void> {
  let has_ended = false;
  const over = ended.finally(() => (has_ended = true));
  const soon = new Promise((resolve) => setTimeout(resolve, cancel_after_ms).unref());
  await Promise.race([over, soon]);
  while (!has_ended) {
    // Refused, say for want of memory, it is tried again.
    await own.command({ query: 'KILL QUERY WHERE 1 ASYNC' }).catch(() => {});
    const again = new Promise((resolve) => setTimeout(resolve, cancel_again_ms));
    await Promise.race([over, again]);
  }
  await over;
}

/**
 * Ends a process that exits while the embedded engine is open, as a kill does, of which nothing comes to harm. An exit
 * runs the library's destructors under its own threads, which then crash on what is no longer there, or worse, write.
 */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function server(url: string): Promise<Backend> {
  const address = parseServerUrl(url);
  const probe = createClient({
    ...address,
    request_timeout: 10_000,
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    await probe.command({ query: `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic` });
  } catch (cause) {
    throw new CodedError(
      'ENGINE_UNREACHABLE',
      `ClickHouse at ${address.url} (CLICKHOUSE_URL) did not let us in. Is it running, and are user and password right?`,
      { cause },
    );
  } finally {
    await probe.close();
  }
  return {
    kind: 'server',
    async connect() {
      const client = createClient({
        ...address,
        database,
        request_timeout: 900_000,
        max_open_connections: 1,
        use_multipart_params_auto: true,
        // Errors reach the caller as exceptions; the client's own log would quote statements.
        log: { level: ClickHouseLogLevel.OFF },
      });
      const on: Pooled = {
        client,
        session: {},
        under_way: 0,
        async insertBytes(table, columns, bytes) {
          const into = columns ? ` (${columns.join(', ')})` : '';
          const { stream } = await client.exec({
            query: `INSERT INTO ${qualified(table)}${into} ${settingsClause('load', 'insert')} FORMAT JSONEachRow`,
            values: (await import('node:stream')).Readable.from([bytes]),
            ...on.session,
          });
          await drain(stream);
        },
        async insertFile(table, columns, path, format) {
          const names = columns.map(([name]) => name).join(', ');
          const { stream } = await client.exec({
            query: `INSERT INTO ${qualified(table)} (${names}) ${settingsClause('load', 'insert')} FORMAT ${format}`,
            values: createReadStream(path),
            ...on.session,
          });
          await drain(stream);
        },
        // Its disk is out of reach.
        async syncTables() {},
        async openSession(name) {
          on.session = {};
          await drain(
            (await client.exec({ query: 'SELECT 1', session_id: name, ...lasting })).stream,
          );
          on.session = { session_id: name, ...existing };
        },
        async closeSession(name) {
          if (on.session.session_id === name) on.session = {};
          await drain(
            (await client.exec({ query: 'SELECT 1', session_id: name, ...closing })).stream,
          );
        },
      };
      return on;
    },
    async sync() {},
    async close(clients_closed) {
      await clients_closed;
    },
  };
}

// Parameters of the HTTP interface, which the client passes on like settings; there is no embedded connection here.
const parameters = (of: Record<string, string>) =>
  Object.fromEntries([['clickhouse_settings', of]]) as {
    clickhouse_settings: Record<string, string>;
  };
/** Longer than the lease, after which a new one is opened. */
const lasting = parameters({ session_timeout: '3600' });
const existing = parameters({ session_timeout: '3600', session_check: '1' });
const closing = parameters({ close_session: '1' });

/** Where the parts of each table are. A table keeps its directory for as long as it is there. */
const table_paths_query = `SELECT name, data_paths[1] AS path FROM system.tables WHERE database = '${database}'`;

async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    // The engine removes what it no longer needs while this goes on.
    if (entry.isDirectory()) await syncTree(inner).catch(unlessGone);
    else if (entry.isFile()) await fsync(inner).catch(unlessGone);
  }
  await fsync(path);
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function fsync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function qualified(table: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(table)) throw new TypeError('A table is a snake_case name.');
  return `${database}.${table}`;
}

function parseServerUrl(url: string): { url: string; username?: string; password?: string } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new CodedError(
      'CONFIG_INVALID',
      'CLICKHOUSE_URL is not a URL such as http://127.0.0.1:8123.',
      { cause },
    );
  }
  return {
    url: parsed.origin,
    ...(parsed.username && { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password && { password: decodeURIComponent(parsed.password) }),
  };
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of stream) void chunk;
}
