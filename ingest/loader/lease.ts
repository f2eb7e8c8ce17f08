/**
 * The loader's lease: of all processes on one ClickHouse, one loads, under a token that only ever grows. Everything that
 * is sent under a token is sent in a session of its name, which is closed before the next token is claimed.
 */
import { randomBytes } from 'node:crypto';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { CodedError } from '../../sql/errors.ts';
import { loadStatement } from '../../sql/statement.ts';

export interface Lease {
  /** The fencing token under which this process may load; claims or renews the lease where needed. */
  hold(): Promise<number>;
  /**
   * Gives the token up after a failure, which may have left something running or on its way: the next `hold` claims a
   * new one, and the server refuses what was sent under the old.
   */
  drop(): void;
  /** Lets go, so that another process need not wait for the lease to end. */
  release(): Promise<void>;
}

interface Claim {
  readonly token: number;
  readonly holder: string;
  readonly last_expires_at_ms: string | number;
}

const claims = loadStatement('ingest/queries/lease_claims.sql');

/**
 * A lease by name, for the holder `instance`.
 *
 * `instance` is that of the data directory, which one process holds at a time: a claim of the same instance is that of
 * an earlier process, which has ended, so it is taken over at once.
 *
 * @throws CodedError from `hold`: LEASE_HELD while another instance has it, LEASE_LOST when one took it over
 */
export function createLease(
  client: SqlClient,
  clock: Clock,
  name: string,
  instance: string,
  lease_ms: number,
): Lease {
  const holder = `${instance}:${randomBytes(6).toString('hex')}`;
  let token = 0;
  let expires_at = 0;
  let last_session = '';

  async function write(claimed: number, until: number): Promise<void> {
    await client.insert('leases', [
      { name, token: claimed, holder, renewed_at: clock.now(), expires_at: until },
    ]);
  }

  async function claim(): Promise<void> {
    // Our own calls are sent in the session of our last token, where something may run still.
    if (last_session !== '') await client.closeSession(last_session);
    const standing = await client.rows<Claim>(claims, { name });
    const highest = standing[0];
    const is_free = standing.every(
      (each) =>
        Number(each.last_expires_at_ms) <= clock.now() || each.holder.startsWith(`${instance}:`),
    );
    if (!is_free) throw new CodedError('LEASE_HELD', `Another process holds the lease ${name}.`);
    // Whoever held it may have sent something that runs still, or is on its way: it must not count any more.
    for (const each of standing) {
      if (sessionOf(each) !== last_session) await client.closeSession(sessionOf(each));
    }
    const claimed = (highest?.token ?? 0) + 1;
    const until = clock.now() + lease_ms;
    await write(claimed, until);
    const after = await client.rows<Claim>(claims, { name });
    if (after.length !== 1 || after[0]?.holder !== holder || after[0].token !== claimed) {
      // Both may see both, or the later one alone: so whoever sees another lets go.
      await write(claimed, clock.now());
      throw new CodedError(
        'LEASE_HELD',
        `Another process claimed the lease ${name} at the same moment.`,
      );
    }
    last_session = sessionOf({ holder, token: claimed });
    await client.openSession(last_session);
    token = claimed;
    expires_at = until;
  }

  const sessionOf = (of: Pick<Claim, 'holder' | 'token'>) => `${name}:${of.holder}:${of.token}`;
  const isMine = (each: Claim) => each.token === token && each.holder === holder;

  return {
    async hold() {
      // An expired one is claimed anew, since others may have held it meanwhile; so is one of a clock that was set back.
      const left_ms = expires_at - clock.now();
      if (token === 0 || left_ms <= 0 || left_ms > lease_ms) await claim();
      else if (left_ms < lease_ms / 2) {
        const standing = await client.rows<Claim>(claims, { name });
        const until = clock.now() + lease_ms;
        if (!standing.some(isMine)) {
          token = 0;
          throw new CodedError('LEASE_LOST', `Another process took over the lease ${name}.`);
        }
        await write(token, until);
        expires_at = until;
      }
      return token;
    },
    drop() {
      token = 0;
    },
    async release() {
      if (token === 0) return;
      await write(token, clock.now());
      await client.closeSession(sessionOf({ holder, token }));
      token = 0;
    },
  };
}
