// Owns delivery: which file an event arrives in, late batches, doubled events and their disorder.

import { DAY_MS } from './london-time.ts';
import type { Organisation } from './organisations.ts';
import type { Random } from './random.ts';

/** The time that one file of deliveries covers. */
export const WINDOW_MS = DAY_MS / 2;
const REDELIVERED_SHARE = 0.03;

export interface Delivery {
  name: string;
  lines: string[];
}

export interface Deliveries {
  accept(organisation: Organisation, at: number, line: string): void;
  /** The files that are complete once everything before this instant was accepted, in order. */
  collect(until: number): Generator<Delivery>;
}

/**
 * Sorts events into files by the half day (UTC) in which they arrive. An organisation that batches
 * sends a half day when the next one ends, so that its events are 12 to 24 hours late. Three events
 * in a hundred are sent again, byte for byte, up to three days later.
 */
export function createDelivery(random: Random): Deliveries {
  const windows = new Map<number, string[]>();
  let files = 0;

  function put(window: number, line: string): void {
    const lines = windows.get(window);
    if (lines === undefined) windows.set(window, [line]);
    else lines.push(line);
  }

  return {
    accept(organisation, at, line) {
      const window = Math.floor(at / WINDOW_MS) + (organisation.feed.is_batched ? 1 : 0);
      put(window, line);
      if (random.chance(REDELIVERED_SHARE)) put(window + random.int(6), line);
    },
    *collect(until) {
      const due = [...windows.keys()]
        .filter((window) => (window + 1) * WINDOW_MS <= until)
        .sort((a, b) => a - b);
      for (const window of due) {
        const lines = random.shuffle(windows.get(window) ?? []);
        windows.delete(window);
        files += 1;
        yield { name: fileName(files, (window + 1) * WINDOW_MS), lines };
      }
    },
  };
}

/** Numbered in order of delivery, and named for the end of the half day. */
function fileName(number: number, until: number): string {
  const end = new Date(until).toISOString();
  return `events/${String(number).padStart(4, '0')}-${end.slice(0, 10)}T${end.slice(11, 13)}${end.slice(14, 16)}Z.ndjson`;
}
