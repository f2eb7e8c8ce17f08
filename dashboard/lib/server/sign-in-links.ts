/** Single-use sign-in links for the administrator of this machine, printed on the terminal that started it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#sql/clock.ts';

export const link_ms_max = 15 * 60_000;

/** Links live in memory, as hashes: one that was printed by a process that is gone opens nothing. */
export interface SignInLinks {
  /** A new token, good once within 15 minutes. */
  create(): string;
  /**
   * Takes `token`: undefined when it is not good. Nobody else can take it meanwhile; `giveBack` makes it good again
   * until it expires, for where the sign-in could not be recorded.
   */
  take(token: string): { giveBack(): void } | undefined;
}

export function createSignInLinks(clock: Clock): SignInLinks {
  const expiries = new Map<string, number>();
  return {
    create() {
      const token = randomBytes(32).toString('base64url');
      expiries.set(hash(token), clock.now() + link_ms_max);
      return token;
    },
    take(token) {
      const key = hash(token);
      const expires_at = expiries.get(key);
      expiries.delete(key);
      if (expires_at === undefined || clock.now() >= expires_at) return undefined;
      return { giveBack: () => void expiries.set(key, expires_at) };
    },
  };
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
