/** One at a time, in one process: judgements wait for one another, and so do builds of the queue. */

/** Runs `work` when everything that came before has ended, however it ended. */
export type TakeTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** The service's cycles and `detect`. */
export const takeTurn: TakeTurn = turns();

/** Builds of the queue: two at once would take the same number. They do not hold up cycles. */
export const takeQueueTurn: TakeTurn = turns();

function turns(): TakeTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
