/** The control endpoint: how commands reach the process that holds the data directory. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { CodedError, isCoded } from './errors.ts';
import type { Logger } from './log.ts';

/** A command's answer, line by line: progress for standard error, text for standard output, and how it ended. */
export type ControlLine =
  | { readonly progress: string }
  | { readonly output: string }
  | { readonly exit: number }
  | { readonly error: { readonly code: string; readonly message: string } };

/** Where a command writes while it runs. */
export interface CommandOutput {
  progress(line: string): void;
  output(text: string): void;
}

/** A command: takes its arguments as typed, writes to `to`, and returns the exit status. */
export type Command = (args: readonly string[], to: CommandOutput) => Promise<number>;

export const control_file = 'control.json';
export const control_format = 1;
const body_bytes_max = 1024 * 1024;

/**
 * Serves `commands` on a free loopback port, and writes where and with which token to `control.json` (mode 600).
 *
 * Who can read that file may do what the commands do: it is the administrator of the machine. A page in a browser
 * cannot: it has no token, and what carries an Origin or another Host is refused before the token is looked at.
 */
export async function startControl(options: {
  readonly data_dir: string;
  readonly commands: Readonly<Record<string, Command>>;
  readonly log: Logger;
}): Promise<{ close(): Promise<void> }> {
  const token = randomBytes(32).toString('base64url');
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.log.error(
        { code: isCoded(error) ? error.code : 'CONTROL_FAILED' },
        'control request failed',
      );
      response.destroy();
    });
  });
  server.headersTimeout = 10_000;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request, token, (server.address() as { port: number }).port);
    if (refusal) return end(response, refusal.status, refusal.error);
    const asked = await readCommand(request).catch((error: unknown) => error as CodedError);
    if (asked instanceof Error) return end(response, 400, asked);
    const command = Object.hasOwn(options.commands, asked.command)
      ? options.commands[asked.command]
      : undefined;
    if (!command) {
      const known = Object.keys(options.commands).join(', ');
      return end(
        response,
        404,
        new CodedError('CONTROL_UNKNOWN_COMMAND', `The commands are ${known}.`),
      );
    }
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    });
    const write = (line: ControlLine) => void response.write(`${JSON.stringify(line)}\n`);
    try {
      const exit = await command(asked.args, {
        progress: (progress) => write({ progress }),
        output: (output) => write({ output }),
      });
      write({ exit });
    } catch (error) {
      write({ error: asError(error) });
    }
    response.end();
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const file = join(options.data_dir, control_file);
  const { port } = server.address() as { port: number };
  // Removed first: a file that is there keeps its mode when it is written again.
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify({ format: control_format, pid: process.pid, port, token }), {
    mode: 0o600,
  });
  return {
    async close() {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What an error may say to the person who gave the command. */
export function asError(error: unknown): { code: string; message: string } {
  if (!isCoded(error))
    return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
  // The engine's own words quote values; they go to the person who typed the statement, and nowhere else.
  const detail = (error as { engine_message?: string }).engine_message;
  return { code: error.code, message: detail ? `${error.message} ${detail}` : error.message };
}

function refusalOf(
  request: IncomingMessage,
  token: string,
  port: number,
): { status: number; error: CodedError } | undefined {
  const refuse = (status: number, code: string, message: string) => ({
    status,
    error: new CodedError(code, message),
  });
  // A name that a stranger's DNS turned to 127.0.0.1 still stands in Host.
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(request.headers.host ?? '')) {
    return refuse(403, 'CONTROL_HOST_REFUSED', 'The control endpoint answers on 127.0.0.1 alone.');
  }
  if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined) {
    return refuse(
      403,
      'CONTROL_ORIGIN_REFUSED',
      'The control endpoint answers commands, and no page in a browser.',
    );
  }
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return refuse(
      401,
      'CONTROL_TOKEN_WRONG',
      `The control endpoint wants the token in ${control_file}.`,
    );
  }
  if (request.method !== 'POST' || request.url !== '/control') {
    return refuse(404, 'CONTROL_NOT_FOUND', 'The control endpoint takes POST /control.');
  }
  return undefined;
}

async function readCommand(request: IncomingMessage): Promise<{ command: string; args: string[] }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > body_bytes_max)
      throw new CodedError('CONTROL_TOO_LONG', 'A command takes at most 1 MiB.');
    chunks.push(chunk);
  }
  const malformed = (cause?: unknown) =>
    new CodedError('CONTROL_MALFORMED', 'A command is {"command": "…", "args": ["…"]}.', { cause });
  try {
    const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
      command?: unknown;
      args?: unknown;
    };
    if (typeof asked.command !== 'string' || !Array.isArray(asked.args)) throw malformed();
    return { command: asked.command, args: asked.args.map(String) };
  } catch (cause) {
    throw isCoded(cause) ? cause : malformed(cause);
  }
}

function end(response: ServerResponse, status: number, error: Error): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify({ error: asError(error) })}\n`);
}
