// Anything that the other tools do not answer: one SELECT over the recording, in a sandboxed process of its own.

import { readableAudit } from '../audit/readable-audit.ts';
import { cursorAt, offsetOf } from '../sql/cursor.ts';
import { LONGEST_VALUE, type SqlValue } from '../sql/query.ts';
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
    'Anything else: one read-only SELECT (SQLite) on views such as calls, waits, stacks, totals; describe_schema says which columns. When truncated, repeat the query with next_cursor as cursor.',
  traits: { scope: 'sql:read', untrusted: true },
  longestText: LONGEST_VALUE + 100,
  input: z.strictObject({
    query: z.string().min(1).max(20_000).describe('One SELECT'),
    limit: z.int().min(1).max(1000).optional().describe(`Rows, default ${DEFAULT_ROWS}`),
    cursor: z.string().max(40).optional().describe('next_cursor of the last page'),
    timeout: z
      .union([z.number(), z.string()])
      .optional()
      .describe(`Default ${DEFAULT_SECONDS}s, at most ${MOST_SECONDS}s`),
    max_bytes: z.int().min(1000).max(MOST_BYTES).optional().describe('Bytes of rows'),
  }),
  output: z.object({
    columns: z.array(z.string()),
    rows: z.array(z.array(value)),
    row_count: z.number(),
    truncated: z.boolean(),
    total: z.number().optional(),
    next_cursor: z.string().optional(),
  }),
  handler: async ({ query, limit = DEFAULT_ROWS, cursor, timeout = DEFAULT_SECONDS, max_bytes }, context) => {
    // Loaded when asked for: a client that starts the server wants its list of tools at once.
    const { runSql } = await import('../sql/run.ts');
    const offset = offsetOf(query, cursor);
    const maxBytes = max_bytes ?? context.budget - FRAME;
    const seconds = Math.min(MOST_SECONDS, Math.max(0.05, parseTime(timeout) / 1e9));
    const request = { path: context.path(), audit: readableAudit(context)?.path, sql: query, offset, limit, maxBytes };
    const { columns, rows, more, total } = await runSql(request, seconds, context.signal, context.principal?.id);
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
