/** Sessions on the server: who a cookie's token stands for, until when, and how it ends. */
import { createHash, randomBytes } from 'node:crypto';
import { loadStatement } from '#sql/statement.ts';
import { isRole, type Role } from './roles.ts';
import type { Services } from './services.ts';

/** Somebody who is signed in, with the scope that every query of theirs runs under. */
export interface Viewer {
  readonly user_id: string;
  readonly name: string;
  readonly role: Role;
  readonly organisation_codes: readonly string[];
}

export type Provider = 'demo' | 'administrator_link';

const minute_ms = 60_000;
/** A session ends this long after its last page: half an hour, the time after which a ward's screen is unattended. */
export const idle_ms_max = 30 * minute_ms;
/** A session ends this long after sign-in, however busy: one long shift. */
export const session_ms_max = 12 * 60 * minute_ms;
/** A page renews a session at most this often, so that reading does not become writing. */
const renewal_ms = 5 * minute_ms;

/** Begins a session, and returns the token for the cookie: 32 random bytes, of which only the hash is stored. */
export async function beginSession(
  services: Services,
  user_id: string,
  provider: Provider,
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const now = services.clock.now();
  await services.people.insert('user_sessions', [
    { ...sessionRow(token, user_id, provider, now), change: 'began', changed_at: now },
  ]);
  return token;
}

/** Whose session `token` is; undefined when it is unknown, ended, idle for too long, or past its time. */
export async function readSession(
  services: Services,
  token: string,
): Promise<{ viewer: Viewer; provider: Provider } | undefined> {
  const [found] = await services.people.rows<SessionFound>(
    loadStatement('dashboard/queries/people/session.sql'),
    { session_hash: hashToken(token) },
  );
  const now = services.clock.now();
  if (!found || !isRole(found.role)) return undefined;
  if (now - found.began_at >= session_ms_max || now - found.seen_at >= idle_ms_max)
    return undefined;
  if (now - found.seen_at >= renewal_ms) {
    await services.people.insert('user_sessions', [
      {
        ...sessionRow(token, found.user_id, found.provider, found.began_at),
        change: 'renewed',
        changed_at: now,
      },
    ]);
  }
  const { user_id, name, role, organisation_codes, provider } = found;
  return { viewer: { user_id, name, role, organisation_codes }, provider };
}

/** Ends the session for good. The row says so, whatever the browser keeps. */
export async function endSession(
  services: Services,
  token: string,
  user_id: string,
): Promise<void> {
  const now = services.clock.now();
  await services.people.insert('user_sessions', [
    { ...sessionRow(token, user_id, '', now), change: 'ended', changed_at: now },
  ]);
}

interface SessionFound {
  user_id: string;
  provider: Provider;
  began_at: number;
  seen_at: number;
  name: string;
  role: string;
  organisation_codes: string[];
}

function sessionRow(token: string, user_id: string, provider: string, began_at: number) {
  const session_hash = hashToken(token);
  return { session_hash, user_id, provider, expires_at: began_at + session_ms_max };
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
