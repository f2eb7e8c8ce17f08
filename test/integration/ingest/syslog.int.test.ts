import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { IngestLimits } from '../../../ingest/limits.ts';
import { parseMapping } from '../../../ingest/mapping.ts';
import { changeSource } from '../../../ingest/sources.ts';
import type { FaultPoint } from '../../../ingest/spool/segment-file.ts';
import { system_clock } from '../../../sql/clock.ts';
import { asSyslog, auditMessage, counted } from '../../support/audit-message.ts';
import { createAuthority, type Authority, type Certified } from '../../support/certificates.ts';
import { useEngine } from '../../support/engines.ts';
import { run, type Running } from './fixture.ts';

describe('syslog', () => {
  const engine = useEngine('embedded');
  let authority: Authority;
  let server: Certified;
  let node: Certified;
  let running: Running;

  beforeAll(() => {
    authority = createAuthority();
    server = authority.issue('server');
    node = authority.issue('node');
  });
  afterEach(() => running.close());

  const start = async (options: { limits?: Partial<IngestLimits>; fault?: FaultPoint } = {}) => {
    running = await run(engine(), {
      ...options,
      syslog: {
        host: '127.0.0.1',
        tls: { port: 0, cert: server.cert, key: server.key, ca: authority.cert },
      },
    });
    await changeSource(
      engine().client,
      system_clock,
      'exchange',
      {
        certificate_hashes: [node.hash],
        mapping: parseMapping({ default_organisation_code: 'RZZ01' }),
      },
      'test',
      'test',
    );
  };

  const sender = async (options: ConnectionOptions = { cert: node.cert, key: node.key }) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: running.ingest.syslog_ports.syslog_tls,
      ca: authority.cert,
      ...options,
    });
    await once(socket, 'secureConnect');
    return socket;
  };
  const loaded = (count: number) =>
    vi.waitFor(
      async () => {
        const rows = await running.query<{ event_id: string; patient_id: string }>(
          `SELECT event_id, patient_id, message_id FROM access_events
           WHERE segment_id IN (SELECT segment_id FROM segments)
           ORDER BY received_at, segment_position`,
        );
        expect(rows).toHaveLength(count);
        return rows;
      },
      { timeout: 20_000, interval: 50 },
    );

  it('stores what a sender with a known certificate sends, byte for byte', async () => {
    await start();
    const xml = auditMessage();
    const message = asSyslog(`\ufeff${xml}`);
    const socket = await sender();
    socket.end(counted(message));
    const [stored] = await loaded(1);
    expect(stored?.event_id).toBe(createHash('sha256').update(xml).digest('hex'));
    const [kept] = await running.query<{ raw: string }>(
      'SELECT raw, transport, format FROM original_messages',
    );
    expect(kept).toEqual({ raw: message, transport: 'syslog_tls', format: 'dicom' });
  });
});
