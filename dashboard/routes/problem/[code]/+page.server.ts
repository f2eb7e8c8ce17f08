/** The refusals of the front gate, as pages in the same look. Only ever fetched from inside. */
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

// Rendered under another address than its own, so the browser must not try to match the two.
export const csr = false;

const problems: Record<string, { title: string; message: string; remedy: string }> = {
  refused: {
    title: 'You may not see this page',
    message: 'Your role does not include it, and your asking was recorded.',
    remedy: 'If your work needs it, ask the administrator for another role.',
  },
  'not-found': {
    title: 'Page not found',
    message: 'There is nothing at this address.',
    remedy: 'Check the address, or start again from the first page.',
  },
  unrecorded: {
    title: 'This page is not available now',
    message:
      'This page was not served, because the look could not be written to our own audit first.',
    remedy:
      'Tell the person who runs this system: nobody can see anything until looks can be recorded again.',
  },
};

export const load: PageServerLoad = ({ params }) => {
  const problem = problems[params.code];
  if (!problem) error(404, 'There is nothing at this address.');
  return { problem };
};
