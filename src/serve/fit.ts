// Cuts a list so that the answer fits its reader's window, and says so: a silent cut would be a false answer.

/** As many items from the front as fit into `budget` characters of JSON, but at least one. */
export const fitting = <T>(items: readonly T[], budget: number): readonly T[] => {
  let used = 0;
  const end = items.findIndex((item, i) => {
    used += JSON.stringify(item).length + 1;
    return i > 0 && used > budget;
  });
  return end < 0 ? items : items.slice(0, end);
};
