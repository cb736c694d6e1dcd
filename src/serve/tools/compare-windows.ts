// What changed between good and bad? Two windows of a recording, or two recordings. Computes nothing: the analysis does.

import type { compareWindows as Compare } from '../../analysis/compare/compare-windows.ts';
import type { Recording, Window } from '../../store/recording.ts';
import { errors } from '../errors.ts';
import { filterOf, fromField, limitField, toField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { otherPath } from '../other-recording.ts';
import { window } from '../shapes.ts';
import { cursorAt, offsetOf } from '../sql/cursor.ts';
import { formatTime } from '../time-text.ts';
import { defineTool, type ToolContext, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const MOST = 100;
/** Characters of an answer that are not differences, besides what was checked. */
const FRAME = 600;
const MOST_LOSSES = 6;

export const comparisonAnswer = z.object({
  before: window,
  after: window,
  verdict: z.enum(['different', 'no_difference', 'insufficient_evidence']),
  differences: z
    .array(z.looseObject({ kind: z.string(), summary: z.string(), effect: z.number(), evidence: z.array(z.string()) }))
    .describe('Most telling first; effect: share of wall time'),
  differences_total: z.number(),
  checked: z.array(z.string()).describe('Checked, not different'),
  losses: z.array(z.object({ side: z.string(), reason: z.string(), count: z.number() })),
  truncated: z.boolean(),
  next_cursor: z.string().optional(),
});

type Given = { readonly from?: number | string | undefined; readonly to?: number | string | undefined };
const isGiven = ({ from, to }: Given): boolean => from !== undefined || to !== undefined;

/** A window inside the recording. Throws a UserError when nothing of it is. */
const within = (recording: Recording, given: Given): Window => {
  const { start_ns, end_ns } = filterOf(recording, { from: given.from, to: given.to }).window ?? recording.window;
  const last = recording.window.end_ns;
  const cut = { start_ns: Math.min(start_ns, last), end_ns: Math.min(end_ns, last) };
  if (cut.end_ns <= cut.start_ns)
    throw errors.emptyWindow({ from: formatTime(cut.start_ns), to: formatTime(cut.end_ns) });
  return cut;
};

/** All that is not in the window: what is before it or what is after it, whichever is longer. */
const besides = ({ window: whole }: Recording, { start_ns, end_ns }: Window): Window => {
  const earlier = { start_ns: whole.start_ns, end_ns: start_ns };
  const later = { start_ns: end_ns, end_ns: whole.end_ns };
  return start_ns - whole.start_ns >= whole.end_ns - end_ns ? earlier : later;
};

/** Both windows of one recording: without any it is cut in the middle, with one the other is the rest. */
const windowsOf = (recording: Recording, given: Given, other: Given): { before: Window; after: Window } => {
  if (isGiven(given) && isGiven(other)) return { before: within(recording, other), after: within(recording, given) };
  if (isGiven(given)) {
    const after = within(recording, given);
    return { before: besides(recording, after), after };
  }
  if (isGiven(other)) {
    const before = within(recording, other);
    return { before, after: besides(recording, before) };
  }
  const { start_ns, end_ns } = recording.window;
  const middle = Math.round((start_ns + end_ns) / 2);
  return { before: { start_ns, end_ns: middle }, after: { start_ns: middle, end_ns } };
};

type Sides = Parameters<typeof Compare>;

/** Opens what is compared, and closes it again. */
const withSides = <T>(
  context: ToolContext,
  other_db: string | undefined,
  given: Given,
  other: Given,
  use: (...sides: Sides) => T,
): T =>
  withRecording(context, (recording) => {
    if (other_db === undefined) {
      const { before, after } = windowsOf(recording, given, other);
      return use({ recording, window: before }, { recording, window: after });
    }
    const path = otherPath(context, other_db);
    return withRecording({ ...context, path: () => path }, (second) =>
      use({ recording: second, window: within(second, other) }, { recording, window: within(recording, given) }),
    );
  });

export const compareWindows = defineTool({
  name: 'compare_windows',
  title: 'What changed?',
  description:
    'What changed between good and bad? Compares a window with another one, or with another recording: whose time went where and by whom, calls, throughput, losses. Only what is larger than the usual variation counts. Default: the first half against the second.',
  traits: { scope: 'telemetry:read', untrusted: true, heavy: true },
  input: z.strictObject({
    from: fromField,
    to: toField,
    other_from: fromField.describe('The window to compare with'),
    other_to: toField,
    other_db: z.string().max(1000).optional().describe('File of another recording to compare with'),
    limit: limitField(MOST, 'Differences'),
    cursor: z.string().max(40).optional().describe('next_cursor'),
  }),
  output: comparisonAnswer,
  handler: async ({ from, to, other_from, other_to, other_db, limit, cursor }, context) => {
    // Loaded when asked for: a client that starts the server wants its list of tools at once.
    const { compareWindows: compare } = await import('../../analysis/compare/compare-windows.ts');
    const question = JSON.stringify([from, to, other_from, other_to, other_db]);
    const offset = offsetOf(question, cursor);
    return withSides(context, other_db, { from, to }, { from: other_from, to: other_to }, (before, after) => {
      const answer = compare(before, after);
      const losses = answer.losses.slice(0, MOST_LOSSES).map(({ side, reason, count }) => ({ side, reason, count }));
      const rest = answer.differences.slice(offset);
      const room = context.budget - FRAME - JSON.stringify([answer.checked, losses]).length;
      const differences = limit === undefined ? fitting(rest, room) : rest.slice(0, limit);
      const end = offset + differences.length;
      const isCut = end < answer.differences.length;
      return {
        ...{ before: before.window, after: after.window, verdict: answer.verdict },
        differences: differences.map((difference) => ({ ...difference })),
        ...{ differences_total: answer.differences.length, checked: answer.checked, losses },
        truncated: isCut || losses.length < answer.losses.length,
        ...(isCut ? { next_cursor: cursorAt(question, end) } : {}),
      };
    });
  },
});
