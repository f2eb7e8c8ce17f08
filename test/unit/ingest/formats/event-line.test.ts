import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkEvent, isRefusal, type EventContext } from '../../../../ingest/check-event.ts';
import { addEvent, newEventColumns } from '../../../../ingest/columns/event-columns.ts';
import { createLineReader } from '../../../../ingest/formats/event-line.ts';
import { nhsNumbers } from '../../../simulate/nhs-number.ts';
import { rowsOf } from '../columns/rows.ts';

const received_at = Date.UTC(2026, 2, 1, 12);
const next = nhsNumbers(3);
const patients = Array.from({ length: 20 }, next);

const contextFor = (organisations: string[]): EventContext => ({
  received_at,
  future_ms_max: 600_000,
  default_staff_id_system: 'urn:access-audit:local',
  organisation_codes: new Set(organisations),
});

const base = {
  event_id: 'e-1',
  occurred_at: '2026-03-01T09:30:00.123Z',
  action: 'view',
  staff_id: '555',
  organisation_code: 'R1H',
  patient_id: patients[0],
};

const good = {
  ...base,
  outcome: 'success',
  trigger: 'user',
  staff_id_system: 'urn:a',
  staff_name: 'A Name',
  role_name: 'Nurse',
  application: 'Record',
  section: 'results',
  supplier_codes: ['RAL', 'RYJ'],
  purpose: 'TREAT',
  reason: 'asked for',
  search_results: patients.slice(0, 2),
};

const texts = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 60, maxLength: 300 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  fc.constantFrom('', ' ', 'Zoë', 'a"b', 'back\\slash', 'tab\there', '\u007f'),
);
const instants = fc.oneof(
  fc.constantFrom(
    '2026-03-01T09:30:00Z',
    '2026-02-29T09:30:00Z',
    '2024-02-29T23:59:59.9999999Z',
    '1999-12-31T23:59:59Z',
    '2026-03-01T12:10:00.000Z',
    '2026-03-01T12:10:00.001Z',
    '2026-03-01T09:30:00+01:00',
    '2026-03-01T09:30:00.5-23:59',
    '2026-03-01T09:30:00',
    '2026-03-01t09:30:00z',
    '2026-03-01T24:00:00Z',
    '2026-13-01T09:30:00Z',
    '2026-00-10T09:30:00Z',
    '0999-03-01T09:30:00Z',
    '2026-03-01T09:30:00.Z',
    '2026-03-01T09:30:00.1234567890Z',
  ),
  fc
    .date({
      min: new Date(Date.UTC(1999, 0)),
      max: new Date(Date.UTC(2027, 0)),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString()),
  texts,
);
const numbers = fc.oneof(
  fc.constantFrom(...patients),
  fc.constantFrom('0000000000', '9434765918'),
  texts,
);
const value = fc.oneof(
  { weight: 8, arbitrary: texts },
  fc.constantFrom(null, 1, true, [], {}, ['x']),
);
const events = fc.record(
  {
    event_id: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('a', 'b-2', 'x'.repeat(128), 'x'.repeat(129)) },
      value,
    ),
    occurred_at: instants,
    action: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('view', 'search', 'export', 'print') },
      value,
    ),
    outcome: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('success', 'unknown') }, value),
    trigger: fc.constantFrom('user', 'system', 'unknown', 'other', ''),
    staff_id: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('1', '2') }, value),
    staff_id_system: fc.constantFrom('', 'urn:a', 'urn:access-audit:local'),
    staff_name: value,
    role_name: texts,
    organisation_code: fc.constantFrom('R1H', 'RAL', '', ' ', 'x'.repeat(33)),
    application: texts,
    patient_id: numbers,
    section: texts,
    supplier_codes: fc.oneof(
      fc.array(fc.constantFrom('RAL', 'R1H', 'RYJ'), { maxLength: 5 }),
      fc.array(value, { maxLength: 3 }),
      value,
    ),
    purpose: fc.constantFrom('', 'TREAT', 'é'),
    override: fc.constantFrom('', 'break_glass', 'other'),
    reason: texts,
    search_results: fc.oneof(
      fc.array(fc.constantFrom(...patients), { maxLength: 5 }),
      fc.array(numbers, { maxLength: 3 }),
    ),
    load_seq: value,
  },
  { requiredKeys: [] },
);
const field_names = [...Object.keys(good), 'override', 'load_seq'];
const lines = fc
  .tuple(
    fc.array(
      fc.tuple(
        events,
        // Most lines are good but for a field or two, or each would be refused for its first fault.
        fc.oneof(
          { weight: 5, arbitrary: fc.shuffledSubarray(field_names, { maxLength: 2 }) },
          { weight: 1, arbitrary: fc.shuffledSubarray(field_names) },
        ),
        fc.shuffledSubarray(Object.keys(good)),
      ),
      { minLength: 1, maxLength: 8 },
    ),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .map(([all, line_break, is_spaced]) =>
    all.map(([event, changed, order]) => {
      const own = Object.fromEntries(order.map((name) => [name, good[name as keyof typeof good]]));
      const given = event as Record<string, unknown>;
      const changes = Object.fromEntries(
        changed.filter((name) => name in given).map((name) => [name, given[name]]),
      );
      const whole = { ...own, ...base, ...changes };
      const text = JSON.stringify(whole);
      return (is_spaced ? text.replace(/","/g, '", "').replace(/":/g, '": ') : text) + line_break;
    }),
  );

/** Reads the lines into columns: what `createLineReader` does not take the exact way, or all of them so. */
function read(all: readonly string[], is_exact: boolean, organisations: string[]) {
  const context = contextFor(organisations);
  const columns = newEventColumns(context.default_staff_id_system);
  const reader = createLineReader(columns, context);
  const bytes = Buffer.from(all.join(''));
  const verdicts: string[] = [];
  let taken = 0;
  let at = 0;
  for (const [index, line] of all.entries()) {
    const end = at + Buffer.byteLength(line);
    const found = is_exact ? -1 : reader.read(bytes, at, index);
    if (found >= 0) {
      expect(found).toBe(end);
      taken += 1;
      verdicts.push('accepted');
    } else {
      let checked;
      try {
        checked = checkEvent(JSON.parse(line), context);
      } catch {
        checked = { code: 'EVENT_JSON_INVALID', message: '' } as const;
      }
      if (isRefusal(checked)) verdicts.push(checked.code);
      else {
        addEvent(columns, checked, index, received_at);
        verdicts.push('accepted');
      }
    }
    at = end;
  }
  return { verdicts, rows: rowsOf(columns), taken };
}

it('gives every line the verdict and the row that it has the exact way', () => {
  let taken = 0;
  fc.assert(
    fc.property(lines, fc.constantFrom<string[]>([], ['R1H']), (all, organisations) => {
      const quick = read(all, false, organisations);
      const exact = read(all, true, organisations);
      expect(quick.verdicts).toEqual(exact.verdicts);
      expect(quick.rows).toEqual(exact.rows);
      taken += quick.taken;
    }),
    { numRuns: 1_000, seed: 11 },
  );
  // Otherwise the quick way is compared with nothing.
  expect(taken).toBeGreaterThan(300);
});

it('takes no line that differs by a byte in what JSON or the schema does not allow', () => {
  const line = `${JSON.stringify({ ...base, supplier_codes: ['RAL', 'R1H'], purpose: 'TREAT' })}\n`;
  fc.assert(
    fc.property(fc.nat(line.length - 2), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Buffer.from(line);
      changed[at] = byte;
      // What is no UTF-8 or has another line break is split or refused before it comes here.
      fc.pre(byte !== 10 && byte < 128);
      const all = [changed.toString('latin1')];
      expect(read(all, false, []).verdicts).toEqual(read(all, true, []).verdicts);
      expect(read(all, false, []).rows).toEqual(read(all, true, []).rows);
    }),
    { numRuns: 1_500, seed: 12 },
  );
});

it('reads a plain line the quick way, and one with letters beyond ASCII the exact way', () => {
  expect(read([`${JSON.stringify(base)}\n`], false, []).taken).toBe(1);
  expect(read([`${JSON.stringify({ ...base, staff_name: 'Zoë' })}\n`], false, []).taken).toBe(0);
});
