/** One judgement at a time: the service's cycles and `detect` in the same process wait for one another. */

let last: Promise<unknown> = Promise.resolve();

/** Runs `work` when everything that came before has ended, however it ended. */
export function takeTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine.catch(() => undefined);
  return mine;
}
