/** One request of the loading program, sent again until it is answered for good. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import { CodedError } from '../../sql/errors.ts';

export interface Target {
  readonly url: string;
  readonly key: string;
}

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** Called for each attempt, since a stream can be read only once. */
  readonly body?: () => Buffer | Readable;
}

interface Answer {
  readonly status: number;
  readonly retry_after_s: number | undefined;
  readonly json: Record<string, unknown>;
}

/** Without an answer for this long, a service that was there is given up. */
const patience_ms = 120_000;
const pause_ms_max = 5_000;

export type Sender = <T>(outgoing: Outgoing) => Promise<T>;

/**
 * A sender that keeps at it: 503 and 429 are waited for as Retry-After says, and a lost connection is made anew.
 *
 * @throws CodedError from the sender: LOAD_UNREACHABLE, LOAD_REFUSED
 */
export function createSender(target: Target, progress: (line: string) => void): Sender {
  let has_answered = false;
  return async <T>(outgoing: Outgoing): Promise<T> => {
    let pause_ms = 100;
    const started = performance.now();
    for (;;) {
      const answer = await exchange(target, outgoing).catch((cause: unknown) => {
        if (!has_answered || performance.now() - started > patience_ms)
          throw unreachable(target, cause);
        return undefined;
      });
      if (answer) has_answered = true;
      if (answer && answer.status < 300) return answer.json as T;
      if (answer && answer.status !== 503 && answer.status !== 429) throw refused(outgoing, answer);
      if (answer && performance.now() - started > patience_ms * 5) throw refused(outgoing, answer);
      const wait_ms = answer?.retry_after_s !== undefined ? answer.retry_after_s * 1000 : pause_ms;
      progress(
        answer
          ? `busy (${String(answer.json['code'])}); again in ${wait_ms / 1000} s`
          : 'connection lost; again',
      );
      await new Promise((resolve) => setTimeout(resolve, wait_ms));
      pause_ms = Math.min(pause_ms * 2, pause_ms_max);
    }
  };
}

function exchange(
  { url, key }: Target,
  { method, path, headers, body }: Outgoing,
): Promise<Answer> {
  const content = body?.();
  const address = new URL(path, url.endsWith('/') ? url : `${url}/`);
  const send = address.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(address, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...headers,
        ...(Buffer.isBuffer(content) && { 'content-length': String(content.length) }),
      },
    });
    request.on('response', (response) => {
      readAnswer(response).then(resolve, reject);
    });
    // An answer may come before the body has gone out; then the rest of the body fails, and the answer counts.
    request.on('error', reject);
    request.setTimeout(180_000, () => request.destroy(new Error('No answer within 180 s.')));
    if (content instanceof Readable) pipeline(content, request, () => {});
    else request.end(content);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const retry_after = Number(response.headers['retry-after']);
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new CodedError(
      'LOAD_ANSWER_INVALID',
      'The answer is not JSON. Is this the address of ingest?',
      { cause },
    );
  }
  return {
    status: response.statusCode ?? 0,
    retry_after_s: Number.isFinite(retry_after) ? Math.min(retry_after, 60) : undefined,
    json,
  };
}

function unreachable({ url }: Target, cause: unknown): CodedError {
  if (cause instanceof CodedError) return cause;
  return new CodedError(
    'LOAD_UNREACHABLE',
    `Nothing answers at ${url}. Start it with npm start, or give its --url.`,
    {
      cause,
    },
  );
}

function refused({ method, path }: Outgoing, { status, json }: Answer): CodedError {
  const code = typeof json['code'] === 'string' ? json['code'] : `HTTP ${status}`;
  const message = typeof json['message'] === 'string' ? json['message'] : '';
  return new CodedError('LOAD_REFUSED', `${method} /${path} was refused: ${code}. ${message}`);
}
