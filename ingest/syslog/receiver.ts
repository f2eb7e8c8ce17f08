/** The syslog receiver: listens over TLS with mutual authentication, and over plain TCP and UDP where switched on. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { CodedError, messageOf } from '../../sql/errors.ts';
import { createByteBudget } from '../http/byte-budget.ts';
import { isLoopback, type Source } from '../sources.ts';
import { serveConnection, type Connection } from './connection.ts';
import type { SyslogTransport } from './counts.ts';
import { receiveDatagrams } from './datagrams.ts';
import type { SyslogSettings } from './settings.ts';
import type { TakingParts } from './take-frames.ts';

export interface ReceiverParts extends TakingParts {
  /** The source that a client certificate speaks for, by SHA-256 in hex; undefined where none does. */
  sourceOfCertificate(hash: string): Promise<Source | undefined>;
  /** The source of that name, unless it has ended. */
  sourceNamed(name: string): Promise<Source | undefined>;
}

export interface SyslogReceiver {
  /** Where it listens, by transport, e.g. `{ syslog_tls: 6514 }`. */
  readonly ports: Readonly<Partial<Record<SyslogTransport, number>>>;
  openConnections(): number;
  /** Lets no sender in any more, reads what they had under way, and returns when it is on disk. */
  close(): Promise<void>;
}

/**
 * Listens. A sender over TLS is known by its certificate, and without a source for it nothing of it is read.
 *
 * @throws CodedError CONFIG_INVALID, PORT_IN_USE
 */
export async function startSyslog(
  settings: SyslogSettings,
  parts: ReceiverParts,
): Promise<SyslogReceiver> {
  const { limits, log, counts } = parts;
  const large = createByteBudget(limits.syslog_large_bytes_max, wait_ms_max);
  const given_up = new AbortController();
  const taking = { ...parts, give_up: given_up.signal };
  const connections = new Set<Connection>();
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const ports: Partial<Record<SyslogTransport, number>> = {};
  let datagrams: { socket: DatagramSocket; drained: () => Promise<void> } | undefined;

  function serve(
    socket: Socket,
    transport: SyslogTransport,
    source: Source,
    sourceNow: () => Promise<Source | undefined>,
  ): void {
    counts.countConnection(transport, 'accepted');
    const connection = serveConnection(socket, transport, source, sourceNow, { ...taking, large });
    connections.add(connection);
    void connection.done.finally(() => connections.delete(connection));
  }

  async function admitCertificate(socket: TLSSocket): Promise<void> {
    const hash = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
    const find = async () => (hash === undefined ? undefined : parts.sourceOfCertificate(hash));
    const source = await find();
    const is_elsewhere = source?.is_loopback_only && !isLoopback(socket.remoteAddress ?? '');
    if (source && !is_elsewhere) return serve(socket, 'syslog_tls', source, find);
    counts.countConnection('syslog_tls', 'certificate_unknown');
    log.warn(
      {
        code: 'SYSLOG_CERTIFICATE_UNKNOWN',
        certificate_sha256: hash,
        address: socket.remoteAddress,
      },
      'no source has this certificate; add it with: npm run source -- certificate NAME FILE.pem',
    );
    socket.destroy();
  }

  async function admitPlain(socket: Socket, name: string): Promise<void> {
    const find = () => parts.sourceNamed(name);
    const source = await find();
    if (source) return serve(socket, 'syslog_tcp', source, find);
    counts.countConnection('syslog_tcp', 'source_ended');
    socket.destroy();
  }

  function admit(socket: Socket, transport: SyslogTransport, admission: () => Promise<void>): void {
    socket.on('error', () => {});
    if (connections.size >= limits.syslog_connections_max) {
      counts.countConnection(transport, 'too_many');
      log.warn({ transport }, 'a syslog connection was refused: there are too many');
      socket.destroy();
      return;
    }
    admission().catch((error: unknown) => {
      log.warn({ transport, detail: messageOf(error) }, 'a syslog connection was not let in');
      socket.destroy();
    });
  }

  async function listenTls({ port, cert, key, ca }: NonNullable<SyslogSettings['tls']>) {
    const server = createTlsServer({
      cert,
      key,
      ca,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: limits.syslog_handshake_ms,
      allowHalfOpen: true,
      noDelay: true,
    });
    server.on('secureConnection', (socket) =>
      admit(socket, 'syslog_tls', () => admitCertificate(socket)),
    );
    server.on('tlsClientError', (error, socket) => {
      counts.countConnection('syslog_tls', 'handshake_failed');
      const reason: unknown = socket.authorizationError ?? (error as { code?: string }).code;
      log.info({ reason, address: socket.remoteAddress }, 'a TLS handshake for syslog failed');
    });
    await listen(server, port, 'SYSLOG_PORT');
    ports.syslog_tls = (server.address() as AddressInfo).port;
  }

  async function listen(server: Server, port: number, variable: string): Promise<void> {
    server.maxConnections = limits.syslog_connections_max * 2;
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen(port, settings.host);
    await once(server, 'listening').catch((cause: unknown) => inUse(cause, port, variable));
    servers.push(server);
  }

  function inUse(cause: unknown, port: number, variable: string): never {
    if ((cause as { code?: string }).code !== 'EADDRINUSE') throw cause;
    throw new CodedError(
      'PORT_IN_USE',
      `Port ${port} on ${settings.host} is in use. Stop what uses it, or set ${variable} to another.`,
      { cause },
    );
  }

  async function listenPlain({ tcp_port, udp_port, source }: NonNullable<SyslogSettings['plain']>) {
    const known = await parts.sourceNamed(source);
    if (!known) {
      throw new CodedError(
        'CONFIG_INVALID',
        `SYSLOG_PLAIN_SOURCE names no source that may send: ${source}. See: npm run source -- list`,
      );
    }
    if (known.is_loopback_only && !isLoopback(settings.host)) {
      throw new CodedError(
        'CONFIG_INVALID',
        `SYSLOG_PLAIN_SOURCE names ${source}, which may send from the machine itself only, and SYSLOG_HOST is not that. Add a source.`,
      );
    }
    if (tcp_port !== undefined) {
      const server = createServer({ allowHalfOpen: true });
      server.on('connection', (socket) =>
        admit(socket, 'syslog_tcp', () => admitPlain(socket, source)),
      );
      await listen(server, tcp_port, 'SYSLOG_TCP_PORT');
      ports.syslog_tcp = (server.address() as AddressInfo).port;
    }
    if (udp_port !== undefined) {
      const socket = createSocket(settings.host.includes(':') ? 'udp6' : 'udp4');
      const drained = receiveDatagrams(socket, () => parts.sourceNamed(source), taking);
      socket.bind(udp_port, settings.host);
      await once(socket, 'listening').catch((cause: unknown) =>
        inUse(cause, udp_port, 'SYSLOG_UDP_PORT'),
      );
      datagrams = { socket, drained };
      ports.syslog_udp = socket.address().port;
    }
  }

  async function close(): Promise<void> {
    const closed = servers.map((server) => once(server.close(), 'close'));
    datagrams?.socket.close();
    // A spool that stays full would keep the process for ever.
    const patience = setTimeout(() => given_up.abort(), limits.syslog_close_ms_max);
    for (const connection of connections) connection.close();
    await Promise.all([...connections].map(({ done }) => done));
    await datagrams?.drained();
    // Those that were still shaking hands.
    for (const socket of sockets) socket.destroy();
    clearTimeout(patience);
    await Promise.all(closed);
  }

  try {
    if (settings.tls) await listenTls(settings.tls);
    if (settings.plain) await listenPlain(settings.plain);
  } catch (error) {
    await close();
    throw error;
  }
  log.info({ ports, host: settings.host }, 'syslog listens');
  return { ports, openConnections: () => connections.size, close };
}

/** As long as a timer goes: a sender of a large message is slowed down by waiting, and not told. */
const wait_ms_max = 2 ** 31 - 1;
