// Records one command with retention at work, in a process of its own, and looks at itself every few seconds: run by soak.ts.
// Prints one JSON line: what it saw of its memory and its file, and what the file says in the end.
import { statSync } from 'node:fs';
import { runRecording } from '../src/record/run.ts';
import { newKey } from '../src/store/evidence/key.ts';
import { verifyRecording } from '../src/store/evidence/verify.ts';
import { openRecording } from '../src/store/open-recording.ts';

const LOOK_MS = 5000;

process.env.UV_THREADPOOL_SIZE = '64';
const [path = '', keepBytes = '', keepSeconds = '', ...command] = process.argv.slice(2);
const key = newKey();
const looks: { s: number; rss: number; heap: number; file: number; log: number; behind_ms: number }[] = [];
const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
let timer: NodeJS.Timeout | undefined;

/** How far the newest row that others can read lies behind the clock of the recording. */
const behind = (now: number): number => {
  const recording = openRecording(path);
  try {
    const newest = recording.database.prepare('SELECT start_ns FROM call ORDER BY id DESC LIMIT 1').get()?.start_ns;
    return (now - Number(newest ?? 0)) / 1e6;
  } finally {
    recording.close();
  }
};

const { session } = await runRecording({
  path,
  version: 'bench',
  key,
  duration: undefined,
  keep: { bytes: Number(keepBytes), ns: Number(keepSeconds) * 1e9 },
  selection: { pids: [], comms: [], cgroups: [], all: false, command },
  onReady: ({ capture }) => {
    const began = performance.now();
    timer = setInterval(() => {
      const { rss, heapUsed } = process.memoryUsage();
      looks.push({
        ...{ s: (performance.now() - began) / 1000, rss, heap: heapUsed },
        ...{ file: sizeOf(path), log: sizeOf(`${path}-wal`), behind_ms: behind(capture.clock.now()) },
      });
    }, LOOK_MS);
  },
  onInterrupt: () => {},
});
clearInterval(timer);
const { events, elapsed, pruned } = session.progress();
const recording = openRecording(path);
const { database } = recording;
const count = (sql: string): number => Number(database.prepare(sql).get()?.n ?? 0);
const losses = recording
  .losses({ start_ns: 0, end_ns: recording.window.end_ns })
  .map(({ reason, count: missing }) => [reason, missing] as const);
const rows = count('SELECT count(*) AS n FROM call');
const total = count('SELECT sum(count) AS n FROM total');
const ops = Object.fromEntries(recording.opTotals().map(({ op, count: calls }) => [op, calls]));
const names = Object.fromEntries(
  ['thread', 'process', 'task', 'stack', 'frame', 'call_args', 'loss', 'second', 'evidence_chain'].map((table) => [
    table,
    count(`SELECT count(*) AS n FROM ${table}`),
  ]),
);
recording.close();
const { verdict } = verifyRecording(path, { ownKey: key.fingerprint });
process.stdout.write(
  `${JSON.stringify({ events, seconds: elapsed / 1e9, pruned, rows, total, ops, names, losses, looks, verdict, file: sizeOf(path) })}\n`,
);
