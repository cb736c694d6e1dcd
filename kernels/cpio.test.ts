import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpio, file, folder, link } from './cpio.ts';

test('fields stand where the kernel looks for them, padded to 4 bytes', () => {
  const archive = cpio([folder('a'), file('a/b', Buffer.from('12345'), 0o755), link('c', 'a/b')]);
  const text = archive.toString('latin1');
  assert.equal(archive.length % 4, 0);
  assert.equal(text.match(/070701/g)?.length, 4);
  const at = text.indexOf('a/b\0') - 110;
  const field = (index: number) => Number.parseInt(text.slice(at + 6 + index * 8, at + 14 + index * 8), 16);
  assert.deepEqual([field(1), field(6), field(11)], [0o100755, 5, 4]);
  assert.equal(at % 4, 0);
  // The name and its padding end at a multiple of 4, where the content begins.
  const content = at + 116;
  assert.equal(text.slice(content, content + 8), '12345\0\0\0');
  assert.match(text, /TRAILER!!!\0+$/);
});
