/** Bounds what all requests together hold in memory: who would go over waits for its turn. */

export interface ByteBudget {
  /** Waits until `bytes` are free, and takes them; returns what gives them back. */
  take(bytes: number): Promise<() => void>;
}

export function createByteBudget(bytes_max: number): ByteBudget {
  let taken = 0;
  const waiting: { bytes: number; resolve: () => void }[] = [];
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
      await new Promise<void>((resolve) => {
        waiting.push({ bytes, resolve });
        admit();
      });
      return () => {
        taken -= bytes;
        admit();
      };
    },
  };
}
