// What an importer of one other tool's files is. Knows no tool.

import type { Facts } from '../store/begin-recording.ts';
import type { Database } from '../store/open.ts';
import type { RecordingWriter } from '../store/writer.ts';

/** Tables of a file by name, each with the names of its columns. Views are not among them. */
export type Tables = ReadonlyMap<string, ReadonlySet<string>>;

export type ImportParts = {
  /** Path of the file, for errors. */
  readonly path: string;
  readonly database: Database;
  readonly tables: Tables;
  /** Makes the recording; called once, when it is known that there is something to import. */
  readonly begin: (facts: Facts) => RecordingWriter;
  /** Called now and then with the rows read so far and the rows in all. */
  readonly onProgress: (done: number, total: number) => void;
};

/** What became of the rows of a file. */
export type Imported = {
  readonly tool: string;
  /** Version of the tool, and of its file format. */
  readonly version: string;
  /** Length of the recording in ns. */
  readonly end_ns: number;
  readonly taken: Readonly<Record<'calls' | 'waits' | 'block_requests' | 'stacks' | 'threads' | 'claims', number>>;
  /** Rows that were not taken over, by what they are. */
  readonly left_out: readonly { readonly what: string; readonly count: number }[];
  /** What the file does not tell, one sentence part each. */
  readonly untold: readonly string[];
};

export type Importer = {
  readonly tool: string;
  /** What it reads, for the help and for errors. */
  readonly reads: string;
  /** Whether the file is one of this tool, by its tables alone. */
  readonly recognises: (tables: Tables) => boolean;
  /** Throws a UserError for a version that it does not read; any error of SQLite means damage. */
  readonly run: (parts: ImportParts) => Imported;
};
