// Loads the kernel side as on a machine with so many CPUs, and prints what memory the kernel accounts for it, and what is
// worked out for the same. Run in a process of its own, which takes it away again. Prints one JSON line.
import { readdirSync, readFileSync } from 'node:fs';
import { mapBytes } from '../scripts/map-memory.ts';
import { mapsFor } from '../scripts/scale.ts';
import { readAbilities } from '../src/capture/abilities.ts';
import { loadLibbpf, loadSystem } from '../src/capture/libbpf.ts';
import { loadKernel } from '../src/capture/load.ts';
import { makeRings } from '../src/capture/rings.ts';
import { HISTORY, REQUESTS, sizesFor } from '../src/capture/sizes.ts';

const cpus = Number(process.argv[2]);
const bpf = loadLibbpf();
const system = loadSystem();
const sizes = sizesFor(cpus, system.pageSize);
const kernel = loadKernel(bpf, {
  abilities: readAbilities(),
  sizes: { [HISTORY.name]: cpus * sizes.historySlots, [REQUESTS.name]: cpus * sizes.requestSlots },
});
makeRings(kernel, system, sizes);
const memoryOf = (info: string): number => Number(/^memlock:\s*(\d+)/m.exec(info)?.[1] ?? 0);

/** Bytes of each map that this process has, once each, by its id (`memlock` of Documentation/bpf/maps.rst). */
const accounted = new Map<string, number>();
for (const fd of readdirSync('/proc/self/fdinfo')) {
  let text = '';
  try {
    text = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  } catch {
    // That of the folder itself, which is closed.
  }
  const id = /^map_id:\s*(\d+)/m.exec(text)?.[1];
  if (id !== undefined) accounted.set(id, memoryOf(text));
}
const here = bpf.possibleCpus();
process.stdout.write(
  `${JSON.stringify({
    maps: accounted.size,
    accounted: [...accounted.values()].reduce((sum, bytes) => sum + bytes, 0),
    // What each CPU has of its own is there for those of this machine only.
    worked_out: mapsFor(cpus, sizes).reduce((sum, map) => sum + mapBytes(map, here), 0),
  })}\n`,
);
