// Holds a run to its promises: the same bytes from the same options, rows of the contract, limits.

import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { type SimulationOptions, simulateExchange } from '../../simulate/exchange.ts';
import { isNhsNumber } from '../../simulate/nhs-number.ts';
import { ORDINARY, runExchange } from './run.ts';

const SMALL: SimulationOptions = { staff: 120, days: 10, seed: 3, ends_on: '2026-09-30' };

const REFERENCE_FIELDS: Record<string, { required: string; optional: string }> = {
  areas: { required: 'area_code name', optional: '' },
  organisations: {
    required: 'organisation_code name type area_code',
    optional: 'parent_code latitude longitude',
  },
  staff: {
    required: 'staff_id organisation_code',
    optional:
      'staff_id_system name surname role_code role_name team nhs_number date_of_birth address_key postcode manager_staff_id starts_on ends_on',
  },
  staff_identities: { required: 'staff_id_system staff_id person_key', optional: 'kind' },
  patients: {
    required: 'patient_id',
    optional:
      'surname date_of_birth sex gp_practice_code area_code address_key postcode latitude longitude died_on flags',
  },
  patient_contacts: { required: 'patient_id contact_patient_id', optional: 'relation' },
  patient_objections: {
    required: 'patient_id organisation_code',
    optional: 'starts_on ends_on upheld',
  },
  declared_ties: { required: 'staff_id patient_id', optional: 'staff_id_system relation' },
  care_relationships: {
    required: 'relationship_id patient_id organisation_code kind starts_at',
    optional: 'ends_at staff_id team related_organisation_code',
  },
  rosters: {
    required: 'staff_id organisation_code starts_at ends_at',
    optional: 'staff_id_system',
  },
};

const KEYS: Record<string, string> = {
  areas: 'area_code',
  organisations: 'organisation_code',
  staff: 'staff_id_system staff_id organisation_code',
  staff_identities: 'staff_id_system staff_id',
  patients: 'patient_id',
  patient_contacts: 'patient_id contact_patient_id',
  patient_objections: 'patient_id organisation_code',
  care_relationships: 'relationship_id',
  rosters: 'staff_id_system staff_id organisation_code starts_at',
};

describe('a run', () => {
  it('gives the same bytes for the same options, whatever the clock, the time zone and Math.random say', () => {
    const before = digestOf(SMALL);
    vi.useFakeTimers({ now: new Date('2031-01-01T00:00:00Z') });
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Pacific/Auckland';
    try {
      expect(digestOf(SMALL)).toBe(before);
    } finally {
      process.env['TZ'] = zone;
      vi.restoreAllMocks();
      vi.useRealTimers();
    }
  });

  it('differs for another seed, length or end', () => {
    const digests = [
      SMALL,
      { ...SMALL, seed: 4 },
      { ...SMALL, days: 11 },
      { ...SMALL, ends_on: '2026-09-29' },
    ].map(digestOf);
    expect(new Set(digests).size).toBe(4);
  });

  it('refuses options out of range before the first piece', () => {
    for (const wrong of [
      { staff: 19 },
      { staff: 50_001 },
      { days: 1 },
      { seed: -1 },
      { staff: 100.5 },
      { missed_share: 2 },
      { ends_on: '2026-02-30' },
    ]) {
      expect(() => simulateExchange({ ...SMALL, ...wrong }).next(), JSON.stringify(wrong)).toThrow(
        RangeError,
      );
    }
  });

  it('loses no relationship when feeds miss nothing, and all of them when they miss everything', () => {
    const kinds = (missed_share: number): number =>
      runExchange({ ...SMALL, missed_share }).reference('care_relationships').length;
    const [none, some, all] = [kinds(0), kinds(0.5), kinds(1)];
    expect(none).toBeGreaterThan(some);
    // What hard negatives stand on is recorded always.
    expect(all).toBeLessThan(none / 10);
  });
});

describe('reference data', () => {
  const { reference, files } = runExchange(ORDINARY);

  it.each(Object.entries(REFERENCE_FIELDS))(
    '%s carries the fields of the contract alone, none of them empty',
    (dataset, { required, optional }) => {
      const known = new Set(`${required} ${optional}`.split(' '));
      const wrong = reference(dataset).filter(
        (row) =>
          required.split(' ').some((name) => row[name] === undefined) ||
          Object.entries(row).some(([name, value]) => !known.has(name) || value === ''),
      );
      expect(reference(dataset).length).toBeGreaterThan(0);
      expect(wrong).toEqual([]);
    },
  );

  it.each(Object.entries(KEYS))('%s has no key twice', (dataset, fields) => {
    const keys = reference(dataset).map((row) =>
      fields
        .split(' ')
        .map((field) => row[field] ?? '')
        .join(' '),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('writes no file but those of the contract', () => {
    const names = [...files.keys()].filter((file) => !file.startsWith('events/')).sort();
    const datasets = Object.keys(REFERENCE_FIELDS).map((dataset) => `reference/${dataset}.ndjson`);
    const told_of = ['earlier/reference/as_of.json', 'reference/as_of.json'];
    const told = ['coverage.ndjson', 'hard_negatives.ndjson', 'truth.ndjson'];
    expect(names).toEqual(
      [...datasets, ...told_of, 'earlier/reference/patients.ndjson', ...told].sort(),
    );
  });

  it('has valid NHS numbers of the synthetic range alone', () => {
    const numbers = [
      ...reference('patients').map((row) => row['patient_id']),
      ...reference('staff').map((row) => row['nhs_number']),
    ];
    expect(
      numbers.filter(
        (number) => number !== undefined && !(number.startsWith('999') && isNhsNumber(number)),
      ),
    ).toEqual([]);
  });

  it('has every type of organisation, every area and a dozen or more patients for each member of staff', () => {
    expect(new Set(reference('organisations').map((row) => row['type'])).size).toBe(11);
    expect(new Set(reference('patients').map((row) => row['area_code'])).size).toBe(8);
    const share = reference('patients').length / ORDINARY.staff;
    expect(share).toBeGreaterThanOrEqual(12);
    expect(share).toBeLessThanOrEqual(27);
  });

  it('names organisations, patients and staff that exist', () => {
    const codes = new Set(reference('organisations').map((row) => row['organisation_code']));
    const patients = new Set(reference('patients').map((row) => row['patient_id']));
    const staff = new Set(
      reference('staff').map((row) => `${row['staff_id']} ${row['organisation_code']}`),
    );
    const wrong = reference('care_relationships').filter(
      ({ organisation_code, related_organisation_code, patient_id, staff_id }) =>
        !codes.has(organisation_code) ||
        (related_organisation_code !== undefined && !codes.has(related_organisation_code)) ||
        !patients.has(patient_id) ||
        (staff_id !== undefined && !staff.has(`${staff_id} ${organisation_code}`)),
    );
    expect(wrong).toEqual([]);
  });
});

function digestOf(options: SimulationOptions): string {
  const hash = createHash('sha256');
  for (const { file, text } of simulateExchange(options)) hash.update(`${file}\n${text}`);
  return hash.digest('hex');
}
