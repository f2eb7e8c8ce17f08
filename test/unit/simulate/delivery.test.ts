// Holds deliveries to their order: late batches, repeats after the first, disorder within a file.

import { describe, expect, it } from 'vitest';
import { ORDINARY, runExchange } from './run.ts';

const HOUR_MS = 3_600_000;
const { deliveries, files } = runExchange(ORDINARY);

/** The first arrival of each event: hours from the event to the end of its file's half day. */
const lateness = new Map<string, { organisation_code: string; hours: number }>();
for (const { event, window_end } of deliveries) {
  if (lateness.has(event.event_id)) continue;
  const hours = (window_end - Date.parse(event.occurred_at)) / HOUR_MS;
  lateness.set(event.event_id, { organisation_code: event.organisation_code, hours });
}
const byOrganisation = Map.groupBy(lateness.values(), (item) => item.organisation_code);
const isLate = (hours: number): boolean => hours > 12;

describe('delivery', () => {
  it('brings an event within its half day, or from a batching organisation 12 to 24 hours late', () => {
    const hours = [...lateness.values()].map((item) => item.hours);
    expect(hours.filter((value) => value < 0 || value > 24)).toEqual([]);
  });

  it('batches all events of some organisations and none of the others', () => {
    const batching = [...byOrganisation.values()].filter((items) =>
      items.every(({ hours }) => isLate(hours)),
    );
    const prompt = [...byOrganisation.values()].filter((items) =>
      items.every(({ hours }) => !isLate(hours)),
    );
    expect(batching.length + prompt.length).toBe(byOrganisation.size);
    expect(batching.length / byOrganisation.size).toBeGreaterThan(0.08);
    expect(batching.length / byOrganisation.size).toBeLessThan(0.4);
  });

  it('names its files in the order of delivery, without a gap', () => {
    const names = [...files.keys()].filter((file) => file.startsWith('events/'));
    expect(names).toEqual(names.toSorted());
    expect(names.map((name) => Number(name.slice(7, 11)))).toEqual(
      names.map((_, index) => index + 1),
    );
    expect(names.length).toBeGreaterThanOrEqual(ORDINARY.days * 2);
  });

  it('does not sort a file by time', () => {
    let backwards = 0;
    for (let at = 1; at < deliveries.length; at += 1) {
      const [before, after] = [deliveries[at - 1], deliveries[at]];
      if (
        before?.window_end === after?.window_end &&
        Date.parse(before?.event.occurred_at ?? '') > Date.parse(after?.event.occurred_at ?? '')
      )
        backwards += 1;
    }
    expect(backwards).toBeGreaterThan(deliveries.length / 4);
  });

  it('repeats some events in a later file', () => {
    const first = new Map<string, number>();
    let later = 0;
    for (const { event, window_end } of deliveries) {
      const before = first.get(event.event_id);
      if (before !== undefined && window_end > before) later += 1;
      first.set(event.event_id, before ?? window_end);
    }
    expect(later).toBeGreaterThan(10);
  });
});
