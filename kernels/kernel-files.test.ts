import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder } from './kernel-files.ts';

test('modules come after those that they need, each once, whatever they are packed with', () => {
  const list = `kernel/fs/ext4/ext4.ko.xz: kernel/fs/mbcache.ko.xz kernel/fs/jbd2/jbd2.ko.xz kernel/lib/crc16.ko.xz
kernel/fs/jbd2/jbd2.ko.xz: kernel/lib/crc16.ko.xz
kernel/drivers/virtio/virtio-pci.ko: kernel/drivers/virtio/virtio.ko
kernel/other.ko:
`;
  assert.deepEqual(inOrder(list, ['virtio_pci', 'jbd2', 'ext4', 'not_there']), [
    'kernel/drivers/virtio/virtio.ko',
    'kernel/drivers/virtio/virtio-pci.ko',
    'kernel/lib/crc16.ko.xz',
    'kernel/fs/jbd2/jbd2.ko.xz',
    'kernel/fs/mbcache.ko.xz',
    'kernel/fs/ext4/ext4.ko.xz',
  ]);
});
