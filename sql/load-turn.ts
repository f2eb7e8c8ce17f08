/** One writer of the ledger at a time: the loader, and whatever else takes a number of it in the same process. */

let last: Promise<unknown> = Promise.resolve();

/** Runs `work` when everything that came before has ended, however it ended. */
export function takeLoadTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine.catch(() => undefined);
  return mine;
}
