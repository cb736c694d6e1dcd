// `whytrace export`: the stacks of a recording in the formats of other tools.

import { countText } from '../../base/units.ts';
import type { Command } from '../command.ts';
import { errors } from '../errors.ts';
import { err, outBytes } from '../print.ts';
import { toolContext } from '../tool-context.ts';

const FORMATS = ['folded', 'pprof'] as const;
const SOURCES = { calls: 'calls', waits: 'waits', cpu: 'cpu_samples' } as const;
type Of = keyof typeof SOURCES;
const isOf = (text: string): text is Of => Object.hasOwn(SOURCES, text);

export const exportCommand: Command = {
  name: 'export',
  summary: 'write the stacks of a recording for flame graphs and pprof',
  usage: '[FILE] [--format folded|pprof] [-o FILE] [OPTIONS]',
  about:
    "Writes from where in the code the time went. 'folded' is one line a stack, 'comm (pid N);outermost;...;innermost MICROSECONDS', for flamegraph.pl, speedscope and others; 'pprof' is a gzipped profile for 'go tool pprof', speedscope and others. Of CPU samples when there are any, else of library calls; the call, or what was waited for, is the innermost frame. A sampled stack counts for all that it stands for.",
  options: {
    format: { type: 'text', value: 'FORMAT', doc: 'folded or pprof', default: 'folded' },
    output: { type: 'text', short: 'o', value: 'FILE', doc: 'write to FILE', default: 'stdout, which is also -' },
    of: { type: 'text', value: 'WHAT', doc: 'calls, waits or cpu', default: 'cpu when there are samples, else calls' },
    pid: { type: 'integer', short: 'p', value: 'PID', doc: 'only this process', default: 'all' },
    op: { type: 'text', value: 'CALL', doc: 'only this call, such as cudaMemcpy', default: 'all' },
    wait_kind: { type: 'text', value: 'KIND', doc: 'only waits of this kind, such as lock', default: 'all' },
    from: { type: 'time', value: 'T', doc: 'start, from the start of the recording: 1.5, 1.5s, 200ms', default: '0' },
    to: { type: 'time', value: 'T', doc: 'end, counted as --from', default: 'the end' },
    native: { type: 'flag', doc: "with the interpreter's own functions between Python frames" },
  },
  words: 1,
  examples: [
    { line: 'whytrace export run.db | flamegraph.pl --countname us > cpu.svg', doc: 'a flame graph of CPU time' },
    {
      line: 'whytrace export run.db --format pprof --of calls -o calls.pb.gz',
      doc: 'for go tool pprof -http : calls.pb.gz',
    },
    { line: 'whytrace export run.db --wait-kind lock -o lock.folded', doc: 'waits for locks, for speedscope' },
  ],
  run: async (args) => {
    const format = args.text('format') ?? FORMATS[0];
    if (!FORMATS.some((known) => known === format))
      throw errors.badValue({
        name: '--format',
        value: format,
        wanted: `one of ${FORMATS.join(', ')}`,
        command: 'export',
      });
    const wanted = args.text('of');
    if (wanted !== undefined && !isOf(wanted))
      throw errors.badValue({ name: '--of', value: wanted, wanted: 'calls, waits or cpu', command: 'export' });
    const output = args.text('output') ?? '-';
    if (format === 'pprof' && output === '-' && process.stdout.isTTY) throw errors.binaryToTerminal({ format });
    const [op, wait_kind] = [args.text('op'), args.text('wait_kind')];
    const implied: readonly Of[] = [
      ...(op === undefined ? [] : ['calls' as const]),
      ...(wait_kind === undefined ? [] : ['waits' as const]),
    ];
    const of = wanted ?? implied[0];
    for (const other of implied)
      if (other !== of)
        throw errors.badValue({
          name: '--of',
          value: of ?? '',
          wanted: `${other}, as the other options say`,
          command: 'export',
        });

    const { exportStacks } = await import('../../serve/export-stacks.ts');
    const { SHELL_BUDGET } = await import('../../serve/tool.ts');
    const { writeExport } = await import('../write-export.ts');
    const context = toolContext(args.words[0], SHELL_BUDGET);
    const filter = {
      pid: args.integer('pid'),
      op,
      wait_kind,
      from: args.text('from'),
      to: args.text('to'),
      native: args.flag('native'),
    };
    const { bytes, stacks, source } = exportStacks(
      context,
      format === 'pprof' ? 'pprof' : 'folded',
      of === undefined ? undefined : SOURCES[of],
      filter,
    );
    if (output === '-') outBytes(bytes);
    else writeExport(output, bytes);
    if (stacks === 0) err(`whytrace: no stacks of ${source} match in ${context.path()}\n`);
    else if (output !== '-') err(`whytrace: ${countText(stacks, 'stack')} of ${source} written to ${output}\n`);
    return 0;
  },
};
