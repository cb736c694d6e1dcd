// What changed between a good and a bad stretch of time. Names no cause that the rows do not show in one and not in the other.
import { opArgument, type Prompt, type PromptArgument, pidArgument, RULES } from './prompt.ts';

const span = (doc: string): PromptArgument => ({ doc, longest: 60 });

export const compare: Prompt = {
  name: 'compare',
  title: 'What changed?',
  description: 'Compares a stretch of time that was good with one that was bad, and says what differs, with evidence',
  arguments: {
    good: span("When it was good, e.g. '0s to 2s'"),
    bad: span("When it was bad, e.g. '5s to 7s'"),
    pid: pidArgument,
    op: opArgument,
  },
  text: ({ good, bad, pid, op }) =>
    [
      'Find out what changed between a good and a bad stretch of time of the recording that this server holds.',
      good === undefined
        ? 'The good one is not named: find it, with get_trace_stats and with the calls per second from run_sql.'
        : `The good one: ${good}.`,
      bad === undefined ? 'The bad one is not named: find it in the same way.' : `The bad one: ${bad}.`,
      ...(pid === undefined ? [] : [`Look at process ${pid} only (pid: ${pid}).`]),
      ...(op === undefined ? [] : [`Look at the call ${op} only (op: '${op}').`]),
      '',
      '1. get_trace_stats: what was recorded, and losses. A loss in one of the two makes counts there too low: say so.',
      '2. compare_windows for both stretches: the ranked differences. Times count from the start of the recording.',
      '3. For each difference that matters: get_causal_chains with from and to, once for each stretch. Is the cause in the bad one absent from the good one, or only rarer?',
      '4. get_timeline of the same thread in both: which state grew, and who is the culprit?',
      '5. Is the work the same? Compare counts, sizes and operations with run_sql before you compare durations.',
      '6. Conclude: what changed, by how much (both figures), the rows that show it; what stayed the same; what else could explain it.',
      '',
      "If both stretches are alike within their own spread, say 'no difference that the evidence supports'. That is a good answer.",
      ...RULES,
    ].join('\n'),
};
