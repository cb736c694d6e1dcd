// What is planted in the big recording is found in it without a hint, here in a smaller one of the same kind.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { causalChains } from '../src/analysis/chains.ts';
import { openRecording } from '../src/store/open-recording.ts';
import { inFolder } from './lab.ts';
import { writeLarge } from './large-recording.ts';

/** About four minutes of it. */
const ROWS = 640_000;

test('incidents of a fiftieth of a recording are found in all of it: a crowded CPU and a slow disk', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'large.db');
    const { length } = writeLarge(path, ROWS);
    const recording = openRecording(path);
    try {
      const { chains } = causalChains(recording, { top: 20 });
      const crowded = chains.find(({ root }) => root.kind === 'runnable');
      assert.deepEqual(
        [crowded?.symptom.op, crowded?.symptom.pid, crowded?.root.comm],
        ['cudaLaunchKernel', 1000, 'stress'],
      );
      const slow = chains.find(({ root }) => root.kind === 'block_io');
      assert.deepEqual([slow?.symptom.kind, slow?.symptom.pid], ['gap', 1100]);
      const at = (slow?.symptom.start_ns ?? 0) / length;
      assert.ok(at > 0.59 && at < 0.63, `at ${at} of the recording`);
      // Through the thread that pins memory to the loader, and from there to the disk.
      assert.deepEqual(
        slow?.links.map(({ to_tid, kind }) => [to_tid, kind]),
        [
          [1103, 'lock'],
          [1101, 'lock'],
          [0, 'block_io'],
        ],
      );
    } finally {
      recording.close();
    }
  }));
