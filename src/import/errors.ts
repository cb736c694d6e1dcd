// What can go wrong with the file of another tool, in the words the user sees.
import { defineError } from '../base/errors.ts';

export const errors = {
  unknownTool: defineError(
    'foreign_tool_unknown',
    ({ path, found, known }: { path: string; found: readonly string[]; known: readonly string[] }) => ({
      what: `cannot import ${path}`,
      why: `its tables are those of no tool that is known: ${found.length === 0 ? 'it has none' : found.join(', ')}`,
      todo: `name a file of one of these: ${known.join('; ')}`,
    }),
  ),
  tooOld: defineError(
    'foreign_version_unknown',
    ({ path, tool, version, wanted }: { path: string; tool: string; version: string; wanted: string }) => ({
      what: `cannot import ${path}`,
      why: `it is a file of ${tool} with schema ${version}, which is not known`,
      todo: `name one with schema ${wanted} or later`,
    }),
  ),
  noRows: defineError('nothing_to_import', ({ path, tool }: { path: string; tool: string }) => ({
    what: `cannot import ${path}`,
    why: `it is a file of ${tool}, and it has no event with a valid time`,
    todo: 'name another file',
  })),
  sameFile: defineError('output_is_input', ({ path }: { path: string }) => ({
    what: `cannot import into ${path}`,
    why: 'that is the file to be imported, which is never changed',
    todo: 'name another file with -o',
  })),
  damaged: defineError('foreign_damaged', ({ path, why }: { path: string; why: string }) => ({
    what: `cannot import ${path}`,
    why: `it is damaged, or not what its tables say: ${why}`,
    todo: "copy it again if it was copied, or recover what is left with 'sqlite3 FILE .recover'",
  })),
} as const;
