// All targets, in the order in which they run.
import type { Target } from './target.ts';
import { elf } from './targets/elf.ts';
import { events } from './targets/events.ts';
import { expression } from './targets/expression.ts';
import { format } from './targets/format.ts';
import { importer } from './targets/importer.ts';
import { lineTable } from './targets/line-table.ts';
import { messages } from './targets/messages.ts';
import { perfMap } from './targets/perf-map.ts';
import { proc } from './targets/proc.ts';
import { recordings } from './targets/recordings.ts';
import { ring } from './targets/ring.ts';
import { sql } from './targets/sql.ts';
import { unwindTables } from './targets/unwind-tables.ts';

export const targets: readonly Target[] = [
  ring,
  events,
  elf,
  unwindTables,
  lineTable,
  perfMap,
  proc,
  expression,
  format,
  importer,
  recordings,
  sql,
  messages,
];
