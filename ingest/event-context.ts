/** What a source and the moment say about an event, for its check. */
import type { EventContext } from './check-event.ts';
import type { Source } from './sources.ts';

const organisations = new WeakMap<Source, ReadonlySet<string>>();

/** @param received_at epoch milliseconds */
export function eventContext(
  source: Source,
  received_at: number,
  future_ms_max: number,
): EventContext {
  let organisation_codes = organisations.get(source);
  if (!organisation_codes)
    organisations.set(source, (organisation_codes = new Set(source.organisation_codes)));
  return {
    received_at,
    future_ms_max,
    default_staff_id_system: source.default_staff_id_system,
    organisation_codes,
  };
}
