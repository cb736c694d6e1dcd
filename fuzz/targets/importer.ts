// Files of another tool, changed at random: imported or refused, and what was imported is a recording that can be read.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { causalChains } from '../../src/analysis/chains.ts';
import { traceStats } from '../../src/analysis/stats.ts';
import { importFile } from '../../src/import/import-file.ts';
import { openRecording } from '../../src/store/open-recording.ts';
import { type ForeignVersion, foreign } from '../../test/foreign.ts';
import { holds, refusing, type Target } from '../target.ts';

/** A small file of the other tool with a row in each of its tables. */
const built = (version: ForeignVersion): Buffer => {
  const file = foreign(version);
  try {
    file.session();
    file.name(100, 'python3');
    for (let i = 0; i < 40; i++) {
      file.call(1, 1 + (i % 3), i * 1_000_000, 300_000, { arg0: i });
      file.off(i * 1_000_000 + 400_000, 200_000);
    }
    file.read(5_000_000, 1000);
    file.sum(0, 1, 1, 100, 40, 40, 12_000_000, 300_000);
    file.claim('c1', 'cudaMalloc', 300, 'switches');
    return readFileSync(file.done());
  } finally {
    file.remove();
  }
};

export const importer: Target = {
  name: 'importer',
  doc: 'files of other tools',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    const [from, to] = [join(folder, 'other.db'), join(folder, 'out.db')];
    const seeds = [built('0.8'), built('0.10')];
    return {
      seeds,
      sound: () => {
        for (const file of seeds) {
          rmSync(to, { force: true });
          writeFileSync(from, file);
          importFile({ from, to, version: 'fuzz' });
          const recording = openRecording(to);
          const { rows } = traceStats(recording);
          recording.close();
          holds('40 calls', rows.calls === 40);
        }
      },
      check: (input) => {
        for (const path of [to, `${to}.old`]) rmSync(path, { force: true });
        writeFileSync(from, input);
        if (refusing(() => importFile({ from, to, version: 'fuzz' })) === undefined) return;
        const recording = openRecording(to);
        try {
          traceStats(recording);
          causalChains(recording, { top: 3 });
        } finally {
          recording.close();
        }
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
