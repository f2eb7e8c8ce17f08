import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startControl } from '../../../sql/control.ts';
import { findControl, sendCommand } from '../../../sql/control-client.ts';
import { holdDataDirectory } from '../../../sql/data-directory.ts';
import { CodedError } from '../../../sql/errors.ts';
import { createLogger } from '../../../sql/log.ts';

const directory = mkdtempSync(join(tmpdir(), 'access-audit-control-'));
const held = holdDataDirectory(directory);
let control: Awaited<ReturnType<typeof startControl>>;
let found: NonNullable<ReturnType<typeof findControl>>;

beforeAll(async () => {
  control = await startControl({
    data_dir: directory,
    log: createLogger('silent'),
    commands: {
      async echo(args, to) {
        to.progress('working');
        to.output(args.join(' '));
        return 3;
      },
      async fail() {
        throw new CodedError('ECHO_FAILED', 'It failed; try again.');
      },
    },
  });
  const answer = findControl(directory);
  if (!answer) throw new Error('control.json was not found');
  found = answer;
});
afterAll(async () => {
  await control.close();
  held.release();
  rmSync(directory, { recursive: true, force: true });
});

/** A request as a stranger would send it; returns status and body. */
function send(
  headers: Record<string, string>,
  path = '/control',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: found.port, method: 'POST', path, headers },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    sent.once('error', reject);
    sent.end('{"command":"echo","args":[]}');
  });
}

it('keeps its token where only the owner can read it', () => {
  expect(statSync(join(directory, 'control.json')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(directory, 'control.json'), 'utf8'))).toMatchObject({
    format: 1,
    pid: process.pid,
  });
});

it('carries out a command, with its progress, its output and its exit status', async () => {
  const lines: string[] = [];
  const to = {
    progress: (line: string) => void lines.push(`! ${line}`),
    output: (text: string) => void lines.push(text),
  };
  expect(await sendCommand(found, 'echo', ['a', 'b c'], to)).toBe(3);
  expect(lines).toEqual(['! working', 'a b c']);
  await expect(sendCommand(found, 'fail', [], to)).rejects.toMatchObject({ code: 'ECHO_FAILED' });
  await expect(sendCommand({ ...found, token: 'x' }, 'echo', [], to)).rejects.toThrow();
});

it('refuses without its token, from a page of another origin, and under another host name', async () => {
  const authorization = `Bearer ${found.token}`;
  expect(await send({})).toMatchObject({
    status: 401,
    body: expect.stringContaining('CONTROL_TOKEN_WRONG'),
  });
  expect(await send({ authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });
  expect(await send({ authorization, origin: 'https://example.org' })).toMatchObject({
    status: 403,
    body: expect.stringContaining('CONTROL_ORIGIN_REFUSED'),
  });
  expect(await send({ authorization, host: 'rebound.example.org' })).toMatchObject({
    status: 403,
    body: expect.stringContaining('CONTROL_HOST_REFUSED'),
  });
  expect(await send({ authorization }, '/other')).toMatchObject({ status: 404 });
});
