import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCounters, readCounters } from './counters.ts';

test('names and values of two lines belong together', () => {
  const counters = parseCounters('TcpExt: A B\nTcpExt: 1 2\nIpExt: C\nIpExt: 3\nOdd: D\nEven: 4\n');
  assert.deepEqual(
    [...counters],
    [
      ['TcpExt.A', 1],
      ['TcpExt.B', 2],
      ['IpExt.C', 3],
    ],
  );
});

test('this kernel has the counters that are watched', () => {
  const counters = readCounters(process.pid);
  for (const name of ['TcpExt.ListenOverflows', 'TcpExt.TCPFromZeroWindowAdv']) assert.ok(counters?.has(name), name);
  assert.equal(readCounters(0), undefined);
});
