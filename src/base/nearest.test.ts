import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

const known = ['explain', 'record', 'doctor', 'get_trace_stats'];

test('a slip of the finger is recognised', () => {
  for (const [typed, meant] of [
    ['explan', 'explain'],
    ['exlpain', 'explain'],
    ['rec', 'record'],
    ['docter', 'doctor'],
    ['GET_TRACE_STAT', 'get_trace_stats'],
  ] as const)
    assert.equal(nearest(typed, known), meant);
});

test('nothing is suggested for a word that is far from all, empty or endless', () => {
  for (const typed of ['', 'zzz', 'quit', 'x'.repeat(100_000)]) assert.equal(nearest(typed, known), undefined);
});
