/** Bounds what all requests together hold in memory: who would go over waits for its turn, and not for ever. */
import { RequestRefused } from '../codes.ts';

export interface ByteBudget {
  /**
   * Takes `bytes`, after waiting for them to be free.
   *
   * @throws RequestRefused BODIES_TOO_MANY after the longest wait
   */
  take(bytes: number): Promise<void>;
  give(bytes: number): void;
}

/** Bodies take their bytes as these arrive, so two can wait for each other; the longest wait ends that. */
export function createByteBudget(bytes_max: number, wait_ms_max: number): ByteBudget {
  let taken = 0;
  const waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];
  function admit(): void {
    // First come, first served, so that a large body is not passed over for ever.
    for (
      let first = waiting[0];
      first && (taken === 0 || taken + first.bytes <= bytes_max);
      first = waiting[0]
    ) {
      waiting.shift();
      taken += first.bytes;
      first.resolve();
    }
  }
  return {
    async take(bytes) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(entry), 1);
          reject(
            new RequestRefused(
              'BODIES_TOO_MANY',
              'Too many JSON bodies are under way. Send again later, or send NDJSON.',
            ),
          );
          admit();
        }, wait_ms_max);
        const entry = {
          bytes,
          resolve: () => {
            clearTimeout(timer);
            resolve();
          },
        };
        waiting.push(entry);
        admit();
      });
    },
    give(bytes) {
      taken -= bytes;
      admit();
    },
  };
}
