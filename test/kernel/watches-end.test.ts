// Watches of the running kernel that end leave nothing open; a process that floods a rule is told of itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { here } from './recorder.ts';
import { startWatching } from './watching.ts';

const PATIENCE_MS = 15_000;
/** Asks for a namespace that there is not, as fast as it can. */
const FLOOD = 'import ctypes\nlibc = ctypes.CDLL(None)\nwhile True: libc.setns(-1, 0)';
const open = () => readdirSync('/proc/self/fd').length;

test('a process that floods a rule is named, and what was not looked at is counted by rule', here, async (t) => {
  const { alerts, unseen } = startWatching(t);
  const flood = spawn('python3', ['-c', FLOOD], { stdio: 'ignore' });
  const gone = new Promise((resolve) => flood.once('close', resolve));
  t.after(async () => {
    flood.kill('SIGKILL');
    await gone;
  });
  const told = () => alerts.find(({ rule, process: who }) => rule === 'watch_flooded' && who?.pid === flood.pid);
  for (const end = performance.now() + PATIENCE_MS; told() === undefined && performance.now() < end; ) await sleep(20);
  assert.equal(told()?.facts.flooded_rule, 'setns');
  assert.ok((unseen().get('setns') ?? 0) > 0);
});

// After the one above: what is opened once and kept, as libraries are, is open by now.
test('watches that are started and ended leave no descriptor open', here, async (t) => {
  await sleep(200);
  const before = open();
  await startWatching(t).stop();
  for (const end = performance.now() + PATIENCE_MS; open() > before && performance.now() < end; ) await sleep(20);
  assert.ok(open() <= before, `${open()} descriptors open, ${before} before`);
});
