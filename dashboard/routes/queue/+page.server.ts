/** The queue: what to look at first, within the viewer's organisations. */
import { parseQueueFilters } from '../../lib/server/queue-filters.ts';
import { readQueue } from '../../lib/server/queue-list.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const { reader, record } = locals;
  const queue = await readQueue(reader, parseQueueFilters(url.searchParams));
  await record({
    action: 'list',
    subject_kind: 'alerts',
    subject_ids: queue.rows.flatMap((row) => [...row.some_alert_ids, ...row.some_signal_ids]),
    detail: JSON.stringify({ ...queue.filters, of: 'queue' }),
  });
  return { queue, has_scope: (locals.viewer?.organisation_codes.length ?? 0) > 0 };
};
