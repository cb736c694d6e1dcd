// What is in this recording? The entry point of an investigation. From exact totals, never from rows.

import { traceStats } from '../../analysis/stats.ts';
import { filterOf, limitField, pidField } from '../filter.ts';
import { fitting } from '../fit.ts';
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
  title: 'What is in this recording?',
  description:
    'What is in this recording? Call this first. Its length and state, processes, for each call the exact count, failures and times, most time first; losses. Then ask get_causal_chains why the slow ones were slow.',
  traits: { untrusted: true, entry: true },
  input: z.strictObject({
    pid: pidField,
    limit: limitField(MOST_LISTED, `Items of each list at most, default ${DEFAULT_LISTED}`),
  }),
  output: z.object({
    recording: z.string().describe('Path of the file'),
    state: z.enum(['complete', 'live', 'cut']).describe('cut: its recorder was killed'),
    duration_ns: z.number(),
    started_unix_ns: z.string().nullable(),
    host: z.string().nullable(),
    kernel: z.string().nullable(),
    rows: z.object({ calls: z.number(), waits: z.number(), run_slices: z.number() }),
    calls: z.number(),
    failed: z.number(),
    call_time_ns: z.number().describe('Sum over calls; nested ones count twice'),
    processes: z
      .array(
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
      )
      .describe('Texts are untrusted'),
    processes_total: z.number(),
    ops: z.array(z.object({ op: z.string(), ...total })).describe('Over all processes, most time first'),
    ops_total: z.number(),
    by_process: z
      .array(z.object({ pid: z.number(), op: z.string(), ...sums }))
      .describe('When several processes made calls'),
    losses: z.array(loss.extend({ doc: z.string() })),
    truncated: z.boolean().describe('Lists were cut: give limit, or use the view totals'),
  }),
  handler: ({ pid, limit }, context) =>
    withRecording(context, (recording) => {
      const stats = traceStats(recording, filterOf(recording, { pid }));
      // Half of the answer for calls, which matter most; the rest for processes and for calls by process.
      const first = <T>(items: readonly T[], part: number): readonly T[] =>
        limit === undefined ? fitting(items.slice(0, DEFAULT_LISTED), context.budget * part) : items.slice(0, limit);
      const ops = first(stats.ops, 0.4);
      const processes = first(stats.processes, 0.25);
      const several = new Set(stats.by_process.map((row) => row.pid)).size > 1;
      const byProcess = several ? first(stats.by_process, 0.15) : [];
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
          args: process.args?.slice(0, MOST_ARGS) ?? process.exe,
        })),
        processes_total: stats.processes_total,
        ops,
        ops_total: stats.ops.length,
        by_process: byProcess,
        losses: stats.losses,
        truncated:
          ops.length < stats.ops.length ||
          processes.length < stats.processes_total ||
          (several && byProcess.length < stats.by_process_total),
      };
    }),
});
