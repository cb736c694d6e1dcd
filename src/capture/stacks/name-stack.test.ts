// Stacks of this very process, made by hand: two functions of the Node that runs, one calling the other.
import assert from 'node:assert/strict';
import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { stackReasons } from '../../catalogue/events.ts';
import { parseMaps } from '../maps.ts';
import { openElf } from '../symbols/elf.ts';
import { findExports } from '../symbols/elf-exports.ts';
import { createNames } from './name-stack.ts';
import type { RawStack } from './read-stack.ts';

const MAPS = readFileSync('/proc/self/maps', 'utf8');
const NODE = realpathSync(process.execPath);
const UNKNOWN = 2 ** 22 + 1;
const STACK_AT = 0x7ffc_0000_1000;

/** Where a function of Node lies in this process. */
const addressOf = (name: string): number => {
  using elf = openElf(NODE);
  const offset = elf.fileOffsetOf(findExports(elf, [name]).get(name)?.address ?? 0) ?? 0;
  const mapping = parseMaps(MAPS).find(
    ({ path, executable, start, end, offset: from }) =>
      path === NODE && executable && offset >= from && offset < from + end - start,
  );
  return mapping === undefined ? 0 : mapping.start + offset - mapping.offset;
};
const [run, init] = [addressOf('uv_run'), addressOf('uv_loop_init')];
const skip = process.arch !== 'x64' ? 'needs x86-64' : run * init === 0 ? 'needs a Node that exports libuv' : false;

/** At the first instruction of uv_run, which uv_loop_init called, which nobody called. */
const memory = (): RawStack['memory'] => {
  const room = Buffer.alloc(24);
  room.writeBigUInt64LE(BigInt(init + 1), 0);
  const registers = new Float64Array(17).fill(Number.NaN);
  registers[7] = STACK_AT;
  registers[16] = run;
  return { copy: { at: STACK_AT, bytes: room }, registers, room };
};
const stack = (parts: Partial<RawStack>): RawStack => ({
  ...{ pid: process.pid, tid: 1, time: 1, reason: stackReasons.wait, addresses: () => [], kernel: [] },
  ...{ memory: memory(), trampoline: 0, hijacked: [], python: undefined },
  ...parts,
});
const namesOf = (limits?: { readonly workMs: number; readonly loadingMs: number }) => {
  const names = createNames('x64', () => {}, limits);
  names.remember(process.pid, MAPS, 0);
  return names;
};

test('functions are told with the name and the path of their file', { skip }, () => {
  const { key, named } = namesOf().name(stack({}));
  assert.ok(key > 0);
  assert.deepEqual(
    named?.frames.map(({ name, module, path, offset }) => [name, module, path, offset]),
    [
      ['uv_run', basename(NODE), NODE, 0],
      ['uv_loop_init', basename(NODE), NODE, 0],
    ],
  );
  assert.equal(named.complete, true);
});

test('what is known by frame pointers is not lost where nothing is known of the process', { skip }, () => {
  const names = namesOf();
  const offsets = (parts: Partial<RawStack>) => {
    const { named } = names.name(stack({ pid: UNKNOWN, ...parts }));
    assert.equal(named?.complete, false);
    return named.frames.map(({ offset }) => offset);
  };
  assert.deepEqual(offsets({ addresses: () => [0x1000, 0x2001] }), [0x1000, 0x2000]);
  assert.deepEqual(offsets({}), [run]);
  assert.deepEqual(offsets({ memory: undefined }), []);
});

test('a stack that takes too long has the frames found so far, and is not remembered like that', { skip }, () => {
  const limits = { workMs: 50, loadingMs: 5000 };
  const names = namesOf(limits);
  const framesOf = (parts: Partial<RawStack>) => {
    const { key, named } = names.name(stack(parts));
    return [key > 0, named?.frames.map(({ name }) => name).join(' '), named?.complete];
  };
  limits.workMs = -1;
  assert.deepEqual(framesOf({}), [false, 'uv_run', false]);
  limits.workMs = 50;
  assert.deepEqual(framesOf({}), [true, 'uv_run uv_loop_init', true]);
  // Its walk is remembered by now, its names are looked for anew: a call is another thing than a wait.
  const call = { reason: stackReasons.call };
  limits.workMs = -1;
  const [kept, first, whole] = framesOf(call);
  assert.deepEqual([kept, whole], [false, false]);
  assert.doesNotMatch(String(first), /uv_loop_init/);
  limits.workMs = 50;
  const [isKept, both, complete] = framesOf(call);
  assert.deepEqual([isKept, complete], [true, true]);
  assert.match(String(both), / uv_loop_init$/);
});

test('a stack of Python is complete only where both of its parts are', { skip }, () => {
  const names = namesOf();
  const complete = (python: boolean, parts: Partial<RawStack> = {}) =>
    names.name(stack({ python: { frames: [], complete: python }, ...parts })).named?.complete;
  assert.equal(complete(true), true);
  assert.equal(complete(false), false);
  assert.equal(complete(true, { memory: undefined, addresses: () => [run] }), false);
});
