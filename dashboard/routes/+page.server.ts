/** The front door: on to the page on which the reader's role starts its day. */
import { redirect } from '@sveltejs/kit';
import { first_pages } from '../lib/server/roles.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals }) => {
  redirect(303, locals.viewer ? first_pages[locals.viewer.role] : '/sign-in');
};
