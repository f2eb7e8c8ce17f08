/** The dates of a FHIR search: a prefix, and a time that stands for all of its precision. */
import { RequestRefused } from '../codes.ts';
import { parseInstant } from '../instant.ts';
import { messageTime } from '../formats/message-time.ts';

/** From the first millisecond to before the second; epoch milliseconds. */
export interface Range {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** All of time that an event can have. */
export const all_time: Range = { from_ms: 0, to_ms: Date.UTC(2300, 0, 1) };

const form =
  /^(eq|ge|le|gt|lt|sa|eb)?(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+ -]\d{2}:\d{2})?)?)?)?$/;

/**
 * What a value such as `ge2026-03-01` leaves of time. A time without an offset, and a date, are local (Europe/London).
 *
 * FHIR R4 search, 3.1.1.4.5. `ne` and `ap` are not taken: neither is a bound.
 *
 * @throws RequestRefused PARAMETER_INVALID, without the value
 */
export function parseDate(name: string, value: string): Range {
  const match = form.exec(value);
  const period = match && periodOf(match);
  if (!match || !period) {
    throw new RequestRefused(
      'PARAMETER_INVALID',
      `${name} takes a date or time such as ge2026-03-01 or lt2026-03-01T09:30:00Z, with one of the prefixes eq, ge, le, gt, lt, sa, eb; for a range, give it twice.`,
    );
  }
  const { from_ms, to_ms } = period;
  switch (match[1]) {
    case 'ge':
      return { from_ms, to_ms: all_time.to_ms };
    case 'gt':
    case 'sa':
      return { from_ms: to_ms, to_ms: all_time.to_ms };
    case 'le':
      return { from_ms: all_time.from_ms, to_ms };
    case 'lt':
    case 'eb':
      return { from_ms: all_time.from_ms, to_ms: from_ms };
    default:
      return period;
  }
}

/** What both leave. */
export function intersection(one: Range, other: Range): Range {
  return {
    from_ms: Math.max(one.from_ms, other.from_ms),
    to_ms: Math.min(one.to_ms, other.to_ms),
  };
}

function periodOf(match: RegExpExecArray): Range | undefined {
  const [, , year = '', month, day, hour, minute, second, fraction] = match;
  // A + that was not escaped in an address arrives as a space.
  const offset = (match[9] ?? '').replace(' ', '+');
  if (hour !== undefined && minute !== undefined) {
    const from_ms = instant(
      `${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}.${fraction ?? '0'}${offset}`,
    );
    const width_ms = second === undefined ? 60_000 : fraction === undefined ? 1_000 : 1;
    return from_ms === undefined ? undefined : { from_ms, to_ms: from_ms + width_ms };
  }
  const from_ms = instant(`${year}-${month ?? '01'}-${day ?? '01'}T00:00:00`);
  if (from_ms === undefined) return undefined;
  // The day, month or year that follows, by the calendar.
  const next = new Date(Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1)));
  if (day !== undefined) next.setUTCDate(next.getUTCDate() + 1);
  else if (month !== undefined) next.setUTCMonth(next.getUTCMonth() + 1);
  else next.setUTCFullYear(next.getUTCFullYear() + 1);
  const to_ms = instant(`${next.toISOString().slice(0, 10)}T00:00:00`);
  return to_ms === undefined ? undefined : { from_ms, to_ms };
}

function instant(text: string): number | undefined {
  const parsed = parseInstant(messageTime(text, 'Europe/London'));
  return typeof parsed === 'number' ? parsed : undefined;
}
