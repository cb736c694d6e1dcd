import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endpointText, parseInet, parseUnix } from './socket-table.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 84 1 000000004943b7c3 100 0 0 10 0
   1: 0100007F:1388 0200007F:C001 01 00000000:00000000 02:00000000 00000000 65534        0 4294967295 1 0 20 4 30 10 -1
   2: 0100007F:1388 0200007F:C002 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   3: 0100007F:1388 0200007F:C003 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   4: 0100007F:13
`;
const TCP6 = `
   0: B80D01200000000000000000010000FF:01BB 0000000000000000FFFF00000201A8C0:0050 01 00000000:00000000 00:00000000 00000000     0        0 91 1 0 20 4 30 10 -1
  12: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 92 1 0 20 4 30 10 -1
`;

test('rows of internet sockets are read', () => {
  const rows = parseInet(TCP, 'inet', 'stream').map(({ inode, local, remote, isListening, isPending }) => [
    inode,
    endpointText(local),
    endpointText(remote),
    isListening,
    isPending,
  ]);
  assert.deepEqual(rows, [
    [84, '127.0.0.1:5000', undefined, true, false],
    [4294967295, '127.0.0.1:5000', '127.0.0.2:49153', false, false],
    [0, '127.0.0.1:5000', '127.0.0.2:49154', false, true],
    [0, '127.0.0.1:5000', '127.0.0.2:49155', false, false],
  ]);
});

test('IPv6 addresses are written short, and an IPv4 one inside as itself', () => {
  const ends = parseInet(TCP6, 'inet6', 'stream').map(({ local, remote }) => [
    endpointText(local),
    endpointText(remote),
  ]);
  assert.deepEqual(ends, [
    ['[2001:db8::ff00:1]:443', '192.168.1.2:80'],
    ['[::1]:80', undefined],
  ]);
  const plain = parseInet(TCP.replaceAll('0200007F:C001', '0201A8C0:0050'), 'inet', 'stream')[1];
  assert.equal(parseInet(TCP6, 'inet6', 'stream')[0]?.remote.key, plain?.remote.key);
});

test('rows of UNIX sockets are read', () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
00000000ee446f28: 00000003 00000000 00000000 0001 03  1610
0000000046f52d02: 00000002 00000000 00010000 0005 01 161100 /run/a b
0000000046f52d02: 00000002 00000000 00010000 0002 01    16 @abstract
0000000046f52d02: 00000002 00000000 00010000 0009 01    17 /unknown type
`;
  assert.deepEqual(parseUnix(text), [
    { family: 'unix', type: 'stream', inode: 1610, path: undefined },
    { family: 'unix', type: 'seqpacket', inode: 161100, path: '/run/a b' },
    { family: 'unix', type: 'dgram', inode: 16, path: '@abstract' },
  ]);
});

test('any text is read without a throw', () => {
  const all = TCP + TCP6;
  fc.assert(
    fc.property(fc.string(), fc.nat(all.length), fc.nat(all.length), (noise, from, to) => {
      const text = all.slice(0, from) + noise + all.slice(to);
      for (const { local, remote } of parseInet(text, 'inet', 'stream')) endpointText(local) ?? endpointText(remote);
      parseUnix(text);
    }),
  );
});
