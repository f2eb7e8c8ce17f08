/** What a service sees of ClickHouse: one bounded, logged statement a call, over a small pool of connections. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from './clock.ts';
import { CodedError, isCoded } from './errors.ts';
import { settingsClause, type ExtraSettings, type LimitsName } from './limits.ts';
import { timed, type QueryLog } from './query-log.ts';
import type { Statement } from './statement.ts';
import type { WriteWatch } from './write-watch.ts';

/** A value that may be bound to a typed placeholder. Instants are epoch milliseconds: a Date loses its milliseconds. */
export type Bind =
  string | number | bigint | boolean | null | readonly Bind[] | { [key: string]: Bind };
export type Binds = Record<string, Bind>;

export interface CallOptions {
  /** Which of the named limits the call carries; `page` unless told. */
  readonly limits?: LimitsName;
  readonly settings?: ExtraSettings;
}

/** How a file that the engine loads is written. */
export type FileFormat = 'JSONEachRow' | 'Native';

/** A column of a file that the engine loads, with its ClickHouse type. */
export type FileColumn = readonly [name: string, type: string];

/** What a service sees of ClickHouse. Every call is one statement, bounded in time and memory, and logged. */
export interface SqlClient {
  readonly service: string;
  /** Why ClickHouse's tables cannot be relied on at this moment; empty while they can. */
  problem(): string;
  /** The rows of a SELECT. 64-bit integers arrive as strings unless the statement casts them. */
  rows<T>(statement: Statement, binds?: Binds, options?: CallOptions): Promise<T[]>;
  /** The result as text in one of ClickHouse's formats. */
  text(statement: Statement, format: string, binds?: Binds, options?: CallOptions): Promise<string>;
  /** The result as the bytes of one of ClickHouse's binary formats. */
  bytes(
    statement: Statement,
    format: 'RowBinary',
    binds?: Binds,
    options?: CallOptions,
  ): Promise<Buffer>;
  /** An `INSERT … SELECT`. Returns when it is committed and fsynced. */
  insertSelect(statement: Statement, binds?: Binds, options?: CallOptions): Promise<void>;
  /** Inserts rows as JSON objects. Returns when they are committed and fsynced. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** Inserts the rows of a file, NDJSON unless told, read by the engine itself where it is embedded. */
  insertFile(
    table: string,
    columns: readonly FileColumn[],
    path: string,
    format?: FileFormat,
  ): Promise<void>;
  /** DDL, TRUNCATE and the like: what takes no SETTINGS clause. */
  command(statement: Statement, binds?: Binds): Promise<void>;
  /**
   * Runs statements that count together or not at all, and checks once, behind them, that the disk took what they
   * wrote; by themselves they are checked one by one.
   *
   * @throws CodedError ENGINE_WRITE_FAILED
   */
  together<T>(work: (client: SqlClient) => Promise<T>): Promise<T>;
  /**
   * Makes the names of the parts of these tables survive a power cut. An insert fsyncs its part and the part's own
   * directory, but not the directory of the table, in which the part has its name. `insert` does this by itself; after
   * an `insertSelect` it is for the caller to say when. On a server nothing is done.
   */
  syncTables(tables: readonly string[]): Promise<void>;
  /**
   * Sends what follows in a session of that name, which the server has only until somebody closes it: what arrives
   * later is refused. In the embedded engine nothing arrives later, so nothing is done.
   *
   * @throws CodedError QUERY_FAILED
   */
  openSession(name: string): Promise<void>;
  /**
   * Closes a session, be it of a process that is gone; returns when nothing that was sent in it runs or will run.
   *
   * @throws CodedError QUERY_FAILED with the engine type SESSION_IS_LOCKED while something runs in it
   */
  closeSession(name: string): Promise<void>;
  /**
   * Refuses further calls with ENGINE_CLOSED, and lets the connections go: on the embedded engine once what is under way
   * on them has ended, on a server at once.
   */
  close(): Promise<void>;
}

/** One connection: a client, how it takes rows and files, and how many calls it has under way. */
export interface Pooled {
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
    format: FileFormat,
  ) => Promise<void>;
  readonly syncTables: (tables: readonly string[]) => Promise<void>;
  readonly closeSession: (name: string) => Promise<void>;
  readonly openSession: (name: string) => Promise<void>;
  /** Of the embedded engine, which does not notice itself when a write fails. */
  readonly watch?: WriteWatch;
  /** What every call carries that belongs to a session. */
  session: Session;
  under_way: number;
}

/** Parameters of a call: the name of a session, and that it has to be there. */
export interface Session {
  readonly session_id?: string;
  readonly clickhouse_settings?: Record<string, string>;
}

/** Sessions that are closed at the least, whatever this client has. */
const sessions_min = 2;

/** What all calls of a client have in common, those of `together` among them. */
interface Calls {
  is_closed: boolean;
  readonly under_way: Set<Promise<unknown>>;
}

/** A client over `pool`; each call goes to the connection with the least under way. */
export function createSqlClient(
  service: string,
  pool: readonly Pooled[],
  log: QueryLog,
  clock: Clock,
  calls: Calls = { is_closed: false, under_way: new Set() },
  is_checked_behind = false,
): SqlClient {
  async function run<T>(
    statement: string,
    work: (on: Pooled) => Promise<{ value: T; rows: number }>,
  ) {
    const mending = pool[0]?.watch?.admitted();
    if (mending) await mending;
    if (calls.is_closed) throw engineClosed();
    const on = pool.reduce((least, next) => (next.under_way < least.under_way ? next : least));
    on.under_way += 1;
    const answer = timed(log, clock, { service, statement }, () => work(on));
    calls.under_way.add(answer);
    try {
      return await answer;
    } catch (cause) {
      throw isCoded(cause) ? cause : queryFailed(statement, cause);
    } finally {
      on.under_way -= 1;
      calls.under_way.delete(answer);
    }
  }
  /** As `run`, for what changes tables: it counts only if the disk took all that was written meanwhile. */
  const change = <T>(
    statement: string,
    work: (on: Pooled) => Promise<{ value: T; rows: number }>,
  ): Promise<T> =>
    run(statement, (on) =>
      on.watch && !is_checked_behind ? on.watch.guarded(() => work(on)) : work(on),
    );
  const inOrder = (statement: string, work: () => Promise<void>) =>
    work().catch((cause: unknown) => {
      throw queryFailed(statement, cause);
    });
  // The tag stands in a comment: a server's query_log shows it, and a comment can't be a setting that injects.
  const tagged = (statement: Statement) => `/* ${service} ${statement.name} */ ${statement.text}`;
  const bound = (binds: Binds | undefined) => (binds ? { query_params: checkedBinds(binds) } : {});

  return {
    service,
    problem: () => pool[0]?.watch?.problem() ?? '',
    rows<T>(statement: Statement, binds?: Binds, options: CallOptions = {}) {
      return run(statement.name, async ({ client, session }) => {
        const query = `${tagged(statement)}\n${settingsClause(options.limits ?? 'page', 'read', options.settings)}`;
        const result = await client.query({
          query,
          ...bound(binds),
          ...session,
          format: 'JSONEachRow',
        });
        const value = await result.json<T>();
        return { value, rows: value.length };
      });
    },
    text(statement, format, binds, options = {}) {
      if (!/^[A-Za-z]{2,40}$/.test(format)) throw new TypeError('A format is a name.');
      return run(statement.name, async ({ client, session }) => {
        const query = `${tagged(statement)}\n${settingsClause(options.limits ?? 'page', 'read', options.settings)}\nFORMAT ${format}`;
        const { stream } = await client.exec({ query, ...bound(binds), ...session });
        return { value: (await readAll(stream)).toString('utf8'), rows: 0 };
      });
    },
    bytes(statement, format, binds, options = {}) {
      return run(statement.name, async ({ client, session }) => {
        const query = `${tagged(statement)}\n${settingsClause(options.limits ?? 'page', 'read', options.settings)}\nFORMAT ${format}`;
        const { stream } = await client.exec({ query, ...bound(binds), ...session });
        return { value: await readAll(stream), rows: 0 };
      });
    },
    insertSelect(statement, binds, options = {}) {
      return change(statement.name, async ({ client, session }) => {
        const query = `${tagged(statement)}\n${settingsClause(options.limits ?? 'load', 'insert', options.settings)}`;
        await client.command({ query, ...bound(binds), ...session });
        return { value: undefined, rows: 0 };
      });
    },
    async insert(table, rows) {
      if (rows.length === 0) return;
      const bytes = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
      const columns = rows[0] && Object.keys(rows[0]);
      await change(`insert ${table}`, async (on) => {
        await on.insertBytes(table, columns, bytes);
        await on.syncTables([table]);
        return { value: undefined, rows: rows.length };
      });
    },
    insertFile(table, columns, path, format = 'JSONEachRow') {
      return change(`load ${table}`, async (on) => {
        await on.insertFile(table, columns, path, format);
        return { value: undefined, rows: 0 };
      });
    },
    command(statement, binds) {
      return change(statement.name, async ({ client, session }) => {
        await client.command({ query: tagged(statement), ...bound(binds), ...session });
        return { value: undefined, rows: 0 };
      });
    },
    together(work) {
      const inner = createSqlClient(service, pool, log, clock, calls, true);
      return pool[0]?.watch?.guarded(() => work(inner)) ?? work(inner);
    },
    syncTables(tables) {
      return run('sync tables', async (on) => {
        await on.syncTables(tables);
        return { value: undefined, rows: 0 };
      });
    },
    async openSession(name) {
      // One for each connection: a session runs one statement at a time.
      for (const [index, on] of pool.entries())
        await inOrder('open session', () => on.openSession(`${name}.${index}`));
    },
    async closeSession(name) {
      // Another version of this process may have had more connections.
      for (let index = 0; index < Math.max(pool.length, sessions_min); index++) {
        const on = pool[index] ?? pool[0];
        await inOrder('close session', async () => on?.closeSession(`${name}.${index}`));
      }
    },
    async close() {
      calls.is_closed = true;
      // A server is told by the connection's end; the embedded engine has to be left alone until it has answered.
      if (pool[0]?.watch) await Promise.allSettled(calls.under_way);
      await Promise.all(pool.map(({ client }) => client.close()));
    },
  };
}

/** What is said to whoever asks of an engine that is being let go. */
export function engineClosed(): CodedError {
  return new CodedError('ENGINE_CLOSED', 'The process is stopping.');
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

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
