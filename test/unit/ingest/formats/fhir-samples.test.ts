/** Published AuditEvents, where they are at hand (SAMPLES_DIR): read, or refused with a code, and none by a throw. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { record_codes } from '../../../../ingest/codes.ts';
import { readFhir } from '../../../../ingest/formats/fhir.ts';
import { default_mapping, parseMapping, type Mapping } from '../../../../ingest/mapping.ts';
import { expected_events, expected_samples } from './fhir-samples.ts';

const samples = process.env['SAMPLES_DIR'] ?? '';

describe.skipIf(samples === '')('published AuditEvents', () => {
  const folders =
    samples === '' ? [] : readdirSync(samples).filter((name) => /^(?:fhir|nhs)-/.test(name));
  const files = folders.flatMap((folder) =>
    readdirSync(join(samples, folder)).map((file) => `${folder}/${file}`),
  );

  it('each become an event or are refused with a known code, twice the same', () => {
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const first = read(file, default_mapping);
      expect([file, first.events.length + first.refusals.length > 0]).toEqual([file, true]);
      for (const { code, message } of first.refusals) {
        expect(record_codes).toHaveProperty(code);
        expect(message).not.toBe('');
      }
      expect(read(file, default_mapping)).toEqual(first);
    }
  });

  it('of the folders of invalid ones are refused, whatever the mapping', () => {
    const generous = parseMapping({
      default_organisation_code: 'RZZ01',
      is_bare_patient_id_nhs_number: true,
      actions: { C: 'view', R: 'view', U: 'view', D: 'view', E: 'view' },
    });
    const invalid = files.filter((file) => file.split('/')[0]?.endsWith('-invalid'));
    expect(invalid.length).toBeGreaterThan(0);
    for (const file of invalid) expect([file, read(file, generous).events]).toEqual([file, []]);
  });

  it('of the folders of valid ones follow the standard', () => {
    const valid = files.filter((file) => !file.split('/')[0]?.endsWith('-invalid'));
    const at_fault = valid.filter((file) =>
      read(file, default_mapping).refusals.some(({ code }) => code === 'MESSAGE_FIELD_VALUE'),
    );
    expect(at_fault).toEqual([]);
  });

  it.each(expected_samples.map((each) => [each.file, each] as const))('%s', (file, expected) => {
    const { format, refusals, drafts } = read(file, default_mapping);
    expect(format).toBe(expected.format);
    expect(refusals.map(({ code }) => code.replace('MESSAGE_', ''))).toEqual(expected.codes);
    if (expected.drafts.length > 0) expect(drafts).toEqual(expected.drafts);
  });

  it.each(Object.entries(expected_events))('%s, with an organisation', (file, fields) => {
    const { events, refusals } = read(file, parseMapping({ default_organisation_code: 'RZZ01' }));
    expect([events, refusals]).toEqual([[fields], []]);
  });
});

function read(file: string, mapping: Mapping) {
  const type = file.endsWith('.xml') ? 'application/fhir+xml' : 'application/fhir+json';
  return readFhir(readFileSync(join(samples, file)), type, mapping);
}
