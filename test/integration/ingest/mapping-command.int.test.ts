import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isTrial, tryMapping, withMappingText } from '../../../ingest/mapping-command.ts';
import { runSource } from '../../../ingest/source-command.ts';
import { addSource, knownSource } from '../../../ingest/sources.ts';
import { system_clock } from '../../../sql/clock.ts';
import { useEngine } from '../../support/engines.ts';

const fhir = {
  resourceType: 'AuditEvent',
  id: 'look-1',
  type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
  subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
  action: 'R',
  recorded: '2026-03-01T10:00:00Z',
  agent: [
    {
      type: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' },
        ],
      },
      who: { identifier: { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '555000000001' } },
      requestor: true,
    },
  ],
  source: { observer: { display: 'portal' } },
  entity: [
    {
      what: {
        identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' },
      },
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' },
      role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' },
    },
  ],
};

describe('npm run source -- mapping and reads', () => {
  const engine = useEngine('embedded');
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'access-audit-mapping-'));
    await writeFile(join(folder, 'sample.json'), JSON.stringify(fhir));
    await writeFile(join(folder, 'mapping.json'), '{"default_organisation_code":"RZZ01"}');
    await writeFile(join(folder, 'other.json'), '{"default_organisation_code":"RZZ02"}');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    await engine().truncate();
    await addSource(engine().client, system_clock, { source: 'hub', changed_by: 'test' });
  });

  const source = (...args: string[]) =>
    runSource(engine().client, system_clock, withMappingText(args));
  async function attempt(...args: string[]) {
    const printed: string[] = [];
    expect(isTrial(args)).toBe(true);
    const exit = await tryMapping(args, (asked) => source(...asked), system_clock, {
      progress: () => {},
      output: (text) => void printed.push(text),
    });
    return { exit, text: printed.join('') };
  }

  it('shows what a sample would become, or why not, with the place and how far it was read', async () => {
    const tried = await attempt('mapping', 'hub', '--try', join(folder, 'sample.json'));
    expect(tried.exit).toBe(1);
    expect(tried.text).toContain('refused: MESSAGE_ORGANISATION_UNKNOWN at AuditEvent.agent');
    expect(tried.text).toMatch(/staff_id +555000000001/);
    expect(tried.text).toContain('0 of 1 samples are taken whole');
  });

  it('shows what another mapping would change, and changes nothing', async () => {
    await source('mapping', 'hub', '--set', join(folder, 'mapping.json'), '--reason', 'first');
    const tried = await attempt(
      'mapping',
      'hub',
      '--set',
      join(folder, 'other.json'),
      `--try=${join(folder, 'sample.json')}`,
    );
    expect(tried.exit).toBe(0);
    expect(tried.text).toMatch(/organisation_code +RZZ02 {3}\(was RZZ01\)/);
    expect(tried.text).toContain('As it would be: 1 of 1 samples are taken whole, as 1 event');
    const { mapping, version } = await knownSource(engine().client, 'hub');
    expect(mapping.default_organisation_code).toBe('RZZ01');
    expect(version).toBe(2);
    expect(await engine().client.rows({ name: 'test', text: 'SELECT 1 FROM segments' })).toEqual(
      [],
    );
  });

  it('gives all of it as JSON', async () => {
    const tried = await attempt(
      'mapping',
      'hub',
      '--json',
      '--set',
      join(folder, 'other.json'),
      '--try',
      join(folder, 'sample.json'),
    );
    expect(JSON.parse(tried.text)).toMatchObject({
      samples: [
        {
          present: { events: [], refusals: [{ code: 'MESSAGE_ORGANISATION_UNKNOWN' }] },
          proposed: { events: [{ organisation_code: 'RZZ02' }], refusals: [] },
        },
      ],
    });
  });

  it('prints a mapping that can be set again, and keeps why each version was made', async () => {
    await writeFile(join(folder, 'printed.json'), await source('mapping', 'hub'));
    await source('mapping', 'hub', '--set', join(folder, 'printed.json'), '--reason', 'the same');
    const rows = await engine().client.rows({
      name: 'test',
      text: 'SELECT change_reason FROM source_versions ORDER BY version',
    });
    expect(rows).toEqual([{ change_reason: '' }, { change_reason: 'the same' }]);
  });

  it.each([
    ['{"default_organisation": 1', 'MAPPING_INVALID'],
    ['{"user_code": []}', 'MAPPING_INVALID'],
    ['{"actions": {"X": "open"}}', 'MAPPING_INVALID'],
    ['{"time_zone": "Europe/Nowhere"}', 'MAPPING_INVALID'],
  ])('refuses the mapping %s', async (text, code) => {
    await writeFile(join(folder, 'wrong.json'), text);
    await expect(
      source('mapping', 'hub', '--set', join(folder, 'wrong.json'), '--reason', 'x'),
    ).rejects.toMatchObject({ code });
  });

  it.each([
    [['mapping', 'hub', '--set', 'MAPPING'], 'SOURCE_USAGE'],
    [['mapping', 'nobody'], 'SOURCE_UNKNOWN'],
    [['mapping', 'hub', '--set', 'missing.json', '--reason', 'x'], 'SAMPLE_UNREADABLE'],
    [['reads', 'hub', 'everything'], 'SOURCE_USAGE'],
    [['reads', 'nobody', 'own'], 'SOURCE_UNKNOWN'],
  ])('refuses %j', async (args, code) => {
    const given = args.map((arg) => (arg === 'MAPPING' ? join(folder, 'mapping.json') : arg));
    await expect((async () => source(...given))()).rejects.toMatchObject({ code });
  });

  it('says what a key may read, and changes it', async () => {
    expect(await source('reads', 'hub', 'all')).toContain('what every source sent');
    expect((await knownSource(engine().client, 'hub')).reads).toBe('all');
    expect(await source('list')).toContain('may read what every source sent');
  });
});
