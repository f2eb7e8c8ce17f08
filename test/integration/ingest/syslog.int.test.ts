import { createHash, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { IngestLimits } from '../../../ingest/limits.ts';
import { parseMapping } from '../../../ingest/mapping.ts';
import { runSource } from '../../../ingest/source-command.ts';
import { changeSource, endSource } from '../../../ingest/sources.ts';
import type { FaultPoint } from '../../../ingest/spool/segment-file.ts';
import { syslogSettings } from '../../../ingest/syslog/settings.ts';
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
  let stranger: Certified;
  let running: Running;

  beforeAll(() => {
    authority = createAuthority();
    server = authority.issue('server');
    node = authority.issue('node');
    stranger = authority.issue('stranger');
  });
  afterEach(() => running.close());

  const start = async (options: { limits?: Partial<IngestLimits>; fault?: FaultPoint } = {}) => {
    running = await run(engine(), {
      ...options,
      limits: { sources_age_ms_max: 0, syslog_retry_ms_min: 10, ...options.limits },
      syslog: {
        host: '127.0.0.1',
        tls: { port: 0, cert: server.cert, key: server.key, ca: authority.cert },
        plain: { tcp_port: 0, udp_port: 0, source: 'exchange' },
      },
    });
    const mapping = parseMapping({ default_organisation_code: 'RZZ01' });
    const changes = { certificate_hashes: [node.hash], mapping };
    await changeSource(engine().client, system_clock, 'exchange', changes, 'test', 'test');
  };
  const known = () => ({ cert: node.cert, key: node.key });
  const sender = async (options: ConnectionOptions = known()) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: running.ingest.syslog_ports.syslog_tls,
      ca: authority.cert,
      ...options,
    });
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    return socket;
  };
  const plainSender = async () => {
    const socket = connectPlain(running.ingest.syslog_ports.syslog_tcp ?? 0, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const message = (staff: string, more?: string) =>
    asSyslog(auditMessage({ staff, ...(more !== undefined && { more }) }));
  const staff = () =>
    running
      .query<{ staff_id: string }>(
        `SELECT staff_id FROM access_events
         WHERE segment_id IN (SELECT segment_id FROM segments) ORDER BY staff_id`,
      )
      .then((rows) => rows.map(({ staff_id }) => staff_id));
  const codes = () =>
    running
      .query<{ code: string }>('SELECT code FROM ingest_rejects ORDER BY code')
      .then((rows) => rows.map(({ code }) => code));
  const until = <T>(look: () => Promise<T>, wanted: T) =>
    vi.waitFor(async () => expect(await look()).toEqual(wanted), { timeout: 45_000, interval: 50 });
  const metric = async (labels: string) => {
    const text = await (await fetch(`${running.ingest.address}/metrics`)).text();
    return (
      text
        .split('\n')
        .find((line) => line.includes(labels))
        ?.split(' ')
        .at(-1) ?? '0'
    );
  };

  it('stores what a sender with a known certificate sends, byte for byte', async () => {
    await start();
    const xml = auditMessage();
    const text = asSyslog(`\ufeff${xml}`);
    (await sender()).end(counted(text));
    await until(staff, ['555000000001']);
    expect(
      await running.query('SELECT raw, transport, format, message_id FROM original_messages'),
    ).toEqual([
      {
        raw: text,
        transport: 'syslog_tls',
        format: 'dicom',
        message_id: createHash('sha256').update(text).digest('hex'),
      },
    ]);
    expect(await running.query('SELECT event_id FROM access_events')).toEqual([
      { event_id: createHash('sha256').update(xml).digest('hex') },
    ]);
    expect(await metric('transport="syslog_tls",outcome="taken"')).toBe('1');
  });

  it('takes a message of 100 000 bytes, and lines and counts on one connection', async () => {
    await start();
    const socket = await sender();
    socket.write(`${message('a').replaceAll('\n', ' ')}\n`);
    socket.write(counted(message('b', `<x>${'y'.repeat(100_000)}</x>`)));
    socket.end(counted(message('c')));
    await until(staff, ['a', 'b', 'c']);
  });

  it('refuses what is too long, keeps its beginning, and goes on', async () => {
    await start({ limits: { syslog_message_bytes_max: 70_000 } });
    const socket = await sender();
    socket.end(
      Buffer.concat([counted(message('a', `<x>${'y'.repeat(80_000)}</x>`)), counted(message('b'))]),
    );
    await until(staff, ['b']);
    await until(codes, ['MESSAGE_TOO_LARGE']);
  });

  it('keeps a message that its sender broke off', async () => {
    await start();
    const socket = await sender();
    socket.end(counted(message('a')).subarray(0, 300));
    await until(codes, ['MESSAGE_MANGLED']);
    expect(await metric('outcome="cut_short"')).toBe('1');
  });

  const refusedBy = async (options: ConnectionOptions) => {
    const socket = await sender(options).catch(() => undefined);
    if (!socket) return;
    // The alert of the other side is an error, and not what is waited for.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(counted(message('nobody')));
    await closed;
  };

  it('reads nothing from a sender without a certificate, or with one of another authority', async () => {
    await start();
    const other = createAuthority('Another authority').issue('node');
    await refusedBy({});
    await refusedBy({ cert: other.cert, key: other.key });
    await until(() => metric('transport="syslog_tls",outcome="handshake_failed"'), '2');
    expect(await staff()).toEqual([]);
  });

  it('reads nothing from a sender whose certificate speaks for no source, until it does', async () => {
    await start();
    const options = { cert: stranger.cert, key: stranger.key };
    await refusedBy(options);
    await until(() => metric('outcome="certificate_unknown"'), '1');
    const hash = new X509Certificate(stranger.cert).fingerprint256;
    const said = await runSource(engine().client, system_clock, ['certificate', 'exchange', hash]);
    expect(said).toContain(stranger.hash);
    (await sender(options)).end(counted(message('stranger')));
    await until(staff, ['stranger']);
  });

  it('refuses TLS 1.1', async () => {
    await start();
    await expect(
      sender({ ...known(), minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }),
    ).rejects.toThrow();
  });

  it('takes TLS 1.2', async () => {
    await start();
    (await sender({ ...known(), maxVersion: 'TLSv1.2' })).end(counted(message('a')));
    await until(staff, ['a']);
  });

  it('ends the connection of a source that has ended, and keeps what had come', async () => {
    await start();
    const socket = await sender();
    socket.write(counted(message('a')));
    await until(staff, ['a']);
    const closed = once(socket, 'close');
    await endSource(engine().client, system_clock, 'exchange', 'test');
    socket.write(counted(message('b')));
    socket.resume();
    await closed;
    expect(await metric('outcome="source_ended"')).toBe('1');
  });

  it('takes plain TCP and UDP for the source that is named', async () => {
    await start();
    (await plainSender()).end(counted(message('tcp')));
    const socket = createSocket('udp4');
    socket.send(message('udp'), running.ingest.syslog_ports.syslog_udp ?? 0, '127.0.0.1', () =>
      socket.close(),
    );
    await until(staff, ['tcp', 'udp']);
  });

  it('does not listen elsewhere for a source that may send from the machine itself only', async () => {
    const begun = run(engine(), {
      source: { is_loopback_only: true },
      syslog: { host: '0.0.0.0', plain: { tcp_port: 0, source: 'exchange' } },
    });
    await expect(begun).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await engine().truncate();
    await start();
  });

  it('tries again until the disk takes a message', async () => {
    let failures = 0;
    await start({
      fault: (step) => {
        if (step === 'spool.sync' && failures++ < 3) throw new Error('Injected.');
      },
    });
    (await sender()).end(counted(message('a')));
    await until(staff, ['a']);
    expect(failures).toBeGreaterThan(3);
  });

  it('slows a sender down while the spool is full, and loses nothing', async () => {
    let is_stuck = true;
    await start({
      limits: { spool_bytes_max: 200_000, room_wait_ms_max: 20, load_retry_ms_max: 20 },
      fault: (step) => {
        if (step === 'spool.remove' && is_stuck) throw new Error('Injected.');
      },
    });
    const socket = await sender();
    const count = 40;
    const names = Array.from({ length: count }, (_value, at) => `staff-${1_000 + at}`);
    const padding = `<x>${'y'.repeat(20_000)}</x>`;
    const all = Buffer.concat(names.map((name) => counted(message(name, padding))));
    const written = new Promise((resolve) => socket.write(all, resolve));
    await until(async () => (await staff()).length > 0, true);
    expect((await staff()).length).toBeLessThan(count);
    is_stuck = false;
    await written;
    socket.end();
    await until(staff, names);
  });

  it('stores what it has read when it is closed', async () => {
    await start();
    const socket = await sender();
    for (const name of ['a', 'b', 'c']) socket.write(counted(message(name)));
    await until(() => metric('transport="syslog_tls",outcome="taken"'), '3');
    socket.write(counted(message('d')));
    await running.restart();
    await until(async () => (await staff()).slice(0, 3), ['a', 'b', 'c']);
  });

  it('takes audit XML over HTTP, and the same message twice is one event', async () => {
    await start();
    const xml = auditMessage({ staff: 'http' });
    const post = () =>
      fetch(`${running.ingest.address}/audit-messages?wait=loaded`, {
        method: 'POST',
        headers: { 'content-type': 'application/xml', authorization: `Bearer ${running.key}` },
        body: xml,
      }).then((response) => response.json());
    expect(await post()).toMatchObject({ accepted: 1, stored: 1 });
    (await sender()).end(counted(asSyslog(xml)));
    await until(() => metric('outcome="taken"'), '1');
    expect(await post()).toMatchObject({ accepted: 1, stored: 0, duplicates: 1 });
    expect(await staff()).toEqual(['http']);
  });

  it.each([
    ['SYSLOG_TLS_CERT', { SYSLOG_PORT: 0 }],
    ['SYSLOG_TLS_CA', { SYSLOG_TLS_CA: '/nowhere' }],
    ['SYSLOG_PLAIN_SOURCE', { SYSLOG_TCP_PORT: 0 }],
    ['SYSLOG_PLAIN_SOURCE', { SYSLOG_PLAIN_SOURCE: 'exchange' }],
  ])('names %s where the configuration is wrong', async (name, values) => {
    await start();
    const none = {
      SYSLOG_HOST: '127.0.0.1',
      SYSLOG_PORT: undefined,
      SYSLOG_TLS_CERT: undefined,
      SYSLOG_TLS_KEY: undefined,
      SYSLOG_TLS_CA: undefined,
      SYSLOG_TCP_PORT: undefined,
      SYSLOG_UDP_PORT: undefined,
      SYSLOG_PLAIN_SOURCE: undefined,
    };
    expect(syslogSettings(none)).toBeUndefined();
    expect(() => syslogSettings({ ...none, ...values })).toThrow(name);
  });

  it('reads its certificates, and refuses a key that is not theirs', async () => {
    await start();
    const files = {
      SYSLOG_HOST: '127.0.0.1',
      SYSLOG_PORT: 0,
      SYSLOG_TLS_CERT: server.cert_path,
      SYSLOG_TLS_KEY: server.key_path,
      SYSLOG_TLS_CA: authority.cert_path,
      SYSLOG_TCP_PORT: undefined,
      SYSLOG_UDP_PORT: undefined,
      SYSLOG_PLAIN_SOURCE: undefined,
    };
    expect(syslogSettings(files)).toMatchObject({ tls: { port: 0 } });
    expect(() => syslogSettings({ ...files, SYSLOG_TLS_KEY: node.key_path })).toThrow(
      'SYSLOG_TLS_KEY',
    );
  });
});
