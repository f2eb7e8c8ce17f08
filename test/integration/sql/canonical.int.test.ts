import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalV1, leafHashV1, type StoredEvent } from '../../../sql/canonical.ts';
import { parseStatement, project_root } from '../../../sql/statement.ts';
import { onEachEngine } from '../../support/engines.ts';

const awkward = fc.string({
  unit: fc.constantFrom('a', ':', ',', '[', ']', '1', 'é', '🙂', '\\', "'", '\n', '\t'),
  maxLength: 12,
});
const stored_event: fc.Arbitrary<Omit<StoredEvent, 'salt'>> = fc.record({
  ...(Object.fromEntries(
    [
      'source',
      'event_id',
      'action',
      'outcome',
      'trigger',
      'staff_id',
      'staff_id_system',
      'staff_name',
      'role_code',
      'role_name',
      'organisation_code',
      'site_code',
      'application',
      'session_id',
      'launch_id',
      'device_id',
      'ip_address',
      'patient_id',
      'section',
      'document_id',
      'purpose',
      'override',
      'reason',
      'search_terms',
      'segment_id',
      'message_id',
    ].map((name) => [name, awkward]),
  ) as Record<string, typeof awkward>),
  occurred_at: fc.integer({ min: 946_684_800_000, max: 4_000_000_000_000 }),
  received_at: fc.integer({ min: 946_684_800_000, max: 4_000_000_000_000 }),
  supplier_codes: fc.array(awkward, { maxLength: 3 }),
  search_results: fc.array(awkward, { maxLength: 3 }),
  load_seq: fc.integer({ min: 0, max: 2 ** 40 }),
  segment_position: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
}) as never;

onEachEngine('canonical bytes', (engine) => {
  async function storedBytes(events: readonly Omit<StoredEvent, 'salt'>[]): Promise<string[]> {
    await engine().truncate();
    await engine().client.insert(
      'access_events',
      events.map((event, index) => ({
        ...event,
        salt: '0'.repeat(16),
        day: '2026-01-05',
        organisation_code: event.organisation_code,
        site_code: event.site_code,
        document_id: `${event.document_id}`,
        reason: event.reason,
        device_id: `${index}`,
      })),
    );
    const rows = await engine().client.rows<{ hex: string }>(
      parseStatement(
        't',
        'SELECT hex(canonical_v1) AS hex FROM access_events ORDER BY toUInt32(device_id)',
      ),
    );
    return rows.map(({ hex }) => hex.toLowerCase());
  }

  it('are the same in SQL and in TypeScript, whatever the fields hold', async () => {
    const events = fc
      .sample(stored_event, { numRuns: 300, seed: 7 })
      .map((event, index) => ({ ...event, device_id: `${index}` }));
    const expected = events.map((event) =>
      canonicalV1({ ...event, salt: Buffer.alloc(16) }).toString('hex'),
    );
    expect(await storedBytes(events)).toEqual(expected);
  });

  it('agree with the published vectors', async () => {
    const file = join(project_root, 'sql', 'canonical-vectors.json');
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
      event: StoredEvent & { salt_hex: string; device_id: string };
      canonical_hex: string;
      leaf_hex: string;
    }[];
    for (const vector of vectors) {
      const event = { ...vector.event, salt: Buffer.from(vector.event.salt_hex, 'hex') };
      expect(canonicalV1(event).toString('hex')).toBe(vector.canonical_hex);
      expect(leafHashV1(event).toString('hex')).toBe(vector.leaf_hex);
    }
    const inStore = await storedBytes(
      vectors
        .map(({ event }, index) => ({ ...event, device_id: `${index}` }))
        .map(({ salt_hex: _, ...event }) => event as never),
    );
    expect(inStore).toHaveLength(vectors.length);
  });
});
