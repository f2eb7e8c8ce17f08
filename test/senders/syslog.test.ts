import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseMapping } from '../../ingest/mapping.ts';
import { changeSource } from '../../ingest/sources.ts';
import { system_clock } from '../../sql/clock.ts';
import { run, type Running } from '../integration/ingest/fixture.ts';
import { asSyslog, auditMessage } from '../support/audit-message.ts';
import { createAuthority, type Authority, type Certified } from '../support/certificates.ts';
import { useEngine } from '../support/engines.ts';
import { missingProgram } from './programs.ts';
import { defaultConfiguration, documentedConfiguration, startRsyslog } from './rsyslog.ts';
import { startTap } from './tap.ts';

const execute = promisify(execFile);
const no_openssl = missingProgram('openssl', ['openssl']);
const no_rsyslog = no_openssl || missingProgram('rsyslogd', ['rsyslog', 'rsyslog-openssl']);
const no_logger = no_openssl || missingProgram('logger', ['bsdutils']);
for (const why of new Set([no_rsyslog, no_logger]))
  if (why !== '') process.stderr.write(`Skipped: ${why}\n`);

describe('real senders of syslog', () => {
  const engine = useEngine('embedded');
  let authority: Authority;
  let server: Certified;
  let node: Certified;
  let running: Running;

  beforeAll(() => {
    if (no_openssl) return;
    authority = createAuthority();
    server = authority.issue('server');
    node = authority.issue('node');
  });
  beforeEach(async () => {
    running = await run(engine(), {
      limits: { sources_age_ms_max: 0 },
      syslog: {
        host: '127.0.0.1',
        tls: { port: 0, cert: server.cert, key: server.key, ca: authority.cert },
        plain: { tcp_port: 0, udp_port: 0, source: 'exchange' },
      },
    });
    const mapping = parseMapping({ default_organisation_code: 'RZZ01' });
    const changes = { certificate_hashes: [node.hash], mapping };
    await changeSource(engine().client, system_clock, 'exchange', changes, 'test', 'test');
  });
  afterEach(() => running.close());

  const port = (transport: 'syslog_tls' | 'syslog_tcp' | 'syslog_udp') =>
    running.ingest.syslog_ports[transport] ?? 0;
  const messages = (
    count: number,
    told: (at: number) => Parameters<typeof auditMessage>[0] = () => ({}),
  ) =>
    Array.from({ length: count }, (_value, at) =>
      Buffer.from(
        asSyslog(
          `${at % 2 === 0 ? '\ufeff' : ''}${auditMessage({ staff: `staff-${at}`, ...told(at) })}`,
        ),
      ),
    );
  /** No two pieces of it are alike: the same bytes are kept once. */
  const padding = (bytes: number, name: number) => {
    const words = Array.from({ length: bytes / 16 }, (_value, at) => `${name}-${at}=`.padStart(16));
    return { more: `<Padding>${words.join('')}</Padding>` };
  };
  const count = async (table: string) => {
    const [row] = await running.query<{ count: number }>(
      `SELECT toUInt32(count()) AS count FROM ${table}
       WHERE segment_id IN (SELECT segment_id FROM segments)`,
    );
    return row?.count ?? 0;
  };
  const waitForCount = (table: string, wanted: number) =>
    vi.waitFor(async () => expect(await count(table)).toBe(wanted), {
      timeout: 60_000,
      interval: 200,
    });

  it.skipIf(no_rsyslog)(
    'rsyslog over mutual TLS with octet counting delivers 10 000 messages byte for byte',
    async () => {
      const sent = messages(10_000, (at) => (at % 500 === 0 ? padding(100_000, at) : {}));
      const rsyslog = await startRsyslog((listen_port) =>
        documentedConfiguration({ listen_port, port: port('syslog_tls'), authority, client: node }),
      );
      try {
        await rsyslog.send(sent);
        await waitForCount('original_messages', sent.length);
      } finally {
        await rsyslog.stop();
      }
      const kept = await running.query<{ hash: string }>(
        "SELECT lower(hex(SHA256(raw))) AS hash FROM original_messages WHERE raw_encoding = 'utf8'",
      );
      const hashes = sent.map((each) => createHash('sha256').update(each).digest('hex'));
      expect(kept.map(({ hash }) => hash).sort()).toEqual(hashes.sort());
      expect(await count('access_events')).toBe(sent.length);
      expect(await count('ingest_rejects')).toBe(0);
    },
  );

  it.skipIf(no_rsyslog)(
    'rsyslog with its defaults has every piece of every message quarantined as mangled',
    async () => {
      const small = messages(200);
      const large = messages(20, (at) => ({ staff: `large-${at}`, ...padding(20_000, at) }));
      const line = await startTap(port('syslog_tcp'));
      const rsyslog = await startRsyslog((listen_port) =>
        defaultConfiguration({ listen_port, port: line.port }),
      );
      try {
        await rsyslog.send([...large, ...small]);
        // Lines come in their order, so with the end of the last message everything has come.
        await vi.waitFor(
          async () => {
            const [row] = await running.query<{ ends: number }>(
              `SELECT toUInt32(count()) AS ends FROM original_messages
               WHERE raw LIKE '%UserID="staff-199"%</AuditMessage>%'`,
            );
            expect(row?.ends).toBe(1);
          },
          { timeout: 60_000, interval: 100 },
        );
      } finally {
        await rsyslog.stop();
        line.stop();
      }
      const kept = await running.query<{ raw: string }>('SELECT raw FROM original_messages');
      const came = line.passed().toString().split('\n').filter(Boolean);
      expect(kept.map(({ raw }) => raw).sort()).toEqual([...new Set(came)].sort());
      // What rsyslog says of itself (that it has started, that it cut something) is no audit message.
      const pieces = await running.query<{ raw: string; code: string }>(
        `SELECT raw, code FROM original_messages AS message
         INNER JOIN ingest_rejects AS reject ON reject.message_id = message.message_id
         WHERE NOT match(raw, '^<\\d+>[^ ]+ [^ ]+ [^ ]+ [^ ]+ rsyslogd')`,
      );
      expect([...new Set(pieces.map(({ code }) => code))]).toEqual(['MESSAGE_MANGLED']);
      expect(pieces.length).toBeGreaterThanOrEqual(small.length + 3 * large.length);
      expect(await count('access_events')).toBe(0);
      for (const name of [...large.keys()].map((at) => `large-${at}`))
        expect(pieces.some(({ raw }) => raw.includes(`UserID="${name}"`))).toBe(true);
    },
  );

  const logger = (args: readonly string[], xml: string) =>
    execute('logger', [
      ...['--rfc5424', '--server', '127.0.0.1', '--msgid', 'IHE+DICOM', '--size', '200000'],
      ...args,
      ...['--', xml],
    ]);

  it.skipIf(no_logger)('logger delivers over TCP, counted and in lines, and over UDP', async () => {
    const counted = auditMessage({ staff: 'counted', ...padding(100_000, 1) });
    await logger(['--tcp', '--octet-count', '--port', String(port('syslog_tcp'))], counted);
    const line = auditMessage({ staff: 'line', between: '' }).replaceAll('\n', '');
    await logger(['--tcp', '--port', String(port('syslog_tcp'))], line);
    await logger(
      ['--udp', '--port', String(port('syslog_udp'))],
      auditMessage({ staff: 'datagram' }),
    );
    await waitForCount('access_events', 3);
    const stored = await running.query(
      `SELECT staff_id, transport FROM access_events AS event
       INNER JOIN original_messages AS message ON message.message_id = event.message_id
       ORDER BY staff_id`,
    );
    expect(stored).toEqual([
      { staff_id: 'counted', transport: 'syslog_tcp' },
      { staff_id: 'datagram', transport: 'syslog_udp' },
      { staff_id: 'line', transport: 'syslog_tcp' },
    ]);
  });
});
