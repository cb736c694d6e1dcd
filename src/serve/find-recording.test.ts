import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { scene } from '../../test/scene.ts';
import { findRecording, stateFolder } from './find-recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-find-'));
const recording = scene();
recording.done();
const back = process.cwd();
const stateBefore = process.env.XDG_STATE_HOME;
after(() => {
  process.chdir(back);
  if (stateBefore === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = stateBefore;
  rmSync(folder, { recursive: true });
  recording.remove();
});

test('the state directory follows XDG, and ignores a relative path', () => {
  assert.equal(stateFolder({ XDG_STATE_HOME: '/x/state' }), '/x/state/whytrace');
  assert.match(stateFolder({ XDG_STATE_HOME: 'relative' }), /^\/.*\/\.local\/state\/whytrace$/);
});

test('a named file, else ./whytrace.db, else the newest recording in the state directory, else an error', () => {
  process.chdir(folder);
  process.env.XDG_STATE_HOME = folder;
  assert.equal(findRecording('x.db'), resolve('x.db'));
  assert.throws(() => findRecording(), /no recording found: there is neither .\/whytrace.db nor a recording in/);
  const state = stateFolder();
  mkdirSync(state);
  for (const [name, second] of [
    ['old.db', 1000],
    ['new.db', 2000],
  ] as const) {
    copyFileSync(recording.path, join(state, name));
    utimesSync(join(state, name), second, second);
  }
  writeFileSync(join(state, 'newest-but-foreign.db'), 'text');
  assert.equal(findRecording(), join(state, 'new.db'));
  writeFileSync('whytrace.db', '');
  assert.equal(findRecording(), resolve('whytrace.db'));
});
