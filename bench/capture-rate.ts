// A program that is paced at 503,125 calls a second for 10 seconds, recorded through a real ring: nothing may be lost, and what one
// event costs from the ring to SQLite.
import { join } from 'node:path';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, workload } from './lab.ts';
import { runScript } from './run-script.ts';
import { numberOf, textOf } from './sched-json.ts';

const SECONDS = 10;
const RUNS = 3;
/** Calls of the runtime; of these 7 in 16 nest one of the driver, which is probed too. */
const RATE = 350_000;
const CALLS = RATE * (1 + 7 / 16);

const record = (folder: string, storm: string) => {
  const pace = ['--rate', String(RATE), '--seconds', String(SECONDS), '--threads', '1', '--api', 'runtime'];
  const told = runScript('recorder.ts', [join(folder, 'rate.db'), storm, ...pace, '--start-delay-ms', '300']);
  const of = (name: string) => numberOf(told, name);
  return {
    ...{ events: of('events'), lost: of('lost'), cpuUs: of('cpu_us'), bytes: of('bytes'), rows: of('rows') },
    losses: textOf(told, 'losses'),
  };
};

export const captureRate: Bench = {
  name: 'capture-rate',
  doc: `${RUNS} x ${SECONDS} s of a program that is paced at ${CALLS} calls a second`,
  run: () =>
    inFolder(async (folder) => {
      const storm = workload('storm');
      const runs = Array.from({ length: RUNS }, () => record(folder, storm));
      const worst = runs.reduce((most, run) => (run.lost > most.lost ? run : most));
      const context = { seconds: SECONDS, paced_per_s: CALLS, events: runs[0]?.events ?? 0 };
      return [
        figureOf(
          'paced_rows_per_s',
          'rows/s',
          { atLeast: 500_000 },
          runs.map(({ rows }) => rows / SECONDS),
          context,
        ),
        figureOf('lost_events', 'events', { atMost: 0 }, [worst.lost], { ...context, losses: worst.losses }),
        figureOf(
          'recorder_cpu_per_event',
          'us',
          { atMost: 0.8 },
          runs.map(({ cpuUs, events }) => cpuUs / events),
          context,
        ),
        figureOf(
          'bytes_per_row',
          'bytes',
          { atMost: 40 },
          runs.map(({ bytes, rows }) => bytes / rows),
          context,
        ),
      ];
    }),
};
