/** Waiting that ends early when the service stops. */

/** Waiting that can be cut short, so that closing need not wait for it. */
export function pauses() {
  let wake: () => void = () => undefined;
  let has_ended = false;
  return {
    async wait(ms: number): Promise<void> {
      if (has_ended) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    end(): void {
      has_ended = true;
      wake();
    },
  };
}
