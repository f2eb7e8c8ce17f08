/** The administrator's link: good once, from this machine. */
import { redirect } from '@sveltejs/kit';
import { isLoopbackRequest } from '../../../lib/server/loopback.ts';
import { keepRefusal, isFollowedByHand, signIn } from '../../../lib/server/sign-in.ts';
import { localAdministrator } from '../../../lib/server/people.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async (event) => {
  const { services } = event.locals;
  const token = event.url.searchParams.get('token') ?? '';
  const is_asked = isFollowedByHand(event.request) && isLoopbackRequest(event);
  const taken = is_asked ? services.links.take(token) : undefined;
  if (!taken) {
    await keepRefusal(event, 'administrator_link');
    redirect(303, '/sign-in?was=used');
  }
  try {
    await signIn(event, localAdministrator(), 'administrator_link');
  } catch (error) {
    // Nobody was signed in, so the link is not spent.
    taken.giveBack();
    throw error;
  }
  redirect(303, '/');
};
