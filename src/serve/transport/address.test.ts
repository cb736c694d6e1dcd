// Where a server may listen, and with which proofs: every combination.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkProtection, type Protection, parseAddress } from './address.ts';

test('addresses, and what is none', () => {
  assert.deepEqual(parseAddress('127.0.0.1:80'), { host: '127.0.0.1', port: 80, loopback: true });
  assert.deepEqual(parseAddress('localhost:0'), { host: '127.0.0.1', port: 0, loopback: true });
  assert.deepEqual(parseAddress('[::1]:443'), { host: '::1', port: 443, loopback: true });
  assert.deepEqual(parseAddress('[::]:443'), { host: '::', port: 443, loopback: false });
  for (const host of ['0.0.0.0', '10.1.2.3', '127.evil.example', 'example.com', '1270.0.0.1', '2130706433'])
    assert.equal(parseAddress(`${host}:1`).loopback, false, host);
  for (const text of [
    '',
    '80',
    ':80',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '::1:80',
    '[127.0.0.1]:80',
    'a b:1',
    'http://x:1',
  ])
    assert.throws(() => parseAddress(text), { message: /not an address/ }, text);
});

const anyProtection: fc.Arbitrary<Protection> = fc.record({
  oauth: fc.boolean(),
  tls: fc.boolean(),
  mtls: fc.boolean(),
  behindProxy: fc.boolean(),
  open: fc.boolean(),
});

test('nothing listens on a network without a proof of who asks, or with tokens in the clear', () => {
  fc.assert(
    fc.property(anyProtection, (protection) => {
      const { oauth, tls, mtls, behindProxy, open } = protection;
      const passes = (text: string): boolean => {
        try {
          checkProtection(parseAddress(text), protection);
          return true;
        } catch {
          return false;
        }
      };
      if (passes('0.0.0.0:1')) assert.ok((oauth || mtls) && (tls || behindProxy) && !open);
      if (!open && oauth && tls && !behindProxy) assert.ok(passes('0.0.0.0:1'));
      assert.equal(passes('127.0.0.1:1'), !(open && (oauth || mtls)) && !(mtls && behindProxy));
    }),
  );
});
