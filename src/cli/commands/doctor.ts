// `whytrace doctor`: what this machine can do, and the remedy for what it cannot.
import type { Command } from '../command.ts';
import { out, outJson, outStyle } from '../print.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'check whether this machine can record, and say what is missing',
  usage: '[--json]',
  about:
    'Checks everything that recording needs and changes nothing. Exit code 0 when recording is possible, 1 when not.',
  options: { json: { type: 'flag', doc: 'print the answer of the tool get_check and nothing else' } },
  words: 0,
  examples: [{ line: 'sudo whytrace doctor', doc: 'with the privileges that recording will have' }],
  run: async (args) => {
    const { checkMachine } = await import('../../capture/features.ts');
    const answer = checkMachine();
    if (args.flag('json')) outJson(answer);
    else {
      const style = outStyle();
      for (const { name, ok, required, what, why, todo } of answer.checks) {
        const mark = ok ? 'ok     ' : required ? 'MISSING' : 'note   ';
        out(`${ok ? mark : style.bold(mark)}  ${name.padEnd(13)} ${what}\n`);
        if (!ok) out(`                        ${why}${todo === '' ? '' : `; ${todo}`}\n`);
      }
      out(answer.ok ? '\nThis machine can record.\n' : '\nThis machine cannot record yet: see MISSING above.\n');
    }
    return answer.ok ? 0 : 1;
  },
};
