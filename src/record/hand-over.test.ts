// What lies at the path of a recording is given away only if it can be nothing else.
import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { giveTo } from './hand-over.ts';

const skip = process.geteuid?.() === 0 ? false : 'giving files away needs root';
const somebody = { uid: 65_534, gid: 65_534 };

test('a file is given; a link, a second name and what is not there are left alone', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-give-'));
  const at = (name: string) => join(folder, name);
  try {
    for (const name of ['run.db', 'secret', 'shared']) writeFileSync(at(name), '');
    symlinkSync(at('secret'), at('link.db'));
    linkSync(at('shared'), at('second.db'));
    for (const name of ['run.db', 'link.db', 'second.db', 'none.db']) giveTo(at(name), somebody);
    assert.equal(statSync(at('run.db')).uid, somebody.uid);
    assert.equal(statSync(at('run.db')).gid, somebody.gid);
    for (const name of ['secret', 'shared']) assert.equal(statSync(at(name)).uid, 0, name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
