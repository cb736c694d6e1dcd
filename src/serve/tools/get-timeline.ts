// What did this thread do between A and B? Its states, whom it waited for, its shape in steps and its longest waits.
// Computes nothing: the analysis does.

import type { LongWait } from '../../analysis/timeline/longest-waits.ts';
import { timelineNotes } from '../../analysis/timeline/notes.ts';
import { states } from '../../analysis/timeline/states.ts';
import { choose, lifeIn, livesOf, threadsOf, type WantedThread } from '../../analysis/timeline/thread.ts';
import { timelineOf } from '../../analysis/timeline.ts';
import { countText } from '../../base/units.ts';
import type { TaskRow } from '../../store/read-tasks.ts';
import type { Recording, Window } from '../../store/recording.ts';
import { errors } from '../errors.ts';
import { cursorField, filterOf, fromField, limitField, toField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { pagesAt, pagesOf } from '../pages.ts';
import { loss } from '../shapes.ts';
import { formatTime } from '../time-text.ts';
import { defineTool, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_STEPS = 20;
const MOST_STEPS = 200;
const DEFAULT_ITEMS = 8;
const MOST_ITEMS = 100;
const MOST_LOSSES = 5;
const MOST_CALLS = 2;
/** Threads that an error or a note names. */
const NAMED_THREADS = 8;
/** Characters of an answer that are not one of its lists. */
const FRAME = 900;

const number = z.number();
const share = number.describe('Of the window, 0 to 1');
const who = { kind: z.string(), by: z.string(), pid: number, tid: number, comm: z.string() };

/** The shape of an answer. */
export const timelineAnswer = z.object({
  pid: number,
  tid: number,
  comm: z.string(),
  start_ns: number,
  end_ns: number,
  closure: number.describe('Part of the time accounted for'),
  confidence: number,
  states: z.array(z.object({ state: z.string(), kind: z.string(), count: number, duration_ns: number, share })),
  culprits: z
    .array(z.object({ ...who, duration_ns: number, share: number, evidence: z.array(z.string()) }))
    .describe('by: how it is known'),
  culprits_total: number,
  steps: z.object({
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), number]))),
  }),
  waits: z
    .array(
      z.object({
        id: z.string(),
        start_ns: number,
        duration_ns: number,
        runnable_ns: number,
        ...who,
        what: z.string(),
        request: z.string().optional(),
        queue_ns: number.optional(),
        device_ns: number.optional(),
        calls: z.array(z.string()).optional(),
        code: z.string().optional(),
      }),
    )
    .describe('Longest first'),
  waits_total: number,
  losses: z.array(loss.pick({ reason: true, count: true, start_ns: true, end_ns: true })),
  notes: z.array(z.string()),
  truncated: z.boolean(),
  next_cursor: z.string().optional(),
});

const named = (tasks: readonly TaskRow[]): readonly string[] => {
  const names = [
    ...new Set(tasks.toSorted((a, b) => b.waited_ns - a.waited_ns).map(({ tid, comm }) => `${tid} (${comm})`)),
  ];
  const more = names.length - NAMED_THREADS;
  return more > 0 ? [...names.slice(0, NAMED_THREADS), `${more} more`] : names;
};

/** The thread and the part of the window to show. Throws a UserError when there is none. */
const chosen = (recording: Recording, wanted: WantedThread, asked: Window) => {
  const threads = threadsOf(recording, wanted);
  const lives = livesOf(threads, wanted);
  if (lives.length === 0) throw errors.unknownThread({ ...wanted, known: named(threads.tasks) });
  const task = choose(lives, asked);
  const window = task === undefined ? undefined : lifeIn(task, asked);
  if (task === undefined || window === undefined)
    throw errors.outsideLife({
      tid: lives[0]?.tid ?? 0,
      lives: lives.slice(0, NAMED_THREADS).map((life) => `${formatTime(life.start_ns)} to ${formatTime(life.end_ns)}`),
    });
  return { threads, task, window };
};

/** Which other threads could be asked for; by their ids, since their names are a stranger's. */
const othersNote = (tasks: readonly TaskRow[], shown: TaskRow): string => {
  const tids = tasks.toSorted((a, b) => b.waited_ns - a.waited_ns || a.tid - b.tid).map(({ tid }) => tid);
  const others = [...new Set(tids)].filter((tid) => tid !== shown.tid);
  if (others.length === 0) return 'no thread was asked for: this is the only one';
  const more = others.length > NAMED_THREADS ? ' ...' : '';
  const listed = others.slice(0, NAMED_THREADS).join(', ');
  return `no thread was asked for: this one waited longest; ${countText(others.length, 'other')}, by their wait time: ${listed}${more}`;
};

const waitItem = ({ request, calls, code, ...wait }: LongWait) => ({
  ...wait,
  ...(code === undefined ? {} : { code }),
  ...(request === undefined
    ? {}
    : { request: `block_requests:${request.id}`, queue_ns: request.queue_ns, device_ns: request.device_ns }),
  ...(calls.length === 0
    ? {}
    : {
        calls: [
          ...calls.slice(0, MOST_CALLS).map(({ id, op }) => `${id} ${op}`),
          ...(calls.length > MOST_CALLS ? [`and ${calls.length - MOST_CALLS} more`] : []),
        ],
      }),
});

export const getTimeline = defineTool({
  name: 'get_timeline',
  title: 'Timeline',
  description:
    'What did this thread do between A and B? Time in each state, culprits (who ran instead, held the lock, woke it), steps, longest waits. Without tid: the thread that waited most.',
  traits: { scope: 'telemetry:read', untrusted: true, heavy: true },
  input: z.strictObject({
    tid: z.int().min(1).optional().describe('Thread'),
    pid: z.int().min(1).optional().describe('Its main thread'),
    from: fromField,
    to: toField,
    steps: limitField(MOST_STEPS, `Default ${DEFAULT_STEPS}`),
    limit: limitField(MOST_ITEMS, `Waits and culprits, default ${DEFAULT_ITEMS}`),
    cursor: cursorField,
  }),
  output: timelineAnswer,
  handler: ({ tid, pid, from, to, steps = DEFAULT_STEPS, limit, cursor }, context) =>
    withRecording(context, (recording) => {
      const question = JSON.stringify([tid, pid, from, to]);
      const [culpritsAt = 0, waitsAt = 0] = pagesOf(question, cursor, 2);
      const asked = filterOf(recording, { from, to }).window ?? recording.window;
      const wanted = { ...(tid === undefined ? {} : { tid }), ...(pid === undefined ? {} : { pid }) };
      const { threads, task, window } = chosen(recording, wanted, asked);
      const comms = new Map(threads.tasks.map((other) => [other.tid, other.comm]));
      const timeline = timelineOf(recording, task, window, comms, { steps, waits: waitsAt + (limit ?? DEFAULT_ITEMS) });
      const rows = timeline.steps.map(({ start_ns, state, kind, shares }) => [start_ns, state, kind, ...shares]);
      const losses = timeline.losses.slice(0, MOST_LOSSES);
      const notes = [
        ...(tid === undefined && pid === undefined ? [othersNote(threads.tasks, task)] : []),
        ...timelineNotes(recording, timeline, task, asked, threads.known),
      ];
      const room = context.budget - FRAME - JSON.stringify([timeline.states, rows, losses, notes]).length;
      const page = <T>(items: readonly T[], offset: number, part: number): readonly T[] => {
        const rest = items.slice(offset, offset + (limit ?? DEFAULT_ITEMS));
        return limit === undefined ? fitting(rest, room * part) : rest;
      };
      const culprits = page(
        timeline.culprits.map(({ count: _, ...culprit }) => culprit),
        culpritsAt,
        0.35,
      );
      const waits = page(timeline.waits.map(waitItem), waitsAt, 0.65);
      const next = [culpritsAt + culprits.length, waitsAt + waits.length];
      const more = (next[0] ?? 0) < timeline.culprits.length || (next[1] ?? 0) < timeline.waits_total;
      return {
        ...{ pid: timeline.pid, tid: timeline.tid, comm: timeline.comm, ...window },
        ...{ closure: timeline.closure, confidence: timeline.confidence, states: timeline.states },
        ...{ culprits, culprits_total: timeline.culprits.length },
        steps: { columns: ['start_ns', 'state', 'kind', ...states], rows },
        ...{ waits, waits_total: timeline.waits_total, losses, notes },
        truncated: more || losses.length < timeline.losses.length,
        ...(more ? { next_cursor: pagesAt(question, next) } : {}),
      };
    }),
});
