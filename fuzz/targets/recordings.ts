// Recordings, changed at random as bytes: every tool answers or refuses in words, `verify` says that something is wrong, and
// none of them hangs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHELL_BUDGET } from '../../src/serve/tool.ts';
import { recordingTools } from '../../src/serve/tools.ts';
import { newKey } from '../../src/store/evidence/key.ts';
import { verifyRecording } from '../../src/store/evidence/verify.ts';
import { sealedScene } from '../../test/sealed.ts';
import { toolArguments } from '../../test/tool-arguments.ts';
import { refusing, refusingLater, type Target } from '../target.ts';

const CALLS = 120;

export const recordings: Target = {
  name: 'recordings',
  doc: 'recordings that were changed, by every tool',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    const path = join(folder, 'r.db');
    const key = newKey();
    const made = sealedScene(key, CALLS);
    const whole = readFileSync(made.done());
    made.remove();
    const context = {
      path: () => path,
      check: async () => ({ ok: false, checks: [] }),
      budget: SHELL_BUDGET,
    };
    return {
      seeds: [whole],
      check: async (input) => {
        writeFileSync(path, input);
        const found = refusing(() => verifyRecording(path, { ownKey: key.fingerprint }));
        if (found?.verdict === 'intact' && !input.equals(whole)) {
          // Bytes of pages that are not in use belong to no row.
          if (found.rows < 1) throw new Error('intact, without a row');
        }
        for (const tool of recordingTools) await refusingLater(() => tool.call(toolArguments(tool.name), context));
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
