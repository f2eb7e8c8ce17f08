/** The body of a request as plain bytes: decompressed as it streams, and bounded. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import * as zlib from 'node:zlib';
import { RequestRefused } from '../codes.ts';

/**
 * The body's bytes, decompressed.
 *
 * @throws RequestRefused CONTENT_ENCODING_UNSUPPORTED, BODY_ENCODING_BROKEN, BODY_TOO_LARGE, BODY_CUT_SHORT
 */
export async function* readBody(
  request: IncomingMessage,
  body_bytes_max: number,
  too_large = `The body is larger than ${body_bytes_max} bytes.`,
): AsyncGenerator<Buffer> {
  const plain = decompressed(request);
  let length = 0;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > body_bytes_max) throw new RequestRefused('BODY_TOO_LARGE', too_large);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof RequestRefused) throw cause;
    // The socket's end and a damaged archive both end the stream with an error; only the first is the network's.
    if (request.aborted || (request.destroyed === true && !request.complete)) {
      throw new RequestRefused('BODY_CUT_SHORT', 'The connection ended before the body did.', {
        cause,
      });
    }
    throw new RequestRefused(
      'BODY_ENCODING_BROKEN',
      'The compressed body is damaged or cut short, or goes on after its end (zstd: one frame).',
      { cause },
    );
  }
}

/** The media type of a request, without its parameters; empty when it has none. */
export function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function decompressed(request: IncomingMessage): Readable {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return request;
  const inflate = decompressor(encoding);
  // An error of either end reaches the other through the pipeline, and the reader through the last stream.
  pipeline(request, inflate, () => {});
  return inflate;
}

function decompressor(encoding: string): Transform {
  if (encoding === 'gzip') return zlib.createGunzip();
  // Node 22.15 was the first to have it.
  if (encoding === 'zstd' && typeof zlib.createZstdDecompress === 'function')
    // Without the option all that follows the first frame would be dropped without a word.
    return zlib.createZstdDecompress({ rejectGarbageAfterEnd: true } as zlib.ZstdOptions);
  throw new RequestRefused('CONTENT_ENCODING_UNSUPPORTED', 'The body may be plain, gzip or zstd.');
}
