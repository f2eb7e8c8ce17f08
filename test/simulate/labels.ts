// Owns the labels of a run: which events were misuse, and which were innocent look-alikes.

import type { Ledger } from './plan.ts';
import type { Post } from './staff.ts';

/** One member of staff under one id, in one organisation, in one scenario. */
export interface LabelRow {
  scenario: string;
  staff_id: string;
  organisation_code: string;
  patient_ids: string[];
  event_ids: string[];
}

export interface Labels {
  add(
    ledger: Ledger,
    scenario: string,
    post: Post,
    patient_id: string,
    event_ids: readonly string[],
  ): void;
  /** How often a scenario was added so far. */
  count(scenario: string): number;
  /** The rows of a ledger, by scenario, organisation and id. */
  rows(ledger: Ledger): LabelRow[];
}

export function createLabels(): Labels {
  const ledgers: Record<Ledger, Map<string, LabelRow>> = {
    truth: new Map(),
    hard_negatives: new Map(),
  };
  const counts = new Map<string, number>();
  return {
    add(ledger, scenario, post, patient_id, event_ids) {
      if (event_ids.length === 0) return;
      counts.set(scenario, (counts.get(scenario) ?? 0) + 1);
      const key = `${scenario}\t${post.organisation.code}\t${post.staff_id}`;
      let row = ledgers[ledger].get(key);
      if (row === undefined) {
        row = {
          scenario,
          staff_id: post.staff_id,
          organisation_code: post.organisation.code,
          patient_ids: [],
          event_ids: [],
        };
        ledgers[ledger].set(key, row);
      }
      if (!row.patient_ids.includes(patient_id)) row.patient_ids.push(patient_id);
      row.event_ids.push(...event_ids);
    },
    count: (scenario) => counts.get(scenario) ?? 0,
    rows: (ledger) =>
      [...ledgers[ledger]].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
  };
}
