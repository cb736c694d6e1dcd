import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPlaces, homes } from './find-places.ts';

test('files, kinds of files, folders and all below them, of each home; what is not there is left out', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-places-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'log/deep/er'), { recursive: true });
  mkdirSync(join(folder, 'home/.ssh'), { recursive: true });
  for (const name of ['one', 'home/.ssh/id_a', 'home/.ssh/id_a.pub', 'home/.ssh/known_hosts'])
    writeFileSync(join(folder, name), '');
  const found = (path: string) =>
    findPlaces(
      [{ path, as: 'log', technique: 'T1', what: 'w' }],
      [
        { path: join(folder, 'home'), uid: process.getuid?.() ?? 0 },
        { path: '/nowhere', uid: 0 },
      ],
    ).found.map((one) => [one.path.slice(folder.length + 1), one.isFolder]);
  assert.deepEqual(found(`${folder}/one`), [['one', false]]);
  assert.deepEqual(found(`${folder}/two`), []);
  assert.deepEqual(found('~/.ssh/id_*'), [['home/.ssh/id_a', false]]);
  assert.deepEqual(found(`${folder}/log/`), [['log', true]]);
  assert.deepEqual(found(`${folder}/log/**`), [
    ['log', true],
    ['log/deep', true],
    ['log/deep/er', true],
  ]);
});

test('homes are those of root and of people', () => {
  const users =
    'root:x:0:0::/r:/bin/sh\ndaemon:x:1:1::/d:/n\nann:x:1000:1000::/a:/bin/sh\nnobody:x:65534:65534::/no:/n\n';
  assert.deepEqual(homes(users), [
    { path: '/r', uid: 0 },
    { path: '/a', uid: 1000 },
    { path: homedir(), uid: process.getuid?.() ?? 0 },
  ]);
});

test('nobody makes others be watched by a link in a home, and it is told', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-places-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'home');
  const uid = process.getuid?.() ?? 0;
  for (const name of ['home/.ssh', 'home/.config', 'elsewhere/user/deep'])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'other'), '');
  symlinkSync(join(folder, 'other'), join(path, '.ssh/id_link'));
  linkSync(join(folder, 'other'), join(path, '.ssh/id_same'));
  symlinkSync(join(folder, 'elsewhere'), join(path, '.config/systemd'));
  const tried = (pattern: string, user = uid) => {
    const { found, cut } = findPlaces(
      [{ path: pattern, as: 'secret', technique: 'T1', what: 'w' }],
      [{ path, uid: user }],
    );
    return [found.map((one) => one.path.slice(path.length + 1)), cut.map((one) => one.slice(path.length + 1))];
  };
  assert.deepEqual(tried('~/.ssh/id_*'), [['.ssh/id_same'], ['.ssh/id_* is a symbolic link']]);
  assert.deepEqual(tried('~/.config/systemd/user/**'), [[], ['.config/systemd/user/** is a symbolic link']]);
  assert.deepEqual(tried('~/.config/systemd/**'), [[], ['.config/systemd/** is a symbolic link']]);
  // As root these are files of root in a home of another; otherwise they are of another user.
  const [refused, why] = tried('~/.ssh/id_*', uid + 1);
  assert.deepEqual(refused, []);
  assert.match(String(why), uid === 0 ? /file of root that has another name/ : /belongs to another user/);
});

test('a deep or wide tree is not walked to its end, and it is told', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-places-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'deep/1/2/3/4/5'), { recursive: true });
  for (let i = 0; i < 300; i++) mkdirSync(join(folder, `wide/${i}`), { recursive: true });
  const tried = (name: string) => {
    const { found, cut } = findPlaces([{ path: `${folder}/${name}/**`, as: 'log', technique: 'T1', what: 'w' }], []);
    return [found.length, cut.length];
  };
  assert.deepEqual(tried('deep'), [5, 1]);
  assert.deepEqual(tried('wide'), [256, 1]);
});
