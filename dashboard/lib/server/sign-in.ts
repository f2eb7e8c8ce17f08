/** Signing in and out: recorded first, then done. */
import type { RequestEvent } from '@sveltejs/kit';
import { keepUser } from './people.ts';
import { recordLook } from './own-audit.ts';
import { readSessionCookie, clearSessionCookie, setSessionCookie } from './session-cookie.ts';
import { beginSession, endSession, type Provider, type Viewer } from './sessions.ts';

/** Signs `user` in on this browser. @throws CodedError OWN_AUDIT_FAILED, and nobody is signed in */
export async function signIn(event: RequestEvent, user: Viewer, provider: Provider): Promise<void> {
  const { services } = event.locals;
  await recordLook(services, user, event.route.id ?? '', {
    action: 'sign_in',
    subject_kind: 'session',
    detail: provider,
  });
  event.locals.is_recorded = true;
  await keepUser(services, user, provider);
  const token = await beginSession(services, user.user_id, provider);
  setSessionCookie(event.cookies, services.config.origin, token);
}

/** Signs the viewer out here and on the server, so that the token opens nothing any more. */
export async function signOut(event: RequestEvent): Promise<void> {
  const { services, viewer } = event.locals;
  const token = readSessionCookie(event.cookies, services.config.origin);
  await event.locals.record({ action: 'sign_out', subject_kind: 'session' });
  if (token !== undefined && viewer) await endSession(services, token, viewer.user_id);
  clearSessionCookie(event.cookies, services.config.origin);
}

/**
 * Whether the browser says that a person followed the link, not another site or a look ahead. A HEAD is a look ahead
 * too, such as a terminal or a chat takes of a link that it shows.
 */
export function isFollowedByHand(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  const is_ahead =
    request.headers.has('sec-purpose') || request.headers.get('purpose') === 'prefetch';
  if (request.method !== 'GET' || is_ahead) return false;
  return site === null || site === 'none' || site === 'same-origin';
}

/** Records a sign-in that was not let in. */
export async function keepRefusal(event: RequestEvent, provider: Provider): Promise<void> {
  await event.locals.record({ action: 'refused', subject_kind: 'session', detail: provider });
}
