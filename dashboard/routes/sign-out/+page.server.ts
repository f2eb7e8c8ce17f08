/** Signing out. A page of its own, so that it works as a form and as an address. */
import { redirect } from '@sveltejs/kit';
import { signOut } from '../../lib/server/sign-in.ts';
import type { Actions } from './$types';

export const actions: Actions = {
  default: async (event) => {
    await signOut(event);
    redirect(303, '/sign-in');
  },
};
