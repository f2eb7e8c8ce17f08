/** What a live detector may pass over: days on which, by a cheaper question, it can find nothing new. */
import { addDays } from '../sql/clock.ts';
import type { DueDay } from './days.ts';
import type { Detector } from './detectors.ts';
import type { Judging } from './judge-due.ts';
import type { ParamsInForce } from './params.ts';

/**
 * The days, of those due, on which the detector might find another thing than it did; the others are recorded as judged.
 *
 * Planning a detector takes the engine some tenths of a second, however few the events, and hardly any event raises an
 * alert. So a live detector may ask of the newly loaded events alone whether they could (`candidates.sql` in its folder).
 * That answers only for what new events add: where reference data changed, a rerun took events back, or the detector's
 * version never judged the day, the day is judged.
 *
 * @param judged per day, the load up to which the detector's version judged it
 */
export async function candidateDays(
  { client, known, options }: Judging,
  detector: Detector,
  in_force: ParamsInForce,
  due: readonly DueDay[],
  judged: ReadonlyMap<string, number>,
): Promise<readonly DueDay[]> {
  const { candidates, needs } = detector;
  if (!candidates || needs.some((dataset) => !known.loaded_datasets.has(dataset))) return due;
  const asked = due.filter(({ day }) => (judged.get(day) ?? -1) >= known.beside_events_seq);
  if (asked.length === 0) return due;

  const found = new Set<string>();
  for (const { params } of in_force.runs) {
    const rows = await client.rows<{ day: string }>(
      candidates,
      {
        ...params,
        days: asked.map(({ day }) => day),
        after_load_seq: Math.min(...asked.map(({ day }) => judged.get(day) ?? 0)),
        to_load_seq: Math.max(...asked.map(({ load_seq }) => load_seq)),
      },
      { limits: 'analysis' },
    );
    for (const { day } of rows) found.add(day);
  }
  // What is new on a day may be looked back on from later ones.
  const isCandidate = (day: string) =>
    Array.from({ length: in_force.lookback_days + 1 }, (_, back) => addDays(day, -back)).some(
      (looked_at) => found.has(looked_at),
    );
  const passed = new Set(asked.filter(({ day }) => !isCandidate(day)));
  if (!options.is_dry_run) {
    const { detector_version } = in_force;
    await client.insert(
      'judged_days',
      // No run: the detector itself did not.
      [...passed].map((day) => ({
        detector_id: detector.id,
        detector_version,
        ...day,
        run_id: '',
      })),
    );
  }
  return due.filter((day) => !passed.has(day));
}
