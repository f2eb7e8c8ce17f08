/** What a fuzz target is: a parser with inputs to begin from, and what must hold whatever comes. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs and known attacks; all other inputs are made from these. */
  readonly seeds: readonly Buffer[];
  /** Runs the parser; throws where it fails, or where something does not hold that must. */
  run(bytes: Buffer): void | Promise<void>;
}

/** Throws with `what` unless it holds. */
export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Does not hold: ${what}`);
}
