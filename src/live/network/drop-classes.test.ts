import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropClass, isWorthALook } from './drop-classes.ts';

test('the function that dropped it decides where the reason alone is ambiguous', () => {
  assert.equal(dropClass('IP_INHDR', 'ip_rcv_core'), 'malformed');
  assert.equal(dropClass('IP_INHDR', 'ip_forward'), 'topology');
  assert.equal(dropClass('NOT_SPECIFIED', '__udp4_lib_rcv'), 'malformed');
  assert.equal(dropClass('NOT_SPECIFIED', 'ip6_mc_input'), 'benign');
});

test('what happens on every healthy machine is harmless, and not looked at', () => {
  for (const reason of [
    'QUEUE_PURGE',
    'SOCKET_CLOSE',
    'TCP_OLD_DATA',
    'TCP_OLD_ACK',
    'SKB_CONSUMED',
    'A_REASON_OF_LATER',
  ])
    assert.deepEqual([dropClass(reason, 'x'), isWorthALook(reason)], ['benign', false], reason);
  assert.ok(isWorthALook('NOT_SPECIFIED'), 'some of its places are worth a look');
});
