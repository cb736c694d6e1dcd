// The known name that a mistyped one probably meant.

/** Edit distance with swaps of neighbours (optimal string alignment). */
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change);
      rows[i]?.push(swap ? Math.min(best, at(i - 2, j - 2) + 1) : best);
    }
  }
  return at(a.length, b.length);
};

/** The closest of the known names, or one that begins with the word; undefined when nothing is near. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const lower = word.toLowerCase();
  const scored = known
    .map((name) => ({ name, far: name.toLowerCase().startsWith(lower) ? 0.5 : distance(lower, name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const [best] = scored;
  return best !== undefined && word.length > 0 && word.length <= 64 && best.far <= Math.max(1, word.length / 3)
    ? best.name
    : undefined;
};
