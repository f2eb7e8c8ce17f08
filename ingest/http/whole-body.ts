/** A body that has to be in memory as a whole: within the budget of all such bodies, and within a time. */
import { RequestRefused } from '../codes.ts';
import type { ByteBudget } from './byte-budget.ts';

/** How slow a body may be: some time to begin with, and then so many bytes a second, on the whole. */
export interface Pace {
  readonly grace_ms: number;
  readonly bytes_per_s_min: number;
}

/**
 * Reads the body, and calls `work` with its bytes. They count against the budget as they arrive, until `work` ends.
 *
 * @throws RequestRefused BODIES_TOO_MANY, BODY_TOO_SLOW, and what the body's stream throws
 */
export async function withWholeBody(
  body: AsyncGenerator<Buffer>,
  budget: ByteBudget,
  pace: Pace,
  work: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  // The time that was waited for the sender, without that for the budget.
  let waited_ms = 0;
  try {
    for (;;) {
      const started = performance.now();
      const left_ms = pace.grace_ms + (length / pace.bytes_per_s_min) * 1000 - waited_ms;
      const next = await within(body.next(), left_ms);
      waited_ms += performance.now() - started;
      if (next.done === true) break;
      await budget.take(next.value.length);
      length += next.value.length;
      chunks.push(next.value);
    }
    await work(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
  } finally {
    budget.give(length);
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        // The connection ends with the answer, and what is awaited of it then fails unheard.
        promise.catch(() => {});
        reject(
          new RequestRefused(
            'BODY_TOO_SLOW',
            'The JSON body arrives too slowly. Send NDJSON, which may take its time.',
          ),
        );
      },
      Math.max(ms, 0),
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
