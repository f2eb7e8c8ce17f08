// Owns the intervals that are printed beside every figure.

export interface Interval {
  low: number;
  high: number;
}

/** Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/**
 * Wilson's score interval at 95 % (Wilson 1927, J. Am. Stat. Assoc. 22:209): sound for small counts
 * and for all-hits. It takes all cases for independent draws, whatever the world they came from.
 */
export function wilson(hits: number, of: number): Interval | undefined {
  if (of === 0) return undefined;
  const z = 1.96;
  const share = hits / of;
  const centre = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half =
    (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * Student's interval at 95 % of the mean over worlds: what another world is drawn from, if the worlds
 * are the sample. Undefined for fewer than two.
 */
export function overSeeds(shares: readonly number[]): (Interval & { mean: number }) | undefined {
  if (shares.length < 2) return undefined;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const variance =
    shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (shares.length - 1);
  const t = STUDENT[Math.min(shares.length - 1, STUDENT.length) - 1] ?? 1.96;
  const half = t * Math.sqrt(variance / shares.length);
  return { mean, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}

/** The middle value; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
