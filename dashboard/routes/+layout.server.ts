/** What every page shows of its reader: who they are, and where they may go. */
import { readBlindness } from '../lib/server/feed-health.ts';
import { role_names } from '../lib/server/roles.ts';
import { menuFor } from '../lib/server/route-table.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ locals, url }) => {
  const { viewer } = locals;
  return {
    header: viewer && {
      name: viewer.name,
      role_name: role_names[viewer.role],
      organisation_codes: viewer.organisation_codes,
      menu: menuFor(viewer.role).map((item) => ({
        ...item,
        is_current: url.pathname === item.href || url.pathname.startsWith(`${item.href}/`),
      })),
    },
    is_demo: locals.services.config.is_demo,
    // Nobody is told of feeds before they have signed in.
    banner: viewer && {
      blindness: await readBlindness(locals),
      is_whole: url.pathname === '/feeds',
    },
  };
};
