/** Seeded chance and counts from the environment, for suites that have a short and a full form. */

/** Numbers from 0 to below 1, the same for the same seed: a failure can be looked at again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** How often something is done: the variable of that name, else `short`. */
export function countOf(name: string, short: number): number {
  const count = Number(process.env[name] ?? short);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`${name} is a whole number from 1.`);
  return count;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Returns once `look` says so; polled, for hooks and helpers where `expect.poll` is not to be had. */
export async function until(
  what: string | (() => string),
  look: () => boolean | Promise<boolean>,
  ms = 60_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await look())) {
    if (performance.now() > end) {
      const waited_for = typeof what === 'string' ? what : what();
      throw new Error(`Not within ${ms / 1000} s: ${waited_for}.`);
    }
    await pause(20);
  }
}
