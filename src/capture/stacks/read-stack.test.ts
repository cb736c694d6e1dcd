import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from '../../catalogue/events.ts';
import { eventWords, PID, TID, TYPE } from '../event-words.ts';
import { createStackReader } from './read-stack.ts';

const clock = { high: 0, low: 0 };
const wide = (words: Uint32Array, at: number, value: number): void => {
  words[at] = value % 2 ** 32;
  words[at + 1] = Math.floor(value / 2 ** 32);
};
/** An event of thread 5 of process 4. */
const event = (type: 'stack' | 'stack_memory', time = 9): Uint32Array => {
  const words = new Uint32Array(4096);
  words[TYPE] = events[type].id;
  words[PID] = 4;
  words[TID] = 5;
  wide(words, eventWords[type]('time'), time);
  return words;
};
const ADDRESSES = [0x5555_0000_1000, 0x7fff_0000_2000, 0x7fff_0000_3000];
const stackEvent = (): Uint32Array => {
  const words = event('stack');
  words[eventWords.stack('user_frames')] = ADDRESSES.length;
  for (const [i, address] of ADDRESSES.entries()) wide(words, eventWords.stack('address') + i * 2, address);
  return words;
};

test('addresses by frame pointers are there with and without memory, also after the event is gone', () => {
  const reader = createStackReader(clock, 'x64');
  const bare = stackEvent();
  const withoutMemory = reader.stack(bare, 0);
  bare.fill(1);
  assert.equal(withoutMemory.memory, undefined);
  assert.deepEqual(withoutMemory.addresses(), ADDRESSES);

  const piece = event('stack_memory');
  const M = eventWords.stack_memory;
  wide(piece, M('at'), 0x7ffc_0000_0000);
  piece[M('size')] = 4096;
  piece.fill(0x41414141, M('data'), M('data') + 1024);
  reader.memory(piece, 0);
  const words = stackEvent();
  const found = reader.stack(words, 0);
  words.fill(1);
  piece.fill(1);
  assert.deepEqual(found.memory?.copy.bytes, Buffer.alloc(4096, 'A'));
  assert.deepEqual(found.addresses(), ADDRESSES);
  assert.deepEqual(found.addresses(), ADDRESSES);
});

test('more memory than there is room for does not touch the addresses', () => {
  const reader = createStackReader(clock, 'x64');
  const M = eventWords.stack_memory;
  for (let i = 0; i < 12; i++) {
    const piece = event('stack_memory');
    wide(piece, M('at'), 0x7ffc_0000_0000 + i * 4096);
    piece[M('size')] = 4096;
    piece.fill(0x42424242, M('data'), M('data') + 1024);
    reader.memory(piece, 0);
  }
  const found = reader.stack(stackEvent(), 0);
  assert.equal(found.memory?.copy.bytes.length, 8 * 4096);
  assert.deepEqual(found.addresses(), ADDRESSES);
});

test('a stack that an interrupt takes while another of the thread is taken does not touch that', () => {
  const reader = createStackReader(clock, 'x64');
  const M = eventWords.stack_memory;
  const piece = (time: number, letter: string): void => {
    const words = event('stack_memory', time);
    wide(words, M('at'), 0x7ffc_0000_0000);
    words[M('size')] = 8;
    words.fill(letter.charCodeAt(0) * 0x1010101, M('data'), M('data') + 2);
    reader.memory(words, 0);
  };
  const memoryAt = (time: number) => reader.stack(event('stack', time), 0).memory?.copy.bytes.toString();
  piece(9, 'A');
  piece(10, 'B');
  assert.equal(memoryAt(10), 'BBBBBBBB');
  assert.equal(memoryAt(9), 'AAAAAAAA');
  assert.equal(memoryAt(9), undefined);
  // Those whose end never comes make room.
  for (let time = 20; time < 30; time++) piece(time, 'C');
  assert.deepEqual([20, 26, 27, 29].map(memoryAt), [undefined, undefined, 'CCCCCCCC', 'CCCCCCCC']);
});
