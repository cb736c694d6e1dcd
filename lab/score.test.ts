import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answered } from './answer.ts';
import { falseClaims, isRight, pathScore, scoreOf, type Truth, totalVariation } from './score.ts';

const trainer = { name: 'trainer', process: 'trainer', pid: 100, tid: 100 };
const holder = { name: 'holder', process: 'trainer', pid: 100, tid: 101 };
const hog = { name: 'hog', process: 'hog', pid: 300, tid: 300 };
const behindHog: Truth = { kinds: ['runnable'], victim: trainer, culprits: [hog], what: undefined, path: ['runnable'] };

/** An answer about the trainer: behind the hog for 6 of 10 ns, unless told. */
const answered = (other: Partial<Answered> = {}): Answered => ({
  ...{ kind: 'runnable', pid: 300, tid: 300, comm: 'hog', what: 'ran on CPU 1', confidence: 0.9 },
  summary: '',
  symptom: { kind: 'slow_call', op: 'x', pid: 100, tid: 100, start_ns: 0, end_ns: 10, count: 1 },
  path: ['runnable'],
  breakdown: [
    { kind: 'runnable', duration_ns: 6 },
    { kind: 'on_cpu', duration_ns: 4 },
  ],
  closure: 1,
  tokens: 300,
  ...other,
});
const times = () => [['runnable', 6] as const, ['on_cpu', 4] as const];

test('class and culprit must both be right', () => {
  assert.ok(isRight(answered(), behindHog));
  assert.ok(!isRight(answered({ kind: 'lock' }), behindHog));
  assert.ok(!isRight(answered({ pid: 400, tid: 400, comm: 'cron' }), behindHog));
  assert.ok(isRight(answered({ tid: 305, comm: 'hog' }), behindHog), 'another thread of that process');
  assert.ok(isRight(answered({ pid: 999, comm: 'hog' }), behindHog), 'a short-lived process by its name');
});

test("in the victim's own process the thread must be right", () => {
  const truth: Truth = { ...behindHog, kinds: ['sleep'], culprits: [holder] };
  assert.ok(isRight(answered({ kind: 'sleep', pid: 100, tid: 101 }), truth));
  assert.ok(!isRight(answered({ kind: 'sleep', pid: 100, tid: 100, comm: 'holder' }), truth));
});

test('a culprit that is no task is known by its words', () => {
  const truth: Truth = { ...behindHog, kinds: ['block_io'], culprits: [], what: /vda/ };
  assert.ok(isRight(answered({ kind: 'block_io', what: 'reads of vda' }), truth));
  assert.ok(!isRight(answered({ kind: 'block_io', what: 'pread64 on a file' }), truth));
});

test('every edge of the path counts, in its order', () => {
  assert.equal(pathScore(['lock', 'ipc', 'runnable'], ['lock', 'ipc', 'runnable']), 1);
  assert.equal(pathScore(['lock', 'ipc', 'ipc', 'runnable'], ['lock', 'ipc', 'runnable']), 1);
  assert.equal(pathScore(['ipc', 'lock'], ['lock', 'ipc']), 0.5);
  assert.equal(pathScore(['runnable'], ['lock', 'runnable']), 0);
  assert.equal(pathScore([], ['lock']), 0);
});

test('attribution is half the sum of the differences of shares', () => {
  assert.equal(
    totalVariation(times(), [
      ['runnable', 60],
      ['on_cpu', 40],
    ]),
    0,
  );
  assert.equal(totalVariation([['runnable', 1]], [['on_cpu', 1]]), 1);
  const error = totalVariation(
    [
      ['runnable', 6],
      ['on_cpu', 4],
    ],
    [
      ['runnable', 5],
      ['on_cpu', 4],
      ['sleep', 1],
    ],
  );
  assert.ok(Math.abs(error - 0.1) < 1e-9);
  assert.equal(totalVariation([], times()), 1);
  assert.ok(
    Math.abs(
      totalVariation(
        [
          ['lock', 1],
          ['lock', 1],
        ],
        [['lock', 2]],
      ),
    ) < 1e-9,
    'parts of one kind add up',
  );
});

test('the first three answers are looked at, and a wrong first one lowers the Brier score by its confidence', () => {
  const wrong = answered({ kind: 'lock', confidence: 0.8 });
  assert.deepEqual(scoreOf([answered()], behindHog, times), {
    ...{ top1: true, top3: true, path: 1, attribution: 0, closure: 1 },
    brier: (0.9 - 1) ** 2,
  });
  const second = scoreOf([wrong, answered()], behindHog, times);
  assert.deepEqual([second.top1, second.top3, second.path], [false, true, 1]);
  assert.equal(second.brier, 0.8 ** 2);
  const fourth = scoreOf([wrong, wrong, wrong, answered()], behindHog, times);
  assert.deepEqual([fourth.top1, fourth.top3, fourth.path], [false, false, 0]);
});

test('no answer about the victim attributes nothing', () => {
  const none = scoreOf([], behindHog, times);
  assert.deepEqual([none.top1, none.attribution, none.closure, none.brier], [false, 1, 0, undefined]);
  const about = { ...answered().symptom, tid: 300, pid: 300 };
  assert.equal(scoreOf([answered({ kind: 'lock', symptom: about })], behindHog, times).attribution, 1);
});

test('time behind the recorder is time behind another task', () => {
  const breakdown = [
    { kind: 'observer' as const, duration_ns: 1 },
    { kind: 'runnable' as const, duration_ns: 5 },
    { kind: 'on_cpu' as const, duration_ns: 4 },
  ];
  assert.equal(scoreOf([answered({ breakdown })], behindHog, times).attribution, 0);
});

test('only a confident claim is a false one', () => {
  assert.equal(falseClaims([answered({ confidence: 0.49 })]).length, 0);
  assert.equal(falseClaims([answered({ confidence: 0.5 })]).length, 1);
});

test('what the log leaves open between a CPU and none is no error, beyond it all is', () => {
  const breakdown = [
    { kind: 'runnable' as const, duration_ns: 8 },
    { kind: 'on_cpu' as const, duration_ns: 2 },
  ];
  const errorWith = (more: number, less: number) =>
    scoreOf([answered({ breakdown })], behindHog, times, () => ({ more, less })).attribution;
  assert.deepEqual(
    [errorWith(0, 9), errorWith(1, 0), errorWith(5, 0)].map((error) => Math.round(error * 100)),
    [20, 10, 0],
  );
});
