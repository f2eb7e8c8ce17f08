// Holds every simulated event to the field rules of the native access event.

import { describe, expect, it } from 'vitest';
import { isNhsNumber } from '../../simulate/nhs-number.ts';
import { ORDINARY, runExchange } from './run.ts';

const { events, deliveries, reference } = runExchange(ORDINARY);
const all = [...events.values()];

const FIELDS = new Set(
  `event_id occurred_at action outcome trigger staff_id staff_id_system staff_name role_code role_name organisation_code
  site_code application session_id launch_id device_id ip_address patient_id section document_id supplier_codes purpose
  override reason search_terms search_results`.split(/\s+/),
);

const VOCABULARY: Record<string, string[]> = {
  action: ['view', 'search', 'export', 'print'],
  outcome: ['success', 'denied', 'error', 'unknown'],
  trigger: ['user', 'system', 'unknown'],
  override: ['break_glass', 'dissent', 'sealed', 'protected', 'self_claimed'],
};

describe('simulated events', () => {
  it('carry the fields of the contract alone, none of them empty', () => {
    const wrong = all.filter((event) =>
      Object.entries(event).some(
        ([name, value]) =>
          !FIELDS.has(name) ||
          value === '' ||
          value === null ||
          (Array.isArray(value) && value.length === 0),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('carry what is required, and a patient for all but searches', () => {
    const required = [
      'event_id',
      'occurred_at',
      'action',
      'staff_id',
      'organisation_code',
    ] as const;
    const wrong = all.filter(
      (event) =>
        required.some((name) => event[name] === undefined) ||
        (event.action === 'search') !== (event.patient_id === undefined),
    );
    expect(wrong).toEqual([]);
  });

  it('use the words of the contract', () => {
    const wrong = all.filter((event) =>
      Object.entries(VOCABULARY).some(([name, words]) => {
        const value = event[name as keyof typeof event];
        return value !== undefined && !words.includes(value as string);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('have ids of 1 to 128 printable characters and times with an offset', () => {
    const wrong = all.filter(
      ({ event_id, occurred_at }) =>
        !/^[!-~]{1,128}$/.test(event_id) ||
        !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?(Z|[+-]\d{2}:\d{2})$/.test(occurred_at) ||
        Number.isNaN(Date.parse(occurred_at)),
    );
    expect(wrong).toEqual([]);
  });

  it('lie within the period', () => {
    const [from, to] = ['2026-08-22T00:00:00+01:00', '2026-10-01T00:00:00+01:00'].map((text) =>
      Date.parse(text),
    ) as [number, number];
    const times = all.map((event) => Date.parse(event.occurred_at));
    expect(times.filter((time) => time < from || time >= to)).toEqual([]);
  });

  it('name known staff, organisations and valid NHS numbers of known patients', () => {
    const staff = new Set(
      reference('staff').map(
        (row) => `${row['staff_id_system'] ?? ''} ${row['staff_id']} ${row['organisation_code']}`,
      ),
    );
    const patients = new Set(reference('patients').map((row) => row['patient_id']));
    const wrong = all.filter((event) => {
      const numbers = [
        ...(event.patient_id === undefined ? [] : [event.patient_id]),
        ...(event.search_results ?? []),
      ];
      const known = staff.has(
        `${event.staff_id_system ?? ''} ${event.staff_id} ${event.organisation_code}`,
      );
      return (
        !(known || event.trigger === 'system') ||
        numbers.some((number) => !isNhsNumber(number) || !patients.has(number))
      );
    });
    expect(wrong).toEqual([]);
  });

  it('have ids that are unique but for deliveries that repeat a line byte for byte', () => {
    const lines = new Map<string, string>();
    const conflicts: string[] = [];
    for (const { line, event } of deliveries) {
      if ((lines.get(event.event_id) ?? line) !== line) conflicts.push(event.event_id);
      lines.set(event.event_id, line);
    }
    expect(conflicts).toEqual([]);
    const doubled = 1 - lines.size / deliveries.length;
    expect(doubled).toBeGreaterThan(0.01);
    expect(doubled).toBeLessThan(0.06);
  });

  it('show every variety that a reader must cope with', () => {
    const share = (holds: (event: (typeof all)[number]) => boolean): number =>
      all.filter(holds).length / all.length;
    expect(share((event) => event.action === 'search')).toBeGreaterThan(0.01);
    expect(share((event) => event.trigger === 'system')).toBeGreaterThan(0.01);
    expect(share((event) => event.trigger === undefined)).toBeGreaterThan(0.05);
    expect(share((event) => event.outcome === 'denied')).toBeGreaterThan(0.002);
    expect(share((event) => event.outcome === 'error')).toBeGreaterThan(0.002);
    expect(share((event) => event.outcome === undefined)).toBeGreaterThan(0.05);
    expect(share((event) => event.override !== undefined)).toBeGreaterThan(0.001);
    expect(share((event) => event.occurred_at.endsWith('Z'))).toBeGreaterThan(0.2);
    expect(share((event) => event.occurred_at.endsWith('+01:00'))).toBeGreaterThan(0.1);
    expect(share((event) => event.staff_id_system === undefined)).toBeGreaterThan(0.01);
  });
});
