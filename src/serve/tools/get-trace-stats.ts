// What is in this recording? The entry point of an investigation. From exact totals, never from rows.

import { traceStats } from '../../analysis/stats.ts';
import { cleanText } from '../../base/sanitize.ts';
import { cursorField, filterOf, limitField, pidField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { pagesAt, pagesOf } from '../pages.ts';
import { loss } from '../shapes.ts';
import { defineTool, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_LISTED = 12;
const MOST_LISTED = 200;
const MOST_ARGS = 160;

const sums = { count: z.number(), sum_ns: z.number(), max_ns: z.number() };
const total = {
  ...sums,
  p50_ns: z.number(),
  p95_ns: z.number(),
  p99_ns: z.number(),
  failed: z.number(),
};

export const getTraceStats = defineTool({
  name: 'get_trace_stats',
  title: 'Trace stats',
  description:
    'Call this first: what is in this recording? Length, processes, exact count, failures and times of each call, what is missing.',
  traits: { scope: 'telemetry:read', untrusted: true, entry: true },
  input: z.strictObject({
    pid: pidField,
    limit: limitField(MOST_LISTED, `Items of each list, default ${DEFAULT_LISTED}`),
    cursor: cursorField,
  }),
  output: z.object({
    recording: z.string(),
    state: z.enum(['complete', 'live', 'cut']),
    duration_ns: z.number(),
    started_unix_ns: z.string().nullable(),
    host: z.string().nullable(),
    kernel: z.string().nullable(),
    rows: z.object({ calls: z.number(), waits: z.number(), run_slices: z.number() }),
    calls: z.number(),
    failed: z.number(),
    call_time_ns: z.number().describe('Nested calls count twice'),
    processes: z.array(
      z.object({
        pid: z.number(),
        comm: z.string().nullable(),
        args: z.string().nullable(),
        container: z.string().nullable(),
        start_ns: z.number().nullable(),
        end_ns: z.number().nullable(),
        tracked: z.boolean(),
        exit_code: z.number().nullable(),
        note: z.string().nullable(),
      }),
    ),
    processes_total: z.number(),
    ops: z.array(z.object({ op: z.string(), ...total })).describe('Calls, most time first'),
    ops_total: z.number(),
    by_process: z.array(z.object({ pid: z.number(), op: z.string(), ...sums })),
    losses: z.array(loss.extend({ doc: z.string() })),
    truncated: z.boolean(),
    next_cursor: z.string().optional(),
  }),
  handler: ({ pid, limit, cursor }, context) =>
    withRecording(context, (recording) => {
      const question = JSON.stringify([pid]);
      const [opsAt = 0, processesAt = 0, byProcessAt = 0] = pagesOf(question, cursor, 3);
      const stats = traceStats(recording, filterOf(recording, { pid }));
      // Half of the answer for calls, which matter most; the rest for processes and for calls by process.
      const page = <T>(items: readonly T[], offset: number, part: number): readonly T[] => {
        const rest = items.slice(offset, offset + (limit ?? DEFAULT_LISTED));
        return limit === undefined ? fitting(rest, context.budget * part) : rest;
      };
      const ops = page(stats.ops, opsAt, 0.4);
      const processes = page(stats.processes, processesAt, 0.25);
      const several = new Set(stats.by_process.map((row) => row.pid)).size > 1;
      const byProcess = several ? page(stats.by_process, byProcessAt, 0.15) : [];
      const next = [opsAt + ops.length, processesAt + processes.length, byProcessAt + byProcess.length];
      const ends = [stats.ops.length, stats.processes.length, several ? stats.by_process.length : 0];
      const more = next.some((offset, i) => offset < (ends[i] ?? 0));
      return {
        recording: recording.path,
        state: stats.state,
        duration_ns: stats.duration_ns,
        started_unix_ns: stats.started_unix_ns,
        host: stats.host,
        kernel: stats.kernel,
        rows: stats.rows,
        calls: stats.calls,
        failed: stats.failed,
        call_time_ns: stats.call_time_ns,
        processes: processes.map((process) => ({
          ...process,
          tracked: process.tracked === 1,
          args: process.args === null ? process.exe : cleanText(process.args, MOST_ARGS),
        })),
        processes_total: stats.processes_total,
        ops,
        ops_total: stats.ops.length,
        by_process: byProcess,
        losses: stats.losses,
        truncated: more,
        ...(more ? { next_cursor: pagesAt(question, next) } : {}),
      };
    }),
});
