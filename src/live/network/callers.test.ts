import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallers } from './callers.ts';

const SERVER = '10.0.0.1:80';
const ann = { pid: 7, comm: 'ann' };
const bob = { pid: 8, comm: 'bob' };

test('two clients of one server: each socket has its own, an event without a socket has none', () => {
  const callers = createCallers();
  callers.begin('a', SERVER, ann, 1);
  assert.deepEqual(callers.of(undefined, SERVER, 2), ann);
  callers.begin('b', SERVER, bob, 3);
  assert.deepEqual(callers.of('a', SERVER, 4), ann);
  assert.deepEqual(callers.of('b', SERVER, 4), bob);
  assert.equal(callers.of(undefined, SERVER, 4), undefined);
  assert.deepEqual(callers.of(undefined, SERVER, 2), ann, 'who began after it is no suspect');
  assert.equal(callers.of(undefined, '10.0.0.2:80', 4), undefined);
  assert.equal(callers.of('c', SERVER, 2), undefined, 'a socket of before we looked');
});

test('a connection that is over is spoken of for a second, its socket not at all', () => {
  const callers = createCallers();
  callers.begin('a', SERVER, ann, 1);
  callers.end('a', 10);
  assert.deepEqual(callers.of(undefined, SERVER, 11), ann);
  assert.equal(callers.of(undefined, SERVER, 2e9), undefined);
  callers.begin('a', '10.0.0.9:1', bob, 3e9);
  assert.equal(callers.of('a', SERVER, 4e9), undefined, 'another connection has its key now');
});

test('what is remembered is bounded, the oldest goes first', () => {
  const callers = createCallers();
  for (let i = 0; i < 20_100; i++) callers.begin(undefined, `h:${i}`, ann, i);
  assert.equal(callers.of(undefined, 'h:0', 1e6), undefined);
  assert.deepEqual(callers.of(undefined, 'h:20099', 1e6), ann);
});

test('of several clients of one server each connection that has just ended is of its own', () => {
  const callers = createCallers();
  const ends = (port: number) => ({ from: `10.0.0.2:${port}`, to: SERVER });
  callers.begin('a', SERVER, ann, 1);
  callers.begin('b', SERVER, bob, 2);
  callers.begin('c', SERVER, bob, 3);
  assert.deepEqual(callers.among(ends(5), 4), [
    { ...bob, count: 2 },
    { ...ann, count: 1 },
  ]);
  callers.end('a', 10, ends(5));
  callers.end('b', 11, ends(6));
  callers.end('of before we looked', 12, ends(7));
  assert.deepEqual(callers.of(undefined, SERVER, 13, ends(5)), ann);
  assert.deepEqual(callers.of(undefined, SERVER, 13, ends(6)), bob);
  assert.equal(callers.of(undefined, SERVER, 13, ends(7)), undefined, 'nobody is blamed for a stranger');
  assert.deepEqual(callers.among(ends(7), 13), []);
  assert.equal(callers.of(undefined, SERVER, 2e9, ends(5))?.pid, bob.pid, 'only one is connected there by then');
});
