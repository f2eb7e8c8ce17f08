/** Adds up what statements cost, by name, while something is measured. */
import type { QueryLog, QueryLogEntry } from '../../../sql/query-log.ts';

interface StatementCost {
  readonly statement: string;
  readonly calls: number;
  readonly ms: number;
  readonly slowest_ms: number;
}

/** Listens to the log, which itself keeps only the newest entries, until `end` is called. */
export function costsOf(log: QueryLog): { end(): StatementCost[] } {
  const costs = new Map<string, StatementCost>();
  const kept = log.record.bind(log);
  log.record = (entry: QueryLogEntry) => {
    const before = costs.get(entry.statement);
    costs.set(entry.statement, {
      statement: entry.statement,
      calls: (before?.calls ?? 0) + 1,
      ms: (before?.ms ?? 0) + entry.elapsed_ms,
      slowest_ms: Math.max(before?.slowest_ms ?? 0, entry.elapsed_ms),
    });
    kept(entry);
  };
  return {
    end() {
      log.record = kept;
      return [...costs.values()].sort((a, b) => b.ms - a.ms);
    },
  };
}

/** The dearest first. */
export function costTable(costs: readonly StatementCost[], rows = 40): string {
  return costs
    .slice(0, rows)
    .map(
      ({ statement, calls, ms, slowest_ms }) =>
        [Math.round(ms), calls, Math.round(slowest_ms)].map((n) => String(n).padStart(8)).join('') +
        `  ${statement}`,
    )
    .join('\n');
}
