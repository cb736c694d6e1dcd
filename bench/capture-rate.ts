// 500,000 calls a second for 10 seconds: nothing lost, and what one event costs from the ring to SQLite.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, workload } from './lab.ts';

const SECONDS = 10;
const RUNS = 3;
// Each paced call is one runtime call; of these 44 % nest one driver call, which is probed too.
const RATE = 350_000;

type Outcome = {
  readonly events: number;
  readonly lost: number;
  readonly cpu_us: number;
  readonly bytes: number;
  readonly rows: number;
};
const numberIn = (record: object, name: string): number => {
  const value: unknown = Reflect.get(record, name);
  if (typeof value !== 'number') throw new Error(`no number ${name} in ${JSON.stringify(record)}`);
  return value;
};

const record = (folder: string, storm: string): Outcome & { readonly rate: number } => {
  const command = [
    storm,
    '--rate',
    String(RATE),
    '--seconds',
    String(SECONDS),
    '--threads',
    '1',
    '--api',
    'runtime',
    '--start-delay-ms',
    '300',
  ];
  const recorder = new URL('./recorder.ts', import.meta.url).pathname;
  const output = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', recorder, join(folder, 'rate.db'), ...command],
    {
      encoding: 'utf8',
    },
  );
  const line: object = JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
  const rows = numberIn(line, 'rows');
  return {
    events: numberIn(line, 'events'),
    lost: numberIn(line, 'lost'),
    cpu_us: numberIn(line, 'cpu_us'),
    bytes: numberIn(line, 'bytes'),
    rows,
    rate: rows / SECONDS,
  };
};

export const captureRate: Bench = {
  name: 'capture-rate',
  doc: `${RUNS} x ${SECONDS} s of calls at full rate`,
  run: () =>
    inFolder(async (folder) => {
      const storm = workload('storm');
      const runs = Array.from({ length: RUNS }, () => record(folder, storm));
      const context = { seconds: SECONDS, events: runs[0]?.events ?? 0 };
      return [
        figureOf(
          'recorded_calls_per_second',
          'calls/s',
          { atLeast: 500_000 },
          runs.map(({ rate }) => rate),
          context,
        ),
        figureOf('lost_events', 'events', { atMost: 0 }, [Math.max(...runs.map(({ lost }) => lost))], context),
        figureOf(
          'recorder_cpu_per_event',
          'us',
          { atMost: 1 },
          runs.map(({ cpu_us, events }) => cpu_us / events),
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
