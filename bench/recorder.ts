// Records one command as `whytrace record` does, in a process of its own, and prints what it cost: run by the benches, so that the
// CPU time of a recorder holds nothing else; WHYTRACE_UNSEALED=1 leaves the seals out. Prints one JSON line.
import { statSync } from 'node:fs';
import { runRecording } from '../src/record/run.ts';
import { openRecording } from '../src/store/open-recording.ts';
import { asTheCommand } from './as-the-command.ts';

process.env.UV_THREADPOOL_SIZE = '64';
const [path = '', ...command] = process.argv.slice(2);
let start = process.cpuUsage();
let ready = 0;
const { session } = await runRecording({
  path,
  ...asTheCommand(path),
  ...(process.env.WHYTRACE_UNSEALED === '1' ? { key: undefined } : {}),
  duration: undefined,
  selection: { pids: [], comms: [], cgroups: [], all: false, command },
  onReady: (_, { readyMs }) => {
    ready = readyMs;
    start = process.cpuUsage();
  },
  onInterrupt: () => {},
});
const used = process.cpuUsage(start);
const { events, lost } = session.progress();
const recording = openRecording(path);
const rows = recording.database.prepare('SELECT max(id) AS n FROM call').get()?.n;
const total = recording.database.prepare('SELECT sum(count) AS n FROM total').get()?.n;
const missing = new Map<string, number>();
for (const { reason, count } of recording.losses({ start_ns: 0, end_ns: recording.window.end_ns }))
  missing.set(reason, (missing.get(reason) ?? 0) + count);
recording.close();
process.stdout.write(
  `${JSON.stringify({
    ...{ events, lost, ready_ms: ready, cpu_us: used.user + used.system, bytes: statSync(path).size, rows, total },
    // Of each reason how many, in words.
    losses: [...missing].map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none',
  })}\n`,
);
