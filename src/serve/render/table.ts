// Plain text tables: numbers to the right, text to the left, two spaces between.

/** Columns on a terminal that a text takes; close enough for names, which are mostly ASCII. */
const widthOf = (text: string): number => [...text].length;
const NUMERIC = /^-?[\d.]+( ?(ns|us|ms|s|%))?$/;

/** The lines of a table. A column whose cells all look like numbers is set to the right. */
export const tableLines = (titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = titles.map((title, i) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[i] ?? ''))));
  const right = titles.map(
    (_, i) => rows.length > 0 && rows.every((row) => row[i] === '' || NUMERIC.test(row[i] ?? '')),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const gap = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell)));
        return right[i] ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  const head = titles.every((title) => title === '') ? [] : [line(titles)];
  return [...head, ...rows.map(line)];
};
