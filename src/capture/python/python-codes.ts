// What is known of code objects of Python, from the events that tell of them, and from it the frames of a stack. Holds the names
// of the 16,384 code objects that were used last, which are more than the kernel side takes for known (PYTHON_CODES_KEPT), and
// line tables of 32 MB: where those are more, the oldest lose their lines. Must not know of processes.
import { PYTHON_TABLE_PIECE, PYTHON_TABLE_PIECES, pythonPlaces } from '../../catalogue/events.ts';
import { bytesAt, eventWords, wide } from '../event-words.ts';
import { type LineTable, lineAt } from './line-table.ts';
import type { PythonFrame } from './merge-frames.ts';

export type PythonCodes = {
  /** An event python_code at a word of a ring. */
  readonly code: (words: Uint32Array, at: number) => void;
  /** An event python_table. */
  readonly table: (words: Uint32Array, at: number) => void;
  /** Whether all has come that will come of a code object; of 0, which stands for none, it has. */
  readonly has: (code: number) => boolean;
  /** The frame at an element of a python_stack; without a name where the code object is not known. */
  readonly frameOf: (code: number, place: number) => PythonFrame;
};

type Known = LineTable & {
  readonly name: string;
  readonly file: string;
  table: Uint8Array;
  /** Bytes of the table that have come; NaN of one that is not kept. */
  come: number;
  readonly lines: Map<number, number | null>;
};

const MAX_CODES = 16_384;
const MAX_TABLES = 32 * 1024 * 1024;
/** What the kernel side sends of a table at most. */
const MAX_TABLE = PYTHON_TABLE_PIECES * PYTHON_TABLE_PIECE;
const NO_TABLE = new Uint8Array();
const MAX_LINES = 256;
const FILE_BYTES = 256;

const C = eventWords.python_code;
const code = {
  code: C('code'),
  firstLine: C('first_line'),
  tableBytes: C('table_bytes'),
  bytecodeBytes: C('bytecode_bytes'),
  version: C('version'),
  bytes: C('file_bytes'),
  widths: C('file_width'),
  file: C('file'),
  name: C('name'),
};
const T = eventWords.python_table;
const table = { code: T('code'), at: T('at'), size: T('size'), data: T('data') };

const ENCODING = { 1: 'latin1', 2: 'utf16le' } as const;

/** Characters of `width` bytes each, as Python keeps them: Latin 1, UCS-2 or UCS-4. */
const decode = (bytes: Buffer, width: number): string => {
  if (width === 1 || width === 2) return bytes.toString(ENCODING[width]);
  const points = Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readUInt32LE(i * 4));
  return String.fromCodePoint(...points.map((point) => (point <= 0x10ffff ? point : 0xfffd)));
};

const textAt = (words: Uint32Array, at: number, bytes: number, width: number): string =>
  decode(bytesAt(words, at, bytes), width);

/** Makes an empty memory of code objects. */
export const createPythonCodes = (): PythonCodes => {
  const known = new Map<number, Known>();
  let bytes = 0;

  const forgetTable = (found: Known): void => {
    bytes -= found.table.length;
    found.table = NO_TABLE;
    found.come = Number.NaN;
  };

  const forgetOldest = (): void => {
    for (const [id, found] of known) {
      if (known.size <= MAX_CODES && bytes <= MAX_TABLES) return;
      if (found.table.length > 0) forgetTable(found);
      if (known.size > MAX_CODES) known.delete(id);
    }
  };

  /** What was used last is the last to be forgotten. */
  const use = (id: number): Known | undefined => {
    const found = known.get(id);
    if (found === undefined) return undefined;
    known.delete(id);
    known.set(id, found);
    return found;
  };

  const lineOf = (found: Known, place: number): number | null => {
    // A frame that has not begun is at its first line, for CPython too (PyCode_Addr2Line of Objects/codeobject.c).
    if (place === pythonPlaces.unknown) return found.firstLine;
    const before = found.lines.get(place);
    if (before !== undefined) return before;
    if (!(found.come >= found.table.length)) return null;
    const line = lineAt(found, place) ?? null;
    if (found.lines.size < MAX_LINES) found.lines.set(place, line);
    return line;
  };

  return {
    code: (words, at) => {
      const tableBytes = words[at + code.tableBytes] ?? 0;
      const lengths = words[at + code.bytes] ?? 0;
      const widths = words[at + code.widths] ?? 0;
      const fileBytes = lengths & 0xffff;
      const file = textAt(words, at + code.file, fileBytes, widths & 0xffff);
      const id = wide(words, at + code.code);
      // Told again: since the kernel side has forgotten it, or as another one in the same place.
      const before = known.get(id);
      if (before !== undefined) forgetTable(before);
      known.set(id, {
        version: words[at + code.version] ?? 0,
        firstLine: words[at + code.firstLine] ?? 0,
        bytecodeBytes: words[at + code.bytecodeBytes] ?? 0,
        name: textAt(words, at + code.name, lengths >>> 16, widths >>> 16),
        // The end of a path was kept.
        file: fileBytes === FILE_BYTES ? `…${file}` : file,
        table: new Uint8Array(tableBytes <= MAX_TABLE ? tableBytes : 0),
        come: tableBytes <= MAX_TABLE ? 0 : Number.NaN,
        lines: new Map(),
      });
      bytes += tableBytes <= MAX_TABLE ? tableBytes : 0;
      forgetOldest();
    },
    table: (words, at) => {
      const found = known.get(wide(words, at + table.code));
      const [from, size] = [words[at + table.at] ?? 0, words[at + table.size] ?? 0];
      if (!found || size > PYTHON_TABLE_PIECE || from + size > found.table.length) return;
      const data = bytesAt(words, at + table.data, size);
      found.table.set(data, from);
      found.come += size;
    },
    has: (id) => id === 0 || use(id) !== undefined,
    frameOf: (id, place) => {
      const entry = place >= pythonPlaces.entry;
      const at = entry ? place - pythonPlaces.entry : place;
      const found = use(id);
      if (!found) {
        const hidden = id === 0 && at === pythonPlaces.unknown;
        return { name: null, file: null, line: null, entry, hidden };
      }
      const { name, file } = found;
      return { name: name || null, file: file || null, line: lineOf(found, at), entry, hidden: false };
    },
  };
};
