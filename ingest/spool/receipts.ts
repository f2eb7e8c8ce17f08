/** Which requests have events in the spool that are not loaded yet, and who waits for them. */

export interface PendingReceipts {
  /** One more segment, or one more batch not yet in one, holds lines of the receipt. */
  hold(receipt: string, source: string): void;
  release(receipt: string): void;
  /** The source of a receipt that is still held; undefined once nothing of it is. */
  sourceOf(receipt: string): string | undefined;
  /** Resolves with true once nothing of the receipt is held, with false after `ms`. */
  whenReleased(receipt: string, ms: number): Promise<boolean>;
  count(): number;
}

interface Held {
  readonly source: string;
  holds: number;
  waiting: (() => void)[];
}

export function createPendingReceipts(): PendingReceipts {
  const held = new Map<string, Held>();
  return {
    hold(receipt, source) {
      const known = held.get(receipt);
      if (known) known.holds += 1;
      else held.set(receipt, { source, holds: 1, waiting: [] });
    },
    release(receipt) {
      const known = held.get(receipt);
      if (!known) return;
      known.holds -= 1;
      if (known.holds > 0) return;
      held.delete(receipt);
      for (const resolve of known.waiting) resolve();
    },
    sourceOf: (receipt) => held.get(receipt)?.source,
    whenReleased(receipt, ms) {
      const known = held.get(receipt);
      if (!known) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), ms);
        known.waiting.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      });
    },
    count: () => held.size,
  };
}
