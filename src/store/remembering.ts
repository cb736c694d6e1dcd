// Looks up each row of a small table once: for those who read many rows that refer to few others. Knows ids only.

/** Ids that are remembered; after that they are looked up again. */
const MOST = 200_000;

/** The same function, which is asked once for each id; what is undefined is remembered, too. */
export const remembering = <T>(read: (id: number) => T): ((id: number) => T) => {
  const known = new Map<number, { readonly value: T }>();
  return (id) => {
    const found = known.get(id);
    if (found !== undefined) return found.value;
    if (known.size >= MOST) known.clear();
    const value = read(id);
    known.set(id, { value });
    return value;
  };
};
