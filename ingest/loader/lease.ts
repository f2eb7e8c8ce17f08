/** The loader's lease: of all processes on one ClickHouse, one loads, under a token that only ever grows. */
import { randomBytes } from 'node:crypto';
import type { SqlClient } from '../../sql/client.ts';
import type { Clock } from '../../sql/clock.ts';
import { CodedError } from '../../sql/errors.ts';
import { loadStatement } from '../../sql/statement.ts';

export interface Lease {
  /** The fencing token under which this process may load; claims or renews the lease where needed. */
  hold(): Promise<number>;
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

  async function write(claimed: number, until: number): Promise<void> {
    await client.insert('leases', [
      { name, token: claimed, holder, renewed_at: clock.now(), expires_at: until },
    ]);
  }

  async function claim(): Promise<void> {
    const standing = await client.rows<Claim>(claims, { name });
    const highest = standing[0];
    const is_free = standing.every(
      (each) =>
        Number(each.last_expires_at_ms) <= clock.now() || each.holder.startsWith(`${instance}:`),
    );
    if (!is_free) throw new CodedError('LEASE_HELD', `Another process holds the lease ${name}.`);
    const claimed = (highest?.token ?? 0) + 1;
    const until = clock.now() + lease_ms;
    await write(claimed, until);
    // Two that claim the same token both read both claims; the lowest holder stands, and the other waits.
    const after = await client.rows<Claim>(claims, { name });
    if (after[0]?.holder !== holder || after[0].token !== claimed) {
      throw new CodedError(
        'LEASE_HELD',
        `Another process claimed the lease ${name} at the same moment.`,
      );
    }
    token = claimed;
    expires_at = until;
  }

  return {
    async hold() {
      if (token === 0) await claim();
      else if (clock.now() > expires_at - lease_ms / 2) {
        const standing = await client.rows<Claim>(claims, { name });
        const until = clock.now() + lease_ms;
        if (standing[0]?.token !== token || standing[0].holder !== holder) {
          token = 0;
          throw new CodedError('LEASE_LOST', `Another process took over the lease ${name}.`);
        }
        await write(token, until);
        expires_at = until;
      }
      return token;
    },
    async release() {
      if (token === 0) return;
      await write(token, clock.now());
      token = 0;
    },
  };
}
