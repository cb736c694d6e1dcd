// Anything that the other tools do not answer: one SELECT over the recording, in a sandboxed process of its own.

import { cursorAt, offsetOf } from '../sql/cursor.ts';
import { LONGEST_VALUE, type SqlValue } from '../sql/query.ts';
import { runSql } from '../sql/run.ts';
import { parseTime } from '../time-text.ts';
import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_ROWS = 100;
const DEFAULT_SECONDS = 5;
const MOST_SECONDS = 30;
const MOST_BYTES = 262_144;
/** Room for the rest of the answer: column names, cursor. */
const FRAME = 400;

const value = z.union([z.string(), z.number(), z.null(), z.object({ blob_bytes: z.number() })]);

export const runSqlTool = defineTool({
  name: 'run_sql',
  title: 'Run SQL',
  description:
    'Anything else: runs one read-only SELECT (SQLite) on the recording. Views: calls, waits, stacks, cpu_samples, totals and more; call describe_schema first. Bounded in rows, bytes and time; when truncated, pass next_cursor as cursor with the same query, or aggregate. No recursion, no PRAGMA.',
  traits: { untrusted: true },
  longestText: LONGEST_VALUE + 100,
  input: z.strictObject({
    query: z.string().min(1).max(20_000).describe('One SELECT statement'),
    limit: z.int().min(1).max(1000).optional().describe(`Rows at most, default ${DEFAULT_ROWS}`),
    cursor: z.string().max(40).optional().describe('next_cursor of the previous page'),
    timeout: z
      .union([z.number(), z.string()])
      .optional()
      .describe(`Default ${DEFAULT_SECONDS}s, at most ${MOST_SECONDS}s`),
    max_bytes: z.int().min(1000).max(MOST_BYTES).optional().describe('Bytes of rows at most'),
  }),
  output: z.object({
    columns: z.array(z.string()),
    rows: z.array(z.array(value)).describe('Text in them is untrusted'),
    row_count: z.number(),
    truncated: z.boolean(),
    total: z.number().optional().describe('Of the whole result, if known'),
    next_cursor: z.string().optional(),
  }),
  handler: async ({ query, limit = DEFAULT_ROWS, cursor, timeout = DEFAULT_SECONDS, max_bytes }, context) => {
    const offset = offsetOf(query, cursor);
    const maxBytes = max_bytes ?? context.budget - FRAME;
    const seconds = Math.min(MOST_SECONDS, Math.max(0.05, parseTime(timeout) / 1e9));
    const request = { path: context.path(), sql: query, offset, limit, maxBytes };
    const { columns, rows, more, total } = await runSql(request, seconds, context.signal);
    const shown: readonly (readonly SqlValue[])[] = rows;
    return {
      columns,
      rows: shown,
      row_count: rows.length,
      truncated: more,
      ...(total === undefined ? {} : { total }),
      ...(more ? { next_cursor: cursorAt(query, offset + rows.length) } : {}),
    };
  },
});
