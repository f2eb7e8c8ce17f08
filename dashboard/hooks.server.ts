/** Every request passes here: who asks, whether the route table lets them, and whether the look was recorded. */
import type { RequestEvent } from '@sveltejs/kit';
import type { Handle, HandleServerError } from '@sveltejs/kit/hooks';
import { isCoded, messageOf } from '#sql/errors.ts';
import { isDemoOpen } from './lib/server/demo-people.ts';
import { isLoopbackRequest } from './lib/server/loopback.ts';
import { recordLook } from './lib/server/own-audit.ts';
import { judgeRoute, route_table } from './lib/server/route-table.ts';
import { createReader } from './lib/server/scope.ts';
import { readSessionCookie } from './lib/server/session-cookie.ts';
import { readSession, type Viewer } from './lib/server/sessions.ts';

export const handle: Handle = async ({ event, resolve }) => {
  await setLocals(event);
  const response = await answer(event, resolve);
  const headers = new Headers(response.headers);
  // Nothing that was shown may come back from a cache, the browser's own after signing out among them.
  headers.set('cache-control', 'no-store');
  return new Response(response.body, { status: response.status, headers });
};

/** What the person reads when something fails; what failed goes to the log, which names no patient. */
export const handleError: HandleServerError = (caught) => {
  const { event } = caught;
  if (caught.kind === 'unknown') {
    const { error } = caught;
    const route = event.route.id ?? '';
    const code = isCoded(error) ? error.code : 'INTERNAL';
    event.locals.services?.log.error({ code, route, detail: messageOf(error) }, 'a page failed');
    if (isCoded(error, 'OWN_AUDIT_FAILED')) {
      return { status: 503, message: audit_message, remedy: audit_remedy };
    }
    return {
      status: 500,
      message: 'Something went wrong here.',
      remedy:
        'Try again in a minute. If it goes on, tell the person who runs this system the time.',
    };
  }
  if (caught.kind === 'framework' && caught.error.status === 404) {
    return {
      message: 'There is nothing at this address.',
      remedy: 'Check the address, or start again from the first page.',
    };
  }
  return undefined;
};

const audit_remedy =
  'Tell the person who runs this system: nobody can see anything until looks can be recorded again.';
const audit_message =
  'This page was not served, because the look could not be written to our own audit first.';

async function setLocals(event: RequestEvent): Promise<void> {
  if (!event.platform) throw new TypeError('The dashboard runs inside its own server only.');
  const { services } = event.platform.req;
  // First, so that a failure of what follows can be logged.
  event.locals.services = services;
  const viewer = await readViewer(event, services);
  event.locals.viewer = viewer;
  event.locals.reader = createReader(services.pages, viewer);
  event.locals.is_recorded = false;
  event.locals.record = async (look) => {
    await recordLook(services, viewer, event.route.id ?? '', look);
    event.locals.is_recorded = true;
  };
}

async function readViewer(
  event: RequestEvent,
  services: App.Locals['services'],
): Promise<Viewer | undefined> {
  const token = readSessionCookie(event.cookies, services.config.origin);
  if (token === undefined) return undefined;
  const session = await readSession(services, token);
  if (session?.provider === 'demo') {
    const is_open = isLoopbackRequest(event) && (await isDemoOpen(services));
    if (!is_open) return undefined;
  }
  return session?.viewer;
}

async function answer(
  event: RequestEvent,
  resolve: (event: RequestEvent) => Response | Promise<Response>,
): Promise<Response> {
  const route_id = event.route.id;
  // No such route: the page that says so shows nothing but itself.
  if (route_id === null) return resolve(event);
  const { viewer } = event.locals;
  const verdict = judgeRoute(route_id, viewer?.role, event.isSubRequest);
  if (verdict === 'sign_in') {
    return new Response(null, { status: 303, headers: { location: '/sign-in' } });
  }
  if (verdict === 'not_found') return problem(event, 404, 'not-found');
  if (verdict === 'refused') {
    return (await recordRefusal(event))
      ? problem(event, 403, 'refused')
      : problem(event, 503, 'unrecorded');
  }
  const response = await resolve(event);
  if (route_table[route_id]?.is_audited && response.ok && !event.locals.is_recorded) {
    // A page that forgot to record what it shows is as bad as one that could not.
    event.locals.services.log.error(
      { code: 'LOOK_NOT_RECORDED', route: route_id },
      'a page failed',
    );
    return problem(event, 503, 'unrecorded');
  }
  return response;
}

async function recordRefusal(event: RequestEvent): Promise<boolean> {
  try {
    await event.locals.record({ action: 'refused', subject_kind: 'route' });
    return true;
  } catch (error) {
    event.locals.services.log.error(
      { code: 'OWN_AUDIT_FAILED', detail: messageOf(error) },
      'a page failed',
    );
    return false;
  }
}

/** The page for `code`, rendered within, under the address that was asked for. */
async function problem(event: RequestEvent, status: number, code: string): Promise<Response> {
  if (event.isDataRequest) return Response.json({ message: code }, { status });
  const page = await event.fetch(`/problem/${code}`, { headers: { accept: 'text/html' } });
  return new Response(page.body, { status, headers: page.headers });
}
