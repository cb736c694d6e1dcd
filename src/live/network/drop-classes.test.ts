import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropClass, isForNeighbours, isWorthALook, unknownReasons } from './drop-classes.ts';

test('the function that dropped it decides where the reason alone is ambiguous', () => {
  assert.equal(dropClass('IP_INHDR', 'ip_rcv_core'), 'malformed');
  assert.equal(dropClass('IP_INHDR', 'ip_forward'), 'topology');
  assert.equal(dropClass('IP_INHDR', 'ip6_forward'), 'topology');
  assert.equal(dropClass('IP_INHDR', 'ip_forward.isra.0'), 'topology');
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

test('a reason that nobody has judged is told as such', () => {
  assert.deepEqual(unknownReasons(['QUEUE_PURGE', 'NETFILTER_DROP', 'NOT_SPECIFIED', 'A_REASON_OF_LATER']), [
    'A_REASON_OF_LATER',
  ]);
});

test('what is for all neighbours, and what is for one', () => {
  assert.deepEqual(['ff02::16', '224.0.0.251'].map(isForNeighbours), [true, true]);
  assert.deepEqual(['fe80::1', '224.1.0.1', '10.0.0.2', ''].map(isForNeighbours), [false, false, false, false]);
});
