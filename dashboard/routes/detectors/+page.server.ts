/** The catalogue: what each detector may do, and how it does. No person is in it. */
import { error } from '@sveltejs/kit';
import { readDetectorList } from '../../lib/server/detector-list.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals }) => {
  const { viewer, reader } = locals;
  if (!viewer) error(403, 'You may not see this page.', { remedy: 'Sign in first.' });
  return { detectors: await readDetectorList(reader, viewer) };
};
