// Attaches the programs of calls-empty.bpf.c to the entry and the return of a function, says so in a JSON line, and keeps them
// until it is ended: run by the calls bench. Arguments: the compiled object, the library, where in it the probes sit.
import { readAbilities } from '../src/capture/abilities.ts';
import { loadLibbpf, loadSystem } from '../src/capture/libbpf.ts';

const [object = '', library = '', offset = ''] = process.argv.slice(2);
const bpf = loadLibbpf();
const system = loadSystem();
const many = readAbilities().uprobe_multi;
const loaded = bpf.openFile(object, { kernelLog: Buffer.alloc(65_536) });
if (loaded === null) throw new Error(`cannot open ${object}`);
const programs = (['on_return', 'on_entry'] as const).map((name) => {
  const program = bpf.findProgram(loaded, name);
  if (program === null) throw new Error(`no ${name} in ${object}`);
  if (many) bpf.prepareUprobes(program, 'multi');
  return { program, isReturn: name === 'on_return' };
});
if (bpf.load(loaded) !== 0) throw new Error(`cannot load ${object}`);
for (const { program, isReturn } of programs) {
  const attached = many
    ? system.linkUprobes(bpf.programFd(program), library, [Number(offset)], [0], isReturn ? 'return' : 'entry') >= 0
    : bpf.attachUprobe(program, library, Number(offset), { cookie: 0, isReturn }) !== null;
  if (!attached) throw new Error(`cannot attach to ${library} at ${offset}`);
}
process.stdout.write(`${JSON.stringify({ attached: programs.length })}\n`);
setInterval(() => {}, 60_000);
