// Names of code by its addresses, many of them in little room: numbers in typed arrays, names in one buffer. What is added
// later holds where two start at one address. Must not know where they come from.

export type PerfNames = {
  /** Code from `start` up to `end`; `name` in UTF-8. False when there is no room: then nothing more is taken. */
  readonly add: (start: number, end: number, name: string) => boolean;
  readonly find: (address: number) => { start: number; name: string } | undefined;
  readonly isFull: () => boolean;
  readonly memoryBytes: () => number;
};

export type PerfNamesLimits = { readonly entries: number; readonly nameBytes: number };

const LIMITS: PerfNamesLimits = { entries: 500_000, nameBytes: 16 * 1024 * 1024 };
const FIRST_ENTRIES = 256;
const FIRST_BYTES = 8192;
/** Where less became free, it is full: making room would begin again soon. */
const MOST_LEFT = 7 / 8;

type Columns = { starts: Float64Array; ends: Float64Array; namesAt: Uint32Array; nameSizes: Uint16Array };

const columnsOf = (count: number): Columns => ({
  starts: new Float64Array(count),
  ends: new Float64Array(count),
  namesAt: new Uint32Array(count),
  nameSizes: new Uint16Array(count),
});

const copyEntry = (from: Columns, index: number, to: Columns, at: number): void => {
  to.starts[at] = from.starts[index] ?? 0;
  to.ends[at] = from.ends[index] ?? 0;
  to.namesAt[at] = from.namesAt[index] ?? 0;
  to.nameSizes[at] = from.nameSizes[index] ?? 0;
};

/** At most `entries` names of `nameBytes` in all; one has at most 64 KB. */
export const createPerfNames = ({ entries, nameBytes }: PerfNamesLimits = LIMITS): PerfNames => {
  let columns = columnsOf(0);
  let names = Buffer.alloc(0);
  /** The first `sorted` of `count` entries are sorted by their start, each of which they have once. */
  let sorted = 0;
  let count = 0;
  let nameEnd = 0;
  let full = false;

  /** Sorts in what was added, and leaves out what does not hold any more. Room for `capacity` entries afterwards. */
  const settle = (capacity: number): void => {
    const { starts } = columns;
    const added = Uint32Array.from({ length: count - sorted }, (_, i) => sorted + i);
    added.sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || a - b);
    const merged = columnsOf(capacity);
    let [old, kept] = [0, 0];
    const keep = (index: number): void => {
      const isAgain = kept > 0 && merged.starts[kept - 1] === starts[index];
      copyEntry(columns, index, merged, isAgain ? kept - 1 : kept++);
    };
    for (const index of added) {
      while (old < sorted && (starts[old] ?? 0) <= (starts[index] ?? 0)) keep(old++);
      keep(index);
    }
    while (old < sorted) keep(old++);
    columns = merged;
    sorted = kept;
    count = kept;
  };

  /** Only the names that still hold. */
  const packNames = (): void => {
    const packed = Buffer.alloc(names.length);
    let end = 0;
    for (let i = 0; i < count; i++) {
      const at = columns.namesAt[i] ?? 0;
      columns.namesAt[i] = end;
      end += names.copy(packed, end, at, at + (columns.nameSizes[i] ?? 0));
    }
    names = packed;
    nameEnd = end;
  };

  const makeRoom = (size: number): boolean => {
    const capacity = columns.starts.length;
    if (count === capacity) {
      settle(Math.min(entries, Math.max(FIRST_ENTRIES, capacity * 2)));
      if (capacity >= entries && count > capacity * MOST_LEFT) return false;
    }
    if (nameEnd + size <= names.length) return true;
    if (names.length < nameBytes) {
      names = Buffer.concat([names], Math.min(nameBytes, Math.max(FIRST_BYTES, names.length * 2)));
    } else {
      settle(columns.starts.length);
      packNames();
      if (nameEnd > names.length * MOST_LEFT) return false;
    }
    return nameEnd + size <= names.length;
  };

  const add = (start: number, end: number, name: string): boolean => {
    const size = Buffer.byteLength(name);
    if (full || size > 0xffff) return !full;
    if (count === columns.starts.length || nameEnd + size > names.length) full = !makeRoom(size);
    if (full) return false;
    columns.starts[count] = start;
    columns.ends[count] = end;
    columns.namesAt[count] = nameEnd;
    columns.nameSizes[count] = size;
    nameEnd += names.write(name, nameEnd);
    count++;
    return true;
  };

  const find = (address: number): { start: number; name: string } | undefined => {
    if (sorted < count) settle(columns.starts.length);
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((columns.starts[middle] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    if (index < 0 || !(address < (columns.ends[index] ?? 0))) return undefined;
    const at = columns.namesAt[index] ?? 0;
    return {
      start: columns.starts[index] ?? 0,
      name: names.toString('utf8', at, at + (columns.nameSizes[index] ?? 0)),
    };
  };

  return {
    add,
    find,
    isFull: () => full,
    memoryBytes: () => {
      const { starts, ends, namesAt, nameSizes } = columns;
      return starts.byteLength + ends.byteLength + namesAt.byteLength + nameSizes.byteLength + names.length;
    },
  };
};
