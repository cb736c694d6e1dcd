// How long answers take on a recording of 10 million rows.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { causalChains } from '../src/analysis/chains.ts';
import { traceStats } from '../src/analysis/stats.ts';
import { argumentNames } from '../src/catalogue/arguments.ts';
import { openRecording } from '../src/store/open-recording.ts';
import { RecordingWriter } from '../src/store/writer.ts';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, launcher } from './lab.ts';

const ROWS = 10_000_000;
const RUNS = 5;
const OPS = [1, 10, 29, 101, 108];

/** Rows like those of a training loop: five calls, four threads, one call in 100,000 very slow. */
const fill = (path: string) => {
  const writer = new RecordingWriter(path, { started_unix_ns: '1700000000000000000', recorder_pid: 0, host: 'bench' });
  const threads = [1, 2, 3, 4].map((tid) => writer.threadId(1, tid, 'python3'));
  const args = writer.argumentsId(
    argumentNames.map(() => null),
    false,
  );
  let time = 0;
  for (let i = 0; i < ROWS; i++) {
    const duration = i % 100_000 === 0 ? 5_000_000 : 500 + ((i * 7919) % 4000);
    const op = OPS[i % OPS.length] ?? 1;
    writer.call(time, duration, threads[i % 4] ?? 1, op, op > 100 ? 1 : 0, 0, args, 0, 0);
    writer.totals.add(1, op, time + duration, duration, false);
    time += 2000;
    if (i % 250_000 === 0) writer.commit(time);
  }
  writer.close(time);
};

const timed = (work: () => void): number => {
  const began = performance.now();
  work();
  return performance.now() - began;
};

const answering = (path: string, answer: (recording: ReturnType<typeof openRecording>) => void) =>
  Array.from({ length: RUNS }, () =>
    timed(() => {
      const recording = openRecording(path);
      answer(recording);
      recording.close();
    }),
  );

export const statsTime: Bench = {
  name: 'stats-time',
  doc: 'answers on a recording of 10 million rows',
  run: () =>
    inFolder(async (folder) => {
      const path = join(folder, 'large.db');
      fill(path);
      const context = { rows: ROWS };
      const shell = Array.from({ length: RUNS }, () =>
        timed(() => execFileSync(launcher, ['ask', 'get_trace_stats', '--db', path, '--json'], { stdio: 'ignore' })),
      );
      return [
        figureOf('get_trace_stats', 'ms', { atMost: 100 }, answering(path, traceStats), context),
        figureOf(
          'get_causal_chains',
          'ms',
          { atMost: 2000 },
          answering(path, (recording) => causalChains(recording, { top: 5 })),
          context,
        ),
        figureOf('ask_get_trace_stats_whole_process', 'ms', { atMost: 1000 }, shell, context),
      ];
    }),
};
