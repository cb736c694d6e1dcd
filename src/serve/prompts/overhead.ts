// What the recorder itself cost, and whether that can have changed what it saw.
import { type Prompt, pidArgument, RULES } from './prompt.ts';

export const overhead: Prompt = {
  name: 'overhead',
  title: 'What did recording cost?',
  description: 'Checks how much the recorder itself slowed the program down, and what that means for the figures',
  arguments: { pid: pidArgument },
  text: ({ pid }) =>
    [
      'Find out how much the recording itself slowed the program down, and whether its figures can be trusted.',
      ...(pid === undefined ? [] : [`Look at process ${pid} only (pid: ${pid}).`]),
      '',
      "1. get_trace_stats: calls per second, losses. 'ring_full_call' means that the recorder was too slow, 'shed_call' that it fell behind and left out rows of usual calls, 'call_sampled' that it kept rows of some calls only; totals stay exact.",
      '2. run_sql: SELECT key, value FROM recording. Which probes, which sampling rate, which settings, how long attaching took.',
      "3. get_causal_chains: is the root of any chain of kind 'observer', or the recorder (recorder_pid) among those that ran instead?",
      '4. run_sql on run_queue_waits and waits: how much time did the recorder take from the traced threads? Give it as a share of all their time.',
      '5. get_check: which abilities does this machine lack that make recording dearer?',
      '6. Conclude: cost for each call and as a share of the time, what it distorts (very short calls most), what it does not, and how to record cheaper: fewer processes, fewer stacks, a shorter time.',
      '',
      'A probe on a call costs about a microsecond: a call that itself takes one looks twice as long, one of a millisecond does not change. Where the recording cannot tell, say so.',
      ...RULES,
    ].join('\n'),
};
