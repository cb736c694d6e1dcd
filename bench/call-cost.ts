// What tracing adds to a call of the traced program, against the same program untraced, in pairs of runs.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, launcher, workload } from './lab.ts';

const PAIRS = 5;
const CALLS_PER_SECOND = 10_000_000; // more than can be made: the program runs as fast as it can

/** Probed calls and seconds of CPU time that the workload itself reports. */
const cpuPerCall = (output: string): number => {
  const line = output.split('\n').find((text) => text.startsWith('{"pid"')) ?? '';
  const truth: unknown = JSON.parse(line);
  if (typeof truth !== 'object' || truth === null) throw new Error('the workload printed no truth');
  const get = (name: string) => Number(Reflect.get(truth, name));
  return ((get('cpu_user_s') + get('cpu_system_s')) * 1e9) / get('total');
};

export const callCost: Bench = {
  name: 'call-cost',
  doc: 'nanoseconds that tracing adds to a call',
  run: () =>
    inFolder(async (folder) => {
      const storm = workload('storm');
      const args = ['--rate', String(CALLS_PER_SECOND), '--seconds', '2', '--threads', '1', '--api', 'runtime'];
      const added = Array.from({ length: PAIRS }, () => {
        const bare = cpuPerCall(execFileSync(storm, args, { encoding: 'utf8' }));
        const file = join(folder, 'cost.db');
        const traced = cpuPerCall(
          execFileSync(launcher, ['record', '-q', '-o', file, '--', storm, ...args], { encoding: 'utf8' }),
        );
        return traced - bare;
      });
      // A call of the mix is 1.44 probed calls: 44 % of them nest one.
      return [
        figureOf(
          'added_ns_per_probed_call',
          'ns',
          { atMost: 2000 },
          added.map((ns) => ns / 1.44),
          { pairs: PAIRS },
        ),
      ];
    }),
};
