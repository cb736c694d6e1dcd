import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveEvent } from '../../capture/live/decode.ts';
import { execRules } from './look-rules.ts';
import { ownRules, rules } from './rules.ts';

const event: LiveEvent = { time: 0, pid: 7, tid: 7, uid: 0, cpu: 0, comm: '', values: { pid: 1 } };
const told = (id: string, sharesNumbers: boolean) =>
  [...rules, ...ownRules(1)]
    .find((rule) => rule.id === id)
    ?.judge?.(event, { descends: () => false, sharesNumbers: () => sharesNumbers });

test('a number that means another process in another namespace accuses less, and names nobody', () => {
  assert.deepEqual(told('ptrace_write', true)?.facts, { target_pid: 1, target_is: 'another process' });
  assert.deepEqual(told('ptrace_write', false), { severity: 'medium', facts: { target_pid_in_namespace: 1 } });
  assert.deepEqual(told('recorder_traced', true), {});
  assert.equal(told('recorder_traced', false)?.severity, 'low');
});

test('a pool is seen wherever a word names it', () => {
  const rule = execRules.find(({ id }) => id === 'miner_arguments');
  const judged = (word: string) =>
    rule?.judge({
      ...{
        time: 0,
        pid: 7,
        tid: 7,
        uid: 0,
        comm: '',
        ancestors: [],
        euid: 0,
        links: 1,
        mode: 0,
        isInShared: false,
        is32Bit: false,
      },
      ...{ magic: 0, streams: [], file: 'x', asked: '/x', arguments: ['x', word], environment: [] },
    })?.facts?.protocol;
  assert.equal(judged('stratum+tcp://pool:1'), 'stratum+tcp');
  assert.equal(judged('--url=stratum2+ssl://pool:1'), 'stratum2+ssl');
  assert.equal(judged('--about-stratum+tcp://pool'), undefined);
});
