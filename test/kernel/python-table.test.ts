// The kernel's table of Pythons when it is full: both sides say so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readAbilities } from '../../src/capture/abilities.ts';
import { readLosses, track, writeSettings } from '../../src/capture/kernel-maps.ts';
import { loadLibbpf } from '../../src/capture/libbpf.ts';
import { loadKernel } from '../../src/capture/load.ts';
import { type PythonProcess, tellForked, tellPython } from '../../src/capture/python/python-map.ts';
import { kernelStructs } from '../../src/catalogue/kernel-structs.ts';
import { keptAt } from '../../src/catalogue/shedding.ts';
import { here } from './recorder.ts';

const isWhole = (process: Partial<PythonProcess>): process is PythonProcess =>
  kernelStructs.python_process.fields.every(({ name }) => name in process);
const nowhere: Partial<PythonProcess> = Object.fromEntries(
  kernelStructs.python_process.fields.map(({ name }) => [name, 0]),
);

test('a process for which the table of Pythons has no room is counted', here, async () => {
  assert.ok(isWhole(nowhere));
  const bpf = loadLibbpf();
  const kernel = loadKernel(bpf, { abilities: readAbilities(), sizes: { pythons: 1 } });
  const settings = { observer: 0, trackAll: false, hold: false, watchExec: false, trackCuda: false, adopt: false };
  const sizes = { shardShift: 0, historySlots: 1, requestSlots: 1, fullBytes: 0 };
  writeSettings(kernel, { ...settings, ...sizes, stacks: false, keep: keptAt(0), ended: false });
  assert.ok(track(kernel, process.pid));
  assert.ok(tellPython(kernel, process.pid, nowhere));
  assert.ok(tellPython(kernel, process.pid, nowhere), 'again');
  assert.ok(tellForked(kernel, process.pid, nowhere), 'known already');
  assert.equal(tellPython(kernel, 1, nowhere), false);
  assert.equal(tellForked(kernel, 1, nowhere), false);
  const link = bpf.attachRawTracepoint(kernel.program('on_fork'), 'sched_process_fork');
  assert.ok(link);
  try {
    spawnSync('true');
  } finally {
    await bpf.destroyLink(link);
  }
  assert.equal(readLosses(kernel).get('python_table_full'), 1);
});
