// Rows in memory by time: those of a window are found without looking at all. Knows times only.
import type { Window } from './recording.ts';

type Interval = { readonly start_ns: number; readonly duration_ns: number };

/** Picks the rows that overlap a window from rows in the order of their start; they keep it. */
export const createPicker = <T extends Interval>(rows: readonly T[]) => {
  // The longest interval bounds how far before a window one can begin that reaches into it.
  const longest = rows.reduce((most, { duration_ns }) => Math.max(most, duration_ns), 0);
  return ({ start_ns, end_ns }: Window): readonly T[] => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle]?.start_ns ?? 0) < start_ns - longest) low = middle + 1;
      else high = middle;
    }
    const found: T[] = [];
    for (let i = low; i < rows.length; i++) {
      const row = rows[i];
      if (row === undefined || row.start_ns >= end_ns) break;
      if (row.start_ns + row.duration_ns > start_ns) found.push(row);
    }
    return found;
  };
};
