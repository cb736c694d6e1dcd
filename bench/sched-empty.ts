// Attaches the programs of empty.bpf.c, says so in a JSON line, and keeps them until it is ended: run by the scheduler
// benches. Argument: the compiled object.
import { loadLibbpf } from '../src/capture/libbpf.ts';

const [path = ''] = process.argv.slice(2);
const bpf = loadLibbpf();
const object = bpf.openFile(path, { kernelLog: Buffer.alloc(65_536) });
if (object === null || bpf.load(object) !== 0) throw new Error(`cannot load ${path}`);
for (const [name, tracepoint] of [
  ['on_waking', 'sched_waking'],
  ['on_switch', 'sched_switch'],
] as const) {
  const program = bpf.findProgram(object, name);
  if (program === null || bpf.attachRawTracepoint(program, tracepoint) === null)
    throw new Error(`cannot attach ${name}`);
}
process.stdout.write(`${JSON.stringify({ attached: 2 })}\n`);
setInterval(() => {}, 60_000);
