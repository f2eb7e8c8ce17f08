/** What detectors have to know before they judge: read once for all of them, since each question takes its time. */
import type { SqlClient } from '../sql/client.ts';
import { loadStatement } from '../sql/statement.ts';
import type { Detector } from './detectors.ts';
import { readSetParams, type SetParams } from './params.ts';

export interface Known {
  /** Datasets of which anything was ever loaded. */
  readonly loaded_datasets: ReadonlySet<string>;
  /** The newest load that changed more than it added events: reference data, or a rerun that took events back. */
  readonly beside_events_seq: number;
  /** What people set over the detector's own params. */
  paramsSetFor(detector: Detector): readonly SetParams[];
  /** Per day, the load up to which that version of the detector, `code.params`, judged it. */
  judgedBy(detector: Detector, detector_version: string): ReadonlyMap<string, number>;
}

const nothing_known: Known = {
  loaded_datasets: new Set(),
  beside_events_seq: 0,
  paramsSetFor: () => [],
  judgedBy: () => new Map<string, number>(),
};

/** Reads what there is to know for `detectors`; of none, nothing, and nothing is asked. */
export async function readKnown(client: SqlClient, detectors: readonly Detector[]): Promise<Known> {
  if (detectors.length === 0) return nothing_known;
  const detector_ids = detectors.map(({ id }) => id);
  const datasets = await client.rows<{ dataset: string }>(
    loadStatement('analytics/queries/loaded_datasets.sql'),
  );
  const [beside] = await client.rows<{ load_seq: string }>(
    loadStatement('analytics/queries/loads_beside_events.sql'),
  );
  const params = await readSetParams(client, detector_ids);
  const rows = await client.rows<{
    detector_id: string;
    detector_version: string;
    day: string;
    load_seq: string;
  }>(loadStatement('analytics/queries/judged_days.sql'), { detector_ids }, { limits: 'analysis' });
  const judged = new Map<string, Map<string, number>>();
  for (const { detector_id, detector_version, day, load_seq } of rows) {
    const key = `${detector_id} ${detector_version}`;
    judged.set(key, (judged.get(key) ?? new Map<string, number>()).set(day, Number(load_seq)));
  }
  return {
    loaded_datasets: new Set(datasets.map(({ dataset }) => dataset)),
    beside_events_seq: Number(beside?.load_seq ?? 0),
    paramsSetFor: ({ id }) => params.filter(({ detector_id }) => detector_id === id),
    judgedBy: ({ id }, version) => judged.get(`${id} ${version}`) ?? new Map<string, number>(),
  };
}
