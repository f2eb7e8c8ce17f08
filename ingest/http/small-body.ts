/** A body that says it is small, read without streams: most requests are one event, and streams cost more than it. */
import type { IncomingMessage } from 'node:http';
import { RequestRefused } from '../codes.ts';

/** Whether the body is plain and announces at most `bytes_max`. */
export function isSmallBody({ headers }: IncomingMessage, bytes_max: number): boolean {
  const length = headers['content-length'];
  const encoding = headers['content-encoding'];
  return (
    length !== undefined &&
    Number(length) <= bytes_max &&
    (encoding === undefined || encoding === 'identity')
  );
}

/**
 * The bytes of a small body. The parser of the protocol holds it to the length that it announces.
 *
 * @throws RequestRefused BODY_CUT_SHORT where the sender hangs up, BODY_TOO_SLOW after `ms_max`
 */
export function readSmallBody(request: IncomingMessage, ms_max: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let timer: NodeJS.Timeout | undefined;
    const cutShort = () => {
      clearTimeout(timer);
      reject(new RequestRefused('BODY_CUT_SHORT', 'The connection ended before the body did.'));
    };
    request.on('data', (chunk: Buffer) => {
      if (first === undefined) first = chunk;
      else (more ??= [first]).push(chunk);
    });
    request.on('end', () => {
      clearTimeout(timer);
      resolve(more ? Buffer.concat(more) : (first ?? Buffer.alloc(0)));
    });
    request.on('aborted', cutShort);
    request.on('error', cutShort);
    // Nearly every small body is there with its headers, and needs no clock.
    if (!request.complete) {
      timer = setTimeout(() => {
        reject(new RequestRefused('BODY_TOO_SLOW', 'The JSON body arrives too slowly.'));
      }, ms_max).unref();
    }
  });
}
