/** The times of foreign messages in the form of a native event: RFC 3339, milliseconds, an offset. */

const form =
  /^\s*(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,40}))?(Z|[+-]\d{2}:\d{2})?\s*$/i;

/**
 * The time with milliseconds (what is finer is cut) and an offset; one without an offset is taken as local to
 * `time_zone`, where that is given. What is not of the form, or still has no offset, is returned as it stands, and the
 * check of the event says what is wrong with it.
 *
 * Of the hour that occurs twice when summer time ends, the first is meant.
 */
export function messageTime(text: string, time_zone: string): string {
  const match = form.exec(text);
  if (!match) return text.trim().slice(0, 40);
  const [, date = '', clock = '', fraction = '', offset = ''] = match;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const local = `${date}T${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  if (offset !== '') return local + offset.toUpperCase();
  return local + (time_zone === '' ? '' : zoneOffset(local, time_zone));
}

/** Whether the name is that of a zone which times can be taken in. */
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The offset of a local time as `+01:00`; empty where the time or the zone does not exist. */
function zoneOffset(local: string, time_zone: string): string {
  const as_utc = Date.parse(`${local}Z`);
  if (Number.isNaN(as_utc) || !isTimeZone(time_zone)) return '';
  // An offset holds where it leads back to itself. The greater of two is the one of the earlier instant.
  const offsets = [as_utc - 86_400_000, as_utc + 86_400_000].map((at) => offsetAt(at, time_zone));
  const holding = offsets.filter(
    (offset_ms) => offsetAt(as_utc - offset_ms, time_zone) === offset_ms,
  );
  if (holding.length === 0) return '';
  const minutes = Math.max(...holding) / 60_000;
  const sign = minutes < 0 ? '-' : '+';
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  return `${sign}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** What the zone is ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, time_zone: string): number {
  let format = formats.get(time_zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: time_zone,
      timeZoneName: 'longOffset',
      year: 'numeric',
    });
    if (formats.size > 100) formats.clear();
    formats.set(time_zone, format);
  }
  const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value;
  const match = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name ?? '');
  const minutes = Number(match?.[2] ?? 0) * 60 + Number(match?.[3] ?? 0);
  return (match?.[1] === '-' ? -minutes : minutes) * 60_000;
}
