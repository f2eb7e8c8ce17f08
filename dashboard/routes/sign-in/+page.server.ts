/** How to get in: the ready people of a demonstration, or the administrator's link. */
import { fail, redirect } from '@sveltejs/kit';
import { demo_people, demoUser, isDemoOpen, isDemoPerson } from '../../lib/server/demo-people.ts';
import { isLoopbackRequest } from '../../lib/server/loopback.ts';
import { role_names } from '../../lib/server/roles.ts';
import { signIn } from '../../lib/server/sign-in.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { services } = event.locals;
  const is_open = isLoopbackRequest(event) && (await isDemoOpen(services));
  const people = is_open
    ? await Promise.all(
        demo_people.map(async (person) => {
          const user = await demoUser(services, person);
          return {
            person,
            name: user.name,
            role_name: role_names[user.role],
            organisation_name: user.organisation_name,
          };
        }),
      )
    : [];
  return {
    people,
    is_link_used: event.url.searchParams.get('was') === 'used',
    // In demo mode with real data the page says why nobody is offered.
    is_demo_closed: services.config.is_demo && !is_open,
  };
};

export const actions: Actions = {
  default: async (event) => {
    const { services } = event.locals;
    const person = String((await event.request.formData()).get('person') ?? '');
    const is_open = isLoopbackRequest(event) && (await isDemoOpen(services));
    if (!is_open || !isDemoPerson(person)) return fail(403, { is_refused: true });
    await signIn(event, await demoUser(services, person), 'demo');
    redirect(303, '/');
  },
};
