// Records one process as `whytrace record` does, in a process of its own, until it is interrupted, and says what that cost: run by
// the scheduler benches, so that CPU time and memory of a recorder hold nothing else. Prints two JSON lines: when it is ready, and
// at the end. SIGUSR2 begins the count of its CPU time anew.
import { runRecording } from '../src/record/run.ts';
import { asTheCommand } from './as-the-command.ts';

process.env.UV_THREADPOOL_SIZE = '64';
const [path = '', pid = '', hz] = process.argv.slice(2);
let start = process.cpuUsage();
process.on('SIGUSR2', () => {
  start = process.cpuUsage();
});
const { session } = await runRecording({
  path,
  ...asTheCommand(path),
  duration: undefined,
  ...(hz === undefined ? {} : { sampleHz: Number(hz) }),
  selection: { pids: [Number(pid)], comms: [], cgroups: [], all: false, command: [] },
  onReady: (_, { readyMs }) => {
    start = process.cpuUsage();
    process.stdout.write(`${JSON.stringify({ ready_ms: readyMs })}\n`);
  },
  onInterrupt: () => {},
});
const used = process.cpuUsage(start);
const { events, lost } = session.progress();
process.stdout.write(`${JSON.stringify({ events, lost, cpu_us: used.user + used.system })}\n`);
