import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGuard, type Guarded } from './guard.ts';

/** Tables that hold so many entries each, in place of the kernel's. */
const tables = (most: number) => {
  const held = ['guarded', 'guarded_paths', 'guarded_starts'].map(() => new Map<string, Uint8Array>());
  const of = (fd: number) => held[fd] ?? new Map<string, Uint8Array>();
  const bpf = {
    update: (fd: number, key: Uint8Array, value: Uint8Array) => {
      const name = Buffer.from(key).toString('hex');
      if (of(fd).size >= most && !of(fd).has(name)) return -7;
      of(fd).set(name, value);
      return 0;
    },
    remove: (fd: number, key: Uint8Array) => (of(fd).delete(Buffer.from(key).toString('hex')) ? 0 : -2),
  };
  const { guard } = createGuard(bpf, {
    map: (name: string) => ['guarded', 'guarded_paths', 'guarded_starts'].indexOf(name),
  });
  return { guard, sizes: () => held.map(({ size }) => size) };
};
const file = (inode: number, device = 1): Guarded => ({
  path: `/f${inode}`,
  isFolder: false,
  device,
  inode,
  as: 'secret',
});
const folder = (path: string, inode: number): Guarded => ({ path, isFolder: true, device: 1, inode, as: 'log' });

test('what is not there any more is guarded no longer, so that a later file of its number accuses nobody', () => {
  const { guard, sizes } = tables(10);
  assert.deepEqual(guard([file(1), file(2), folder('/d', 3)]), []);
  // From itself, and from the root.
  assert.deepEqual(sizes(), [3, 1, 3]);
  assert.deepEqual(guard([file(2)]), []);
  assert.deepEqual(sizes(), [1, 0, 0]);
});

test('what the tables cannot hold is told', () => {
  const { guard, sizes } = tables(2);
  assert.deepEqual(guard([file(1), file(2), file(3)]), ["1 files and folders found no room in the kernel's table"]);
  assert.deepEqual(guard([file(3), file(4)]), [], 'what went makes room');
  assert.deepEqual(sizes(), [2, 0, 0]);
  assert.match(String(guard([1, 2, 3, 4, 5].map((device) => file(9, device)))), /more than 4 guarded files/);
  assert.match(String(guard([folder(`/${'x'.repeat(130)}`, 8)])), /more than 128 bytes/);
});
