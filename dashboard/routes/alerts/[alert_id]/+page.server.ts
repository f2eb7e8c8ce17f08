/** One alert, and what reviewers conclude of it. Another organisation's is a 404, as is one that never was. */
import { error, fail, redirect } from '@sveltejs/kit';
import { isOwnAlert, readAlert } from '../../../lib/server/alert-detail.ts';
import {
  headOf,
  parseFindingForm,
  readFindings,
  recordFinding,
  type Finding,
} from '../../../lib/server/findings.ts';
import { finding_names } from '../../../lib/finding-words.ts';
import { formatTime } from '../../../lib/format.ts';
import {
  alertInQueueAddress,
  parseQueueFilters,
  queueAddress,
  queueQuery,
  type QueueFilters,
} from '../../../lib/server/queue-filters.ts';
import { readQueueItem } from '../../../lib/server/queue-item.ts';
import type { Actions, PageServerLoad } from './$types';

const alert_id_form = /^[0-9a-f]{16,64}$/;

export const load: PageServerLoad = async ({ locals, params, url }) => {
  const { alert_id } = params;
  const { reader } = locals;
  const detail = await readAlert(reader, alert_id);
  if (!detail) {
    // What does not look like our ids may be anything that a person typed, and is not kept.
    const subject_ids = alert_id_form.test(alert_id) ? [alert_id] : [];
    await locals.record({ action: 'refused', subject_kind: 'alert', subject_ids });
    if (await isOwnAlert(reader, alert_id)) withheldFromViewer();
    notFound();
  }
  const filters = filtersOf(url);
  const [item, findings] = await Promise.all([
    readQueueItem(reader, alert_id, filters),
    // A note may name people, and a withheld alert names nobody.
    detail.is_withheld ? [] : readFindings(reader, [alert_id]),
  ]);
  await locals.record({ action: 'view', subject_kind: 'alert', subject_ids: [alert_id] });
  const next = url.searchParams.get('next') ?? '';
  return {
    detail,
    item,
    findings,
    head: headOf(findings, alert_id),
    is_from_queue: isFromQueue(url),
    queue_href: queueAddress(filters),
    queue_query: isFromQueue(url) ? `&from=queue&${queueQuery(filters)}` : '',
    // After a finding the alert has left the queue, and what came after it is known from the address alone.
    next_href:
      item?.next_href ?? (alert_id_form.test(next) ? alertInQueueAddress(next, filters) : ''),
  };
};

export const actions: Actions = {
  finding: async ({ locals, params, request, url }) => {
    const { alert_id } = params;
    const detail = await readAlert(locals.reader, alert_id);
    if (!detail || detail.is_withheld) notFound();
    const asked = parseFindingForm(await request.formData());
    if ('problem' in asked) return fail(400, asked);
    const filters = filtersOf(url);
    const item = await readQueueItem(locals.reader, alert_id, filters);
    const faster = await recordFinding(locals, alert_id, item?.open_ids ?? [], asked);
    if (faster) {
      return fail(409, {
        problem: `${saidOf(faster)} Yours was not recorded: look at theirs below, and record it again if it still holds.`,
        finding: asked.finding,
        note: asked.note,
      });
    }
    const address = isFromQueue(url)
      ? alertInQueueAddress(alert_id, filters)
      : `/alerts/${alert_id}`;
    const next = isFromQueue(url) ? (item?.next_alert_id ?? '') : '';
    redirect(303, `${address}${next === '' ? '' : `&next=${next}`}#finding`);
  },
};

function saidOf({ author_name, change, finding, found_at_ms }: Finding): string {
  const what =
    change === 'closed' ? `closed it as “${finding_names[finding] ?? finding}”` : 'reopened it';
  return `${author_name || 'Somebody else'} ${what} on ${formatTime(found_at_ms)}, after you opened this page.`;
}

function isFromQueue(url: URL): boolean {
  return url.searchParams.get('from') === 'queue';
}

/** The queue that the alert was reached from; without, all of it. */
function filtersOf(url: URL): QueueFilters {
  const filters = parseQueueFilters(isFromQueue(url) ? url.searchParams : new URLSearchParams());
  return isFromQueue(url) ? filters : { ...filters, show: 'all' };
}

/** Said to whoever has the address already, and of nothing that the alert says. */
function withheldFromViewer(): never {
  error(403, 'This alert is for somebody else to look at.', {
    remedy:
      'It is linked with your own sign-in, or with a name like yours. Nobody looks at what concerns themself: a colleague does. That is so for everybody, and says nothing about you.',
  });
}

function notFound(): never {
  error(404, 'There is nothing at this address.', {
    remedy: 'Check the address, or start again from the first page.',
  });
}
