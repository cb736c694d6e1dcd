// `whytrace explain`: the causal chains of a recording in plain English.

import type { Command } from '../command.ts';
import { out, outJson, outStyle } from '../print.ts';
import { toolContext } from '../tool-context.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'say why it was slow, in plain English',
  usage: '[FILE] [OPTIONS]',
  about:
    'Finds the slowest calls of a recording and explains each by what its thread did inside it: on a CPU, waiting for one and who ran instead, blocked and woken by whom. FILE is ./whytrace.db, or else the newest recording in the state directory.',
  options: {
    pid: { type: 'integer', short: 'p', value: 'PID', doc: 'only this process', default: 'all' },
    op: { type: 'text', value: 'CALL', doc: 'only this call, such as cudaMemcpy', default: 'all' },
    from: { type: 'time', value: 'T', doc: 'start, from the start of the recording: 1.5, 1.5s, 200ms', default: '0' },
    to: { type: 'time', value: 'T', doc: 'end, counted as --from', default: 'the end' },
    min_duration: { type: 'time', value: 'T', doc: 'only calls that took at least this', default: 'none' },
    top: { type: 'integer', short: 'n', value: 'N', doc: 'explain N causes at most', default: '5' },
    json: { type: 'flag', doc: 'print the answer of the tool get_causal_chains and nothing else' },
  },
  words: 1,
  examples: [
    { line: 'whytrace explain', doc: 'the newest recording' },
    { line: 'whytrace explain run.db --pid 4711 --from 10s --to 12s', doc: 'one process in two seconds' },
    { line: "whytrace explain run.db --json | jq '.chains[0].root'", doc: 'for programs' },
  ],
  run: async (args) => {
    const { getCausalChains, causalChainsAnswer } = await import('../../serve/tools/get-causal-chains.ts');
    const { SHELL_BUDGET } = await import('../../serve/tool.ts');
    const context = toolContext(args.words[0], SHELL_BUDGET);
    const wanted = {
      pid: args.integer('pid'),
      op: args.text('op'),
      from: args.text('from'),
      to: args.text('to'),
      min_duration: args.text('min_duration'),
      limit: args.integer('top'),
    };
    const answer = await getCausalChains.call(wanted, context);
    if (args.flag('json')) outJson(answer);
    else {
      const { renderChains } = await import('../../serve/render/chains.ts');
      const { suspicionText } = await import('../../serve/render/by-tool.ts');
      out(renderChains(causalChainsAnswer.parse(answer), context.path(), outStyle()) + suspicionText(answer));
    }
    return 0;
  },
};
