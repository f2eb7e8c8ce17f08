/** Lets what may not wait come in between the statements of what takes long. */
import type { SqlClient } from '../sql/sql-client.ts';

/**
 * A client that does `work` before a statement, at most once in `apart_ms`. For work made of many statements, each of
 * which may wait; `work` itself has a client of its own.
 */
export function interleaved(
  client: SqlClient,
  work: () => Promise<void>,
  apart_ms: number,
): SqlClient {
  let last = performance.now();
  const first = async <T>(statement: () => Promise<T>): Promise<T> => {
    if (performance.now() - last >= apart_ms) {
      await work();
      last = performance.now();
    }
    return statement();
  };
  return {
    ...client,
    rows: (...call) => first(() => client.rows(...call)),
    insertSelect: (...call) => first(() => client.insertSelect(...call)),
    insert: (...call) => first(() => client.insert(...call)),
    command: (...call) => first(() => client.command(...call)),
  };
}
