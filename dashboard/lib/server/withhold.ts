/** Nothing may ever say that someone shares, or is near, a protected address: which alerts are not told, and what stands in their place. */
import type { Reader } from './scope.ts';

export const withheld_title = 'Withheld alert';
export const withheld_reason = 'Withheld: it concerns a protected address.';

/**
 * Detectors that find a tie by where people live or have lived, or by whom they are kin to. A detector of this kind is
 * added here before it is released; `withheld_alerts.sql` finds for itself those whose facts name an address.
 */
export const tie_detectors: readonly string[] = [
  'household',
  'next_of_kin',
  'neighbour',
  'former_tie',
  'lone_tie',
];

/**
 * Those of `alert_ids` that may not be told, as the flags stand now. Read it after the alerts: a flag that arrives in
 * between then counts.
 */
export async function readWithheld(
  reader: Reader,
  alert_ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (alert_ids.length === 0) return new Set();
  const rows = await reader.scoped<{ alert_id: string }>('withheld_alerts', {
    alert_ids: [...alert_ids],
    tie_detectors: [...tie_detectors],
  });
  return new Set(rows.map(({ alert_id }) => alert_id));
}
