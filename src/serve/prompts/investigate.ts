// The guided walk to a root cause, with "insufficient evidence" as an allowed end.
import { opArgument, type Prompt, pidArgument, RULES } from './prompt.ts';

export const investigate: Prompt = {
  name: 'investigate',
  title: 'Find the root cause',
  description: 'A guided walk from what was recorded to a root cause that holds up, or to "insufficient evidence"',
  arguments: {
    question: { doc: 'What was slow, in your words', longest: 1000 },
    pid: pidArgument,
    op: opArgument,
  },
  text: ({ question, pid, op }) =>
    [
      'Find out why this program was slow, from the recording that this server holds.',
      ...(question === undefined ? [] : [`The question: ${question}`]),
      ...(pid === undefined ? [] : [`Look at process ${pid} only (pid: ${pid}).`]),
      ...(op === undefined ? [] : [`Look at the call ${op} only (op: '${op}').`]),
      '',
      '1. get_trace_stats: what was recorded, which calls took the time, where max or p99 is far above p50, what is missing (losses).',
      '2. get_causal_chains: the chains behind the slow calls. Note root, share, confidence, grade and counter_evidence of each.',
      '3. For each chain that matters, test it and try to refute it:',
      '   - get_stacks for the call, or for one row (event_id): which code makes it? With on_cpu: where does it compute?',
      '   - get_timeline for its thread around the slow call, and for the culprit if it was traced: what else happened then?',
      '   - run_sql on the rows it names as evidence (describe_schema first): do they say what the chain says? Does the same wait also occur around fast calls?',
      '   - if a loss touches its window, say so and lower your confidence.',
      '4. Conclude with:',
      '   - the root cause in one sentence: who, what, how much of the time (share), which rows prove it;',
      '   - what was checked and ruled out;',
      '   - what to do, specific to this evidence, and how to see afterwards that it helped.',
      '',
      "If the verdict is insufficient_evidence, or your own checks do not support a cause, end with 'insufficient evidence': say what was seen, what is missing, and what to record next time. That is a good answer; a guess is not.",
      ...RULES,
    ].join('\n'),
};
