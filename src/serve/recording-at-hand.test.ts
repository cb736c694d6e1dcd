// A recording that stays open for a moment is never an old one.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { scene } from '../../test/scene.ts';
import type { Recording } from '../store/recording.ts';
import { readRecording } from './recording-at-hand.ts';

const folder = mkdtempSync(join(tmpdir(), 'whytrace-hand-'));
const path = join(folder, 'run.db');
const [one, other] = [scene(), scene()];
before(() => {
  for (const [build, comm] of [
    [one, 'one'],
    [other, 'other'],
  ] as const) {
    build.process(5, comm);
    build.call({ pid: 5, tid: 5, comm }, 'cudaMalloc', 1e6, 1000);
    build.done();
  }
  copyFileSync(one.path, path);
});
after(() => {
  for (const build of [one, other]) build.remove();
  rmSync(folder, { recursive: true });
});
const commOf = (recording: Recording) => recording.processes()[0]?.comm;
const isOpen = () =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  });

test('it is the same one while the file stays as it is, and another after any change', () => {
  const first = readRecording(path, (recording) => recording);
  assert.equal(
    readRecording(path, (recording) => recording),
    first,
  );
  assert.notEqual(
    readRecording(path, () => readRecording(path, (recording) => recording)),
    first,
    'within a call',
  );
  copyFileSync(other.path, `${path}.new`);
  renameSync(`${path}.new`, path);
  assert.equal(readRecording(path, commOf), 'other');
  copyFileSync(one.path, path);
  utimesSync(path, 1, 1);
  assert.equal(readRecording(path, commOf), 'one');
});

test('what fails closes it, and so does time', async () => {
  assert.throws(
    () =>
      readRecording(path, () => {
        throw new Error('mine');
      }),
    /mine/,
  );
  assert.equal(isOpen(), false);
  readRecording(path, commOf);
  assert.equal(isOpen(), true);
  for (let i = 0; i < 40 && isOpen(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(isOpen(), false);
});
