import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KEPT_BY_ALL, KEPT_BY_RECORDER, keptText, ownerFor } from './least-privilege.ts';

const root = join(import.meta.dirname, '..', '..');
const unit = (name: string): string => readFileSync(join(root, 'packaging', `${name}.service`), 'utf8');
const settingOf = (text: string, key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
const folderOf = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-privilege-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test('the recorder’s unit grants exactly what is kept, and the server’s nothing', () => {
  for (const key of ['AmbientCapabilities', 'CapabilityBoundingSet']) {
    assert.deepEqual(settingOf(unit('whytrace-record'), key)?.split(' ').sort(), [...KEPT_BY_ALL].sort());
    assert.equal(settingOf(unit('whytrace-mcp'), key), '');
  }
  assert.equal(keptText([]), 'none');
  assert.match(keptText(KEPT_BY_ALL), /^CAP_BPF, CAP_PERFMON, /);
  for (const [name, why] of Object.entries(KEPT_BY_RECORDER)) assert.ok(why.length > 10, name);
});

test('systemd takes the units', {
  skip: spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'needs systemd-analyze',
}, (t) => {
  const folder = folderOf(t);
  for (const name of ['whytrace-record', 'whytrace-mcp', 'whytrace-watch']) {
    const path = join(folder, `${name}.service`);
    writeFileSync(path, unit(name).replace('/usr/bin/whytrace', join(root, 'bin', 'whytrace')));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    assert.deepEqual([status, stderr.split('\n').filter((line) => line.includes(name))], [0, []]);
  }
});

test('files beside a recording are removed as the owner of the folder, or of the file where it is sticky', (t) => {
  const file = join(folderOf(t), 'run.db');
  writeFileSync(file, '');
  const own = { uid: process.getuid?.(), gid: process.getgid?.() };
  assert.deepEqual(ownerFor(file), own);
  assert.equal(ownerFor(join(root, 'nowhere', 'run.db')), undefined);
  const sticky = join(tmpdir(), `whytrace-sticky-${process.pid}.db`);
  t.after(() => rmSync(sticky, { force: true }));
  writeFileSync(sticky, '');
  assert.deepEqual(ownerFor(sticky), own);
});
