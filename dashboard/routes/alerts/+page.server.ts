/** The alert list, within the viewer's organisations. */
import { parseAlertFilters } from '../../lib/server/alert-filters.ts';
import { readAlertList } from '../../lib/server/alert-list.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const { reader, record } = locals;
  const list = await readAlertList(reader, parseAlertFilters(url.searchParams));
  await record({
    action: 'list',
    subject_kind: 'alerts',
    subject_ids: list.rows.map(({ alert_id }) => alert_id),
    detail: JSON.stringify(list.filters),
  });
  return { list, has_scope: (locals.viewer?.organisation_codes.length ?? 0) > 0 };
};
