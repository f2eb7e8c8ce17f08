/** What is left out of the queue, by whom, why, until when, and with what effect. */
import { error, redirect } from '@sveltejs/kit';
import {
  endSuppression,
  readSuppressions,
  type Suppression,
} from '../../lib/server/alert-suppressions.ts';
import { detectorTitle, readDetectors } from '../../lib/server/detectors.ts';
import { tie_detectors } from '../../lib/server/withhold.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals }) => {
  const { reader, record, services } = locals;
  const [rows, detectors] = await Promise.all([
    readSuppressions(reader, services.clock.now()),
    readDetectors(reader),
  ]);
  await record({
    action: 'list',
    subject_kind: 'suppressions',
    subject_ids: rows.map(({ suppression_id }) => suppression_id),
  });
  return {
    rows: rows.map((row) => ({
      ...row,
      title: row.detector_id === '' ? '' : detectorTitle(detectors, row.detector_id),
      who: whoOf(row),
    })),
  };
};

export const actions: Actions = {
  end: async ({ locals, request }) => {
    const { viewer, reader, services } = locals;
    const suppression_id = (await request.formData()).get('suppression_id');
    const has_ended =
      viewer !== undefined &&
      (await endSuppression(
        { viewer, reader, services, record: locals.record },
        typeof suppression_id === 'string' ? suppression_id : '',
      ));
    if (!has_ended)
      error(404, 'There is no such suppression in force.', { remedy: 'Look at the list again.' });
    redirect(303, '/suppressions');
  },
};

/** Beside a detector of ties nobody is named: an address may have become a protected one since. */
function whoOf({ detector_id, staff_id }: Suppression): string {
  if (staff_id === '') return '';
  return tie_detectors.includes(detector_id) ? 'of one member of staff' : `of ${staff_id}`;
}
