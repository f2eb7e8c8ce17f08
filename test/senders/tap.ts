/** A wire with a tap: passes what a sender says on to the receiver, and keeps it, so that it can be known what came. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

export interface Tap {
  readonly port: number;
  passed(): Buffer;
  stop(): void;
}

export async function startTap(to_port: number): Promise<Tap> {
  const passed: Buffer[] = [];
  const server = createServer((socket) => {
    const onward = connect(to_port, '127.0.0.1');
    socket.on('data', (chunk: Buffer) => passed.push(chunk));
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    passed: () => Buffer.concat(passed),
    stop: () => void server.close(),
  };
}
