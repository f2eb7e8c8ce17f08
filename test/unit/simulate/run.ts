// Owns the runs that the tests of the simulated exchange look at, kept as parsed files in memory.

import type { AccessEvent } from '../../simulate/events.ts';
import { type SimulationOptions, simulateExchange } from '../../simulate/exchange.ts';
import type { LabelRow } from '../../simulate/labels.ts';

type Fields = Record<string, string | undefined>;

export interface Run {
  /** The whole text of each file, by path. */
  files: Map<string, string>;
  /** Every delivered line, doubled ones too, in order of delivery, with the end of its file's window. */
  deliveries: { line: string; event: AccessEvent; window_end: number }[];
  /** The events once each. */
  events: Map<string, AccessEvent>;
  truth: LabelRow[];
  hard_negatives: LabelRow[];
  reference: (dataset: string) => Fields[];
  /** The same of the earlier extract. */
  earlier: (dataset: string) => Fields[];
}

/** Big enough for every scenario, small enough to run in about a second. */
export const ORDINARY: SimulationOptions = {
  staff: 600,
  days: 40,
  seed: 11,
  ends_on: '2026-09-30',
};

/** Long enough for what takes months, with staff enough for what takes a crowd. */
export const LONG: SimulationOptions = { staff: 1000, days: 106, seed: 5, ends_on: '2026-09-30' };

export function runExchange(options: SimulationOptions): Run {
  const files = new Map<string, string>();
  for (const { file, text } of simulateExchange(options))
    files.set(file, (files.get(file) ?? '') + text);
  const deliveries = [...files.keys()]
    .filter((file) => file.startsWith('events/'))
    .sort()
    .flatMap((file) => {
      const window_end = endOf(file);
      return linesOf(files, file).map((line) => ({
        line,
        event: JSON.parse(line) as AccessEvent,
        window_end,
      }));
    });
  return {
    files,
    deliveries,
    events: new Map(deliveries.map(({ event }) => [event.event_id, event])),
    truth: rowsOf<LabelRow>(files, 'truth.ndjson'),
    hard_negatives: rowsOf<LabelRow>(files, 'hard_negatives.ndjson'),
    reference: (dataset) => rowsOf<Fields>(files, `reference/${dataset}.ndjson`),
    earlier: (dataset) => rowsOf<Fields>(files, `earlier/reference/${dataset}.ndjson`),
  };
}

/** Whether an event shows a record to a user: what the detectors judge. */
export function isLook(event: AccessEvent): boolean {
  if (event.action === 'search' || event.trigger === 'system') return false;
  return event.outcome !== 'denied' && event.outcome !== 'error';
}

function endOf(file: string): number {
  const [, date, hour, minute] = /(\d{4}-\d{2}-\d{2})T(\d{2})(\d{2})Z/.exec(file) ?? [];
  return Date.parse(`${date}T${hour}:${minute}:00Z`);
}

function rowsOf<T>(files: Map<string, string>, file: string): T[] {
  return linesOf(files, file).map((line) => JSON.parse(line) as T);
}

function linesOf(files: Map<string, string>, file: string): string[] {
  return (files.get(file) ?? '').split('\n').filter((line) => line !== '');
}
