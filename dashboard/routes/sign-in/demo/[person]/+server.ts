/** A ready sign-in link of demo mode. */
import { redirect } from '@sveltejs/kit';
import { demoUser, isDemoOpen, isDemoPerson } from '../../../../lib/server/demo-people.ts';
import { isLoopbackRequest } from '../../../../lib/server/loopback.ts';
import { keepRefusal, isFollowedByHand, signIn } from '../../../../lib/server/sign-in.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async (event) => {
  const { services } = event.locals;
  const { person } = event.params;
  const is_good =
    isFollowedByHand(event.request) && isLoopbackRequest(event) && (await isDemoOpen(services));
  if (!is_good || !isDemoPerson(person)) {
    await keepRefusal(event, 'demo');
    redirect(303, '/sign-in');
  }
  await signIn(event, await demoUser(services, person), 'demo');
  redirect(303, '/');
};
