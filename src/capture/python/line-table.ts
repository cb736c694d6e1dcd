// Which line an instruction of Python belongs to, from the line table of its code object. Must not know where tables come
// from; a damaged one gives undefined.
//
// Formats: Objects/lnotab_notes.txt of CPython 3.9 and 3.10, Objects/locations.md of 3.11 (since 3.13
// InternalDocs/code_objects.md).

/** A line table that says nothing of an instruction, or of none at all. */
type Line = number | null | undefined;

/** Calls `visit` with runs of bytecode, [start, end) in bytes, and their line; null where they have none. False: damaged. */
type Runs = (
  table: Uint8Array,
  firstLine: number,
  bytecodeBytes: number,
  visit: (start: number, end: number, line: number | null) => void,
) => boolean;

const signed = (byte: number): number => (byte << 24) >> 24;

/** 3.9: pairs of (bytes of code, lines). */
const lnotabRuns: Runs = (table, firstLine, bytecodeBytes, visit) => {
  if (table.length % 2 !== 0) return false;
  let [at, start, line] = [0, 0, firstLine];
  for (let i = 0; i < table.length; i += 2) {
    const step = table[i] ?? 0;
    if (step > 0) {
      at += step;
      if (at > bytecodeBytes) return false;
      visit(start, at, line);
      start = at;
    }
    line += signed(table[i + 1] ?? 0);
  }
  visit(start, bytecodeBytes, line);
  return true;
};

/** 3.10: pairs of (bytes of code, lines before them); -128 lines for none. */
const linetableRuns: Runs = (table, firstLine, bytecodeBytes, visit) => {
  if (table.length % 2 !== 0) return false;
  let [start, line] = [0, firstLine];
  for (let i = 0; i < table.length; i += 2) {
    const end = start + (table[i] ?? 0);
    const step = signed(table[i + 1] ?? 0);
    if (step !== -128) line += step;
    if (end > start) visit(start, end, step === -128 ? null : line);
    start = end;
  }
  return start === bytecodeBytes;
};

const LONG = 14;
const NO_COLUMNS = 13;
const NO_LOCATION = 15;
const MAX_VARINT_BITS = 30;

/** 3.11 on: entries of a byte that says its kind and how many instructions of 2 bytes it is of, and what follows by kind. */
const locationRuns: Runs = (table, firstLine, bytecodeBytes, visit) => {
  let [at, start, line] = [0, 0, firstLine];
  /** Groups of 6 bits, the lowest first; NaN beyond the end. */
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift <= MAX_VARINT_BITS; shift += 6) {
      const byte = table[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 63) * 2 ** shift;
      if ((byte & 64) === 0) return value;
    }
    return Number.NaN;
  };
  const signedVarint = (): number => {
    const value = varint();
    return value % 2 === 1 ? -Math.floor(value / 2) : value / 2;
  };
  while (at < table.length) {
    const head = table[at++] ?? 0;
    const kind = (head >> 3) & 15;
    if ((head & 128) === 0) return false;
    const end = start + ((head & 7) + 1) * 2;
    if (kind === LONG) {
      line += signedVarint();
      // Lines that the statement spans, first and last column.
      varint();
      varint();
      varint();
    } else if (kind === NO_COLUMNS) line += signedVarint();
    else if (kind >= 10 && kind < NO_COLUMNS) {
      line += kind - 10;
      at += 2;
    } else if (kind < 10) at += 1;
    if (Number.isNaN(line) || at > table.length) return false;
    visit(start, end, kind === NO_LOCATION ? null : line);
    start = end;
  }
  return start === bytecodeBytes;
};

const runsOf = (version: number): Runs =>
  version < 0x30a ? lnotabRuns : version === 0x30a ? linetableRuns : locationRuns;

/** A code object's table: `version` is major << 8 | minor, `bytecodeBytes` the size of its bytecode. */
export type LineTable = {
  readonly version: number;
  readonly table: Uint8Array;
  readonly firstLine: number;
  readonly bytecodeBytes: number;
};

/** The line of the instruction at `place` (bytes); null where it has none; undefined where the table is damaged. */
export const lineAt = ({ version, table, firstLine, bytecodeBytes }: LineTable, place: number): Line => {
  let found: Line;
  const isWhole = runsOf(version)(table, firstLine, bytecodeBytes, (start, end, line) => {
    if (place >= start && place < end) found = line;
  });
  return isWhole ? found : undefined;
};

/** Whether a table fits its bytecode, and names no line below 0. */
export const isSoundTable = ({ version, table, firstLine, bytecodeBytes }: LineTable): boolean => {
  let isSound = true;
  const isWhole = runsOf(version)(table, firstLine, bytecodeBytes, (_start, _end, line) => {
    isSound &&= line === null || line >= 0;
  });
  return isWhole && isSound;
};
