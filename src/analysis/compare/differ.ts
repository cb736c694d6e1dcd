// Whether two groups of measurements differ by more than they vary among themselves. By rank, so that one odd value on either
// side decides nothing. Pure arithmetic: knows nothing of what is measured.

/** Measurements that each side needs, and the chance at which a difference by luck is taken for one. */
export const ENOUGH = 4;
const BY_LUCK = 0.001;

export const medianOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Median of the distances from the own median: how far one measurement usually lies from its like. */
const spreadOf = (values: readonly number[]): number => {
  const middle = medianOf(values);
  return medianOf(values.map((value) => Math.abs(value - middle)));
};

/** Upper tail of the normal distribution: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17. */
const tailOf = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * z);
  const sum = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
};

/** Ranks from 1; equal values share the mean of theirs. `ties` is the sum of t^3 - t over groups of t equal values. */
const ranksOf = (values: readonly number[]): { readonly ranks: readonly number[]; readonly ties: number } => {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = values.map(() => 0);
  let ties = 0;
  for (let i = 0; i < order.length; ) {
    let end = i + 1;
    while (end < order.length && order[end]?.value === order[i]?.value) end++;
    for (const { index } of order.slice(i, end)) ranks[index] = (i + 1 + end) / 2;
    ties += (end - i) ** 3 - (end - i);
    i = end;
  }
  return { ranks, ties };
};

/**
 * Chance of ranks so uneven if both groups were alike, two-sided: the test of Mann and Whitney (1947), by the normal
 * distribution with a correction for ties. 1 where a group is empty or all values are equal.
 */
export const chanceOf = (a: readonly number[], b: readonly number[]): number => {
  const [n, m] = [a.length, b.length];
  const { ranks, ties } = ranksOf([...a, ...b]);
  const sum = ranks.slice(0, n).reduce((total, rank) => total + rank, 0);
  const u = sum - (n * (n + 1)) / 2;
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - ties / Math.max(1, all * (all - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * tailOf(z));
};

/** Whether b differs from a: enough of both, ranks that luck does not make, and medians further apart than their like. */
export const differs = (a: readonly number[], b: readonly number[]): boolean => {
  if (a.length < ENOUGH || b.length < ENOUGH) return false;
  const apart = Math.abs(medianOf(b) - medianOf(a));
  if (apart <= (spreadOf(a) + spreadOf(b)) / 2) return false;
  return a.length + b.length <= 2 * ENOUGH + 2 ? areApart(a, b) : chanceOf(a, b) < BY_LUCK;
};

/** Of few measurements only those count that do not overlap at all. */
const areApart = (a: readonly number[], b: readonly number[]): boolean =>
  Math.min(...b) > Math.max(...a) || Math.max(...b) < Math.min(...a);
