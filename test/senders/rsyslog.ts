/** An rsyslog of our own: with its own configuration, working directory and process, which takes messages and forwards them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Authority, Certified } from '../support/certificates.ts';

export interface Rsyslog {
  /** Sends messages to it, octet-counted, as a local node does. */
  send(messages: readonly Buffer[]): Promise<void>;
  stop(): Promise<void>;
}

/** How the README of ingest says that rsyslog has to be set up. */
export function documentedConfiguration(parts: {
  readonly listen_port: number;
  readonly port: number;
  readonly authority: Authority;
  readonly client: Certified;
}): string {
  const { listen_port, port, authority, client } = parts;
  return `
global(
  maxMessageSize="8m"
  parser.escapeControlCharactersOnReceive="off"
  defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="${authority.cert_path}"
  defaultNetstreamDriverCertFile="${client.cert_path}"
  defaultNetstreamDriverKeyFile="${client.key_path}"
)
module(load="imptcp")
input(type="imptcp" address="127.0.0.1" port="${listen_port}" supportOctetCountedFraming="on" maxFrameSize="8388608")
template(name="asReceived" type="string" string="%rawmsg%")
action(
  type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp"
  template="asReceived" tcp_Framing="octet-counted"
  streamDriver="ossl" streamDriverMode="1" streamDriverAuthMode="x509/name" streamDriverPermittedPeers="server"
  queue.type="linkedList" queue.size="200000" action.resumeRetryCount="-1" action.resumeInterval="1"
)
`;
}

/** Nothing but where to: what an administrator gets who adds one line to a fresh installation. */
export function defaultConfiguration(parts: {
  readonly listen_port: number;
  readonly port: number;
}): string {
  return `
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="${parts.listen_port}")
*.* @@127.0.0.1:${parts.port}
`;
}

export async function startRsyslog(configure: (listen_port: number) => string): Promise<Rsyslog> {
  const folder = await mkdtemp(join(tmpdir(), 'access-audit-rsyslog-'));
  const port = await freePort();
  const path = join(folder, 'rsyslog.conf');
  await writeFile(path, `global(workDirectory="${folder}")\n${configure(port)}`);
  const running = spawn('rsyslogd', ['-n', '-f', path, '-i', join(folder, 'pid')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  running.stdout.on('data', (text: Buffer) => (said += text.toString()));
  running.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const exited = once(running, 'exit');
  await vi.waitFor(
    async () => {
      if (running.exitCode !== null) throw new Error(`rsyslogd has ended: ${said}`);
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
    },
    { timeout: 20_000, interval: 50 },
  );
  return {
    async send(messages) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      for (const message of messages) {
        const is_room = socket.write(Buffer.concat([Buffer.from(`${message.length} `), message]));
        if (!is_room) await once(socket, 'drain');
      }
      socket.end();
      await once(socket, 'close');
    },
    async stop() {
      if (running.exitCode === null) running.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
