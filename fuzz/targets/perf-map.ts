// The file in which a just-in-time compiler says where its functions are: anyone may write one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPerfMap } from '../../src/capture/symbols/perf-map.ts';
import { holds, type Target } from '../target.ts';

export const perfMap: Target = {
  name: 'perf-map',
  doc: 'perf maps of just-in-time compilers',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    const path = join(folder, 'perf-1.map');
    const python = '7f0000001000 40 py::f:/srv/app.py\n7f0000001040 1a0 py::g:/srv/app.py\n';
    return {
      sound: () => {
        writeFileSync(path, python);
        const map = openPerfMap(path, process.getuid?.() ?? 0);
        map.update();
        holds('a name', map.find(0x7f0000001041)?.name.includes('py::g') === true);
      },
      seeds: [Buffer.from(python), Buffer.from('0x1000 0x20 LazyCompile:~a b.js:1\n1000 20 again\n1010 8 within\n')],
      check: (input) => {
        writeFileSync(path, input);
        const map = openPerfMap(path, process.getuid?.() ?? 0, { entries: 1000, nameBytes: 20_000 });
        map.update();
        for (const address of [0, 0x1008, 0x7f0000001041, 2 ** 52, Number.NaN]) {
          const found = map.find(address);
          if (found !== undefined && !(found.start <= address)) throw new Error(`${address} is not in ${found.start}`);
        }
        if (map.memoryBytes() > 4 * 1024 * 1024) throw new Error(`it holds ${map.memoryBytes()} bytes`);
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
