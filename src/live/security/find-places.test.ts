import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    findPlaces([{ path, as: 'log', technique: 'T1', what: 'w' }], [join(folder, 'home'), '/nowhere']).map((one) => [
      one.path.slice(folder.length + 1),
      one.isFolder,
    ]);
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
  assert.deepEqual(homes(users), [homedir(), '/r', '/a']);
});
