/** The one cookie that we set: the session's token, out of reach of scripts and of other sites' forms. */
import type { Cookies } from '@sveltejs/kit';
import { session_ms_max } from './sessions.ts';

// A `__Host-` cookie needs https; on plain http over loopback nothing leaves the machine, and a browser that follows
// the standard to the letter would not send a Secure cookie back.
function cookieFor(origin: string) {
  const secure = origin.startsWith('https:');
  return {
    name: secure ? '__Host-access_audit_session' : 'access_audit_session',
    options: { path: '/', httpOnly: true, secure, sameSite: 'lax' } as const,
  };
}

export function readSessionCookie(cookies: Cookies, origin: string): string | undefined {
  return cookies.get(cookieFor(origin).name);
}

export function setSessionCookie(cookies: Cookies, origin: string, token: string): void {
  const { name, options } = cookieFor(origin);
  cookies.set(name, token, { ...options, maxAge: session_ms_max / 1000 });
}

export function clearSessionCookie(cookies: Cookies, origin: string): void {
  const { name, options } = cookieFor(origin);
  cookies.delete(name, options);
}
