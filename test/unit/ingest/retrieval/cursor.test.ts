import { describe, expect, it } from 'vitest';
import { default_mapping } from '../../../../ingest/mapping.ts';
import { openCursor, sealCursor } from '../../../../ingest/retrieval/cursor.ts';
import { hashKey, type Source } from '../../../../ingest/sources.ts';

const source = (name: string, key: string): Source => ({
  source: name,
  version: 1,
  key_hash: hashKey(key),
  is_simulated: false,
  is_loopback_only: false,
  organisation_codes: [],
  default_staff_id_system: '',
  opening_rule: 'launch',
  is_ended: false,
  reads: 'own',
  certificate_hashes: [],
  mapping: default_mapping,
});

describe('a cursor', () => {
  const mine = source('mine', 'key');
  const sealed = sealCursor(mine, 'AuditEvent', { patients: ['9990000018'] });
  const refused = expect.objectContaining({ code: 'CURSOR_INVALID' });

  it('comes back as it was, to the source and the route that it is for', () => {
    expect(openCursor(mine, 'AuditEvent', sealed)).toEqual({ patients: ['9990000018'] });
  });

  it('says nothing, and never twice the same', () => {
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('9990000018');
    expect(sealCursor(mine, 'AuditEvent', { patients: ['9990000018'] })).not.toBe(sealed);
  });

  it('is refused to another source, another key, another route, and when a bit of it is flipped', () => {
    const bytes = Buffer.from(sealed, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const flipped = Buffer.from(bytes);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      expect(() => openCursor(mine, 'AuditEvent', flipped.toString('base64url'))).toThrow(refused);
    }
    for (const [other, purpose] of [
      [source('other', 'key'), 'AuditEvent'],
      [source('mine', 'other'), 'AuditEvent'],
      [mine, 'syslog'],
    ] as const) {
      expect(() => openCursor(other, purpose, sealed)).toThrow(refused);
    }
    for (const text of ['', 'x', sealed.slice(0, 20), 'A'.repeat(30_000)]) {
      expect(() => openCursor(mine, 'AuditEvent', text)).toThrow(refused);
    }
  });
});
