/** Wakes whoever waits for something to change. */

export interface ChangeSignal {
  notify(): void;
  /** Resolves at the next change; with `ms`, after that time at the latest. */
  next(ms?: number): Promise<void>;
}

export function createChangeSignal(): ChangeSignal {
  let waiting = new Set<() => void>();
  return {
    notify() {
      const woken = waiting;
      waiting = new Set();
      for (const wake of woken) wake();
    },
    next(ms) {
      return new Promise((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(() => wake(), ms);
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
    },
  };
}
