/** The one place that opens ClickHouse: an engine a process, embedded or a server, and a client for each service. */
import { createReadStream } from 'node:fs';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { system_clock, type Clock } from './clock.ts';
import { CodedError } from './errors.ts';
import { settingsClause, type ExtraSettings, type LimitsName } from './limits.ts';
import { createQueryLog, timed, type QueryLog } from './query-log.ts';
import { type Statement } from './statement.ts';

/** A value that may be bound to a typed placeholder. Instants are epoch milliseconds: a Date loses its milliseconds. */
export type Bind =
  string | number | bigint | boolean | null | readonly Bind[] | { [key: string]: Bind };
export type Binds = Record<string, Bind>;

export interface CallOptions {
  /** Which of the named limits the call carries; `page` unless told. */
  readonly limits?: LimitsName;
  readonly settings?: ExtraSettings;
}

/** A column of a file that the engine loads, with its ClickHouse type. */
export type FileColumn = readonly [name: string, type: string];

/** What a service sees of ClickHouse. Every call is one statement, bounded in time and memory, and logged. */
export interface SqlClient {
  readonly service: string;
  /** The rows of a SELECT. 64-bit integers arrive as strings unless the statement casts them. */
  rows<T>(statement: Statement, binds?: Binds, options?: CallOptions): Promise<T[]>;
  /** The result as text in one of ClickHouse's formats. */
  text(statement: Statement, format: string, binds?: Binds, options?: CallOptions): Promise<string>;
  /** An `INSERT … SELECT`. Returns when it is committed and fsynced. */
  insertSelect(statement: Statement, binds?: Binds, options?: CallOptions): Promise<void>;
  /** Inserts rows as JSON objects. Returns when they are committed and fsynced. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** Inserts the lines of an NDJSON file, read by the engine itself where it is embedded. */
  insertFile(table: string, columns: readonly FileColumn[], path: string): Promise<void>;
  /** DDL, TRUNCATE and the like: what takes no SETTINGS clause. */
  command(statement: Statement, binds?: Binds): Promise<void>;
  close(): Promise<void>;
}

/** One ClickHouse, open. */
export interface Engine {
  readonly kind: 'embedded' | 'server';
  readonly query_log: QueryLog;
  /** A client of its own for `service`; `connections` queries of it run at the same time. */
  client(service: string, connections?: number): Promise<SqlClient>;
  close(): Promise<void>;
}

export interface EngineOptions {
  /** A ClickHouse server; without it the engine is embedded. */
  readonly url?: string | undefined;
  /** Where the embedded engine keeps its data. Belongs to one process at a time. */
  readonly path: string;
  readonly memory_bytes_max?: number;
  readonly clock?: Clock;
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
  const open = new Set<SqlClient>();
  return {
    kind: backend.kind,
    query_log,
    async client(service, connections = 1) {
      const pool = await Promise.all(Array.from({ length: connections }, () => backend.connect()));
      const client = createSqlClient(service, pool, query_log, clock);
      open.add(client);
      return client;
    },
    async close() {
      await Promise.all([...open].map((client) => client.close()));
      await backend.close();
    },
  };
}

/** One connection: a client, how it takes rows and files, and how many calls it has under way. */
interface Pooled {
  readonly client: ClickHouseClient;
  readonly insertBytes: (
    table: string,
    columns: string[] | undefined,
    bytes: Buffer,
  ) => Promise<void>;
  readonly insertFile: (
    table: string,
    columns: readonly FileColumn[],
    path: string,
  ) => Promise<void>;
  under_way: number;
}

interface Backend {
  readonly kind: Engine['kind'];
  connect(): Promise<Pooled>;
  close(): Promise<void>;
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
  // The first session governs all later connections; the caches alone default to 5 GiB each.
  const root = new chdb.Session(options.path, {
    connectionArgs: [
      `--max_server_memory_usage=${options.memory_bytes_max ?? 3072 * mebibyte}`,
      `--mark_cache_size=${128 * mebibyte}`,
      `--uncompressed_cache_size=${16 * mebibyte}`,
      `--index_mark_cache_size=${32 * mebibyte}`,
      '--background_pool_size=2',
    ],
  });
  return {
    kind: 'embedded',
    async connect() {
      const connection = createChdbConnection({ path: options.path });
      const client = createClient({ connection: connection as never });
      await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic` });
      await client.command({ query: `USE ${database}` });
      return {
        client,
        under_way: 0,
        async insertBytes(table, columns, bytes) {
          await connection.chdb.rawInsert({
            table: qualified(table),
            values: bytes,
            format: 'JSONEachRow',
            ...(columns && { columns }),
            settings: { async_insert: 0, date_time_input_format: 'best_effort' },
          });
        },
        async insertFile(table, columns, path) {
          const names = columns.map(([name]) => name).join(', ');
          await client.command({
            query: `INSERT INTO ${qualified(table)} (${names}) SELECT ${names} FROM file({path:String}, 'JSONEachRow', {structure:String}) ${settingsClause('load', 'insert')}`,
            query_params: {
              path,
              structure: columns.map(([name, type]) => `${name} ${type}`).join(', '),
            },
          });
        },
      };
    },
    async close() {
      root.close();
    },
  };
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
      return {
        client,
        under_way: 0,
        async insertBytes(table, columns, bytes) {
          const into = columns ? ` (${columns.join(', ')})` : '';
          const { stream } = await client.exec({
            query: `INSERT INTO ${qualified(table)}${into} ${settingsClause('load', 'insert')} FORMAT JSONEachRow`,
            values: (await import('node:stream')).Readable.from([bytes]),
          });
          await drain(stream);
        },
        async insertFile(table, columns, path) {
          const names = columns.map(([name]) => name).join(', ');
          const { stream } = await client.exec({
            query: `INSERT INTO ${qualified(table)} (${names}) ${settingsClause('load', 'insert')} FORMAT JSONEachRow`,
            values: createReadStream(path),
          });
          await drain(stream);
        },
      };
    },
    async close() {},
  };
}

function createSqlClient(
  service: string,
  pool: readonly Pooled[],
  log: QueryLog,
  clock: Clock,
): SqlClient {
  async function run<T>(
    statement: string,
    work: (on: Pooled) => Promise<{ value: T; rows: number }>,
  ) {
    const on = pool.reduce((least, next) => (next.under_way < least.under_way ? next : least));
    on.under_way += 1;
    try {
      return await timed(log, clock, { service, statement }, () => work(on));
    } catch (cause) {
      throw queryFailed(statement, cause);
    } finally {
      on.under_way -= 1;
    }
  }
  // The tag stands in a comment: a server's query_log shows it, and a comment can't be a setting that injects.
  const tagged = (statement: Statement) => `/* ${service} ${statement.name} */ ${statement.text}`;
  const bound = (binds: Binds | undefined) => (binds ? { query_params: checkedBinds(binds) } : {});

  return {
    service,
    rows<T>(statement: Statement, binds?: Binds, options: CallOptions = {}) {
      return run(statement.name, async ({ client }) => {
        const query = `${tagged(statement)}\n${settingsClause(options.limits ?? 'page', 'read', options.settings)}`;
        const result = await client.query({ query, ...bound(binds), format: 'JSONEachRow' });
        const value = await result.json<T>();
        return { value, rows: value.length };
      });
    },
    text(statement, format, binds, options = {}) {
      if (!/^[A-Za-z]{2,40}$/.test(format)) throw new TypeError('A format is a name.');
      return run(statement.name, async ({ client }) => {
        const query = `${tagged(statement)}\n${settingsClause(options.limits ?? 'page', 'read', options.settings)}\nFORMAT ${format}`;
        const { stream } = await client.exec({ query, ...bound(binds) });
        return { value: await readAll(stream), rows: 0 };
      });
    },
    insertSelect(statement, binds, options = {}) {
      return run(statement.name, async ({ client }) => {
        const query = `${tagged(statement)}\n${settingsClause(options.limits ?? 'load', 'insert', options.settings)}`;
        await client.command({ query, ...bound(binds) });
        return { value: undefined, rows: 0 };
      });
    },
    async insert(table, rows) {
      if (rows.length === 0) return;
      const bytes = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
      const columns = rows[0] && Object.keys(rows[0]);
      await run(`insert ${table}`, async (on) => {
        await on.insertBytes(table, columns, bytes);
        return { value: undefined, rows: rows.length };
      });
    },
    insertFile(table, columns, path) {
      return run(`load ${table}`, async (on) => {
        await on.insertFile(table, columns, path);
        return { value: undefined, rows: 0 };
      });
    },
    command(statement, binds) {
      return run(statement.name, async ({ client }) => {
        await client.command({ query: tagged(statement), ...bound(binds) });
        return { value: undefined, rows: 0 };
      });
    },
    async close() {
      await Promise.all(pool.map(({ client }) => client.close()));
    },
  };
}

/** The failure of a statement, without the engine's text: that quotes values, and values are people's data. */
export class QueryError extends CodedError {
  /** ClickHouse's name of the error, e.g. `UNKNOWN_TABLE`; empty when the engine was not reached. */
  readonly engine_type: string;
  /** The engine's own words. For the person who typed the statement only; not enumerable, so no logger prints it. */
  declare readonly engine_message: string;

  constructor(statement: string, engine_type: string, engine_message: string) {
    super(
      'QUERY_FAILED',
      `The statement ${statement} failed: ${engine_type || 'no answer from ClickHouse'}.`,
    );
    this.name = 'QueryError';
    this.engine_type = engine_type;
    Object.defineProperty(this, 'engine_message', { value: engine_message, enumerable: false });
  }
}

function queryFailed(statement: string, cause: unknown): QueryError {
  const error = cause as { type?: string; code?: string; message?: string };
  return new QueryError(statement, error.type ?? error.code ?? '', error.message ?? String(cause));
}

function checkedBinds(binds: Binds): Record<string, unknown> {
  for (const [name, value] of Object.entries(binds)) {
    if ((value as unknown) instanceof Date || value === undefined) {
      throw new TypeError(
        `The bind ${name} is a Date or missing; instants are epoch milliseconds.`,
      );
    }
  }
  return binds;
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

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of stream) void chunk;
}
